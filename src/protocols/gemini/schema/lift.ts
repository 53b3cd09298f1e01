import { isObject, type JsonObject, type JsonValue, jsonEntries } from '../../../lib/json/json.ts'
import { table } from '../../../lib/json/table.ts'
import { enumName } from '../enums.ts'

/** Words of the older form that JSON Schema spells otherwise; the service takes snake case too. */
const SPELLED = table<string>({
  any_of: 'anyOf',
  one_of: 'oneOf',
  all_of: 'allOf',
  additional_properties: 'additionalProperties',
  property_ordering: 'propertyOrdering',
  min_items: 'minItems',
  max_items: 'maxItems',
  min_length: 'minLength',
  max_length: 'maxLength',
  min_properties: 'minProperties',
  max_properties: 'maxProperties',
  prefix_items: 'prefixItems',
  defs: '$defs',
  ref: '$ref',
})
/** By their numbers. */
const TYPES = [
  'TYPE_UNSPECIFIED',
  'STRING',
  'NUMBER',
  'INTEGER',
  'BOOLEAN',
  'ARRAY',
  'OBJECT',
  'NULL',
]
const SCHEMAS = ['items', 'additionalProperties', 'not', 'propertyNames', 'contains']
const LISTS = ['anyOf', 'oneOf', 'allOf', 'prefixItems']
const MAPS = ['properties', '$defs', 'definitions', 'patternProperties']

/**
 * A schema as this protocol writes it → JSON Schema: types in small letters, `nullable` as a type,
 * numbers that were written as text.
 */
export function liftSchema(wire: JsonObject): JsonObject {
  const lifted: JsonObject = {}
  for (const [spelled, value] of jsonEntries(wire)) {
    const name = SPELLED[spelled] ?? spelled
    if (name !== 'nullable') lifted[name] = liftMember(name, value)
  }
  if (isNumeric(lifted.type) && Array.isArray(lifted.enum)) lifted.enum = lifted.enum.map(asNumber)
  if (wire.nullable === true) allowNull(lifted)
  return lifted
}

function liftMember(name: string, value: JsonValue): JsonValue {
  if (name === 'type') return enumName(value, TYPES)?.toLowerCase() ?? value
  if (name === '$ref' && typeof value === 'string') return value.replace(/^#\/defs\//, '#/$defs/')
  if (/^(min|max)[A-Z]/.test(name) || name === 'minimum' || name === 'maximum')
    return asNumber(value)
  if (SCHEMAS.includes(name)) return liftSchemaValue(value)
  if (LISTS.includes(name) && Array.isArray(value)) return value.map(liftSchemaValue)
  if (MAPS.includes(name) && isObject(value))
    return Object.fromEntries(
      jsonEntries(value).map(([key, schema]) => [key, liftSchemaValue(schema)]),
    )
  return value
}

function liftSchemaValue(value: JsonValue): JsonValue {
  return isObject(value) ? liftSchema(value) : value
}

function allowNull(schema: JsonObject): void {
  if (Array.isArray(schema.enum)) schema.enum = [...schema.enum, null]
  if (typeof schema.type === 'string') schema.type = [schema.type, 'null']
  else if (Array.isArray(schema.anyOf)) schema.anyOf = [...schema.anyOf, { type: 'null' }]
}

function isNumeric(type: JsonValue | undefined): boolean {
  return type === 'integer' || type === 'number'
}

/** 64-bit integers are text on this wire. */
function asNumber(value: JsonValue): JsonValue {
  return typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value
}
