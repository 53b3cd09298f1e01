import type { JsonObject, JsonValue } from '../../../lib/json/json.ts'
import type { Flat } from './flatten.ts'

const TYPES = ['string', 'number', 'integer', 'boolean', 'array', 'object'] as const
export type SchemaType = (typeof TYPES)[number]

/** Keywords that belong to one type only, which an untyped schema is given by them. */
const TYPICAL: readonly (readonly [SchemaType, readonly string[]])[] = [
  ['object', ['additionalProperties', 'patternProperties', 'minProperties', 'maxProperties']],
  ['array', ['items', 'prefixItems', 'minItems', 'maxItems', 'uniqueItems']],
  ['string', ['pattern', 'minLength', 'maxLength']],
  ['number', ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf']],
]

/** The types a schema allows, without null; none: any. `nullable`: null is allowed beside them. */
export function typesOf(flat: Flat): { types: SchemaType[]; nullable: boolean } {
  const names = namedTypes(flat.keywords.get('type'))
  const nullable = names.includes('null') || flat.keywords.get('nullable') === true
  const named = TYPES.filter(type => names.includes(type))
  if (named.length > 0) return { types: withoutInteger(named), nullable }
  const values = valuesOf(flat)
  if (values.length > 0)
    return { types: typesOfValues(values), nullable: nullable || values.includes(null) }
  if (flat.properties.size > 0 || flat.required.size > 0) return { types: ['object'], nullable }
  const typical = TYPICAL.find(([, keywords]) => keywords.some(name => flat.keywords.has(name)))
  return { types: typical ? [typical[0]] : [], nullable }
}

/** Whether null is all that a schema allows. */
export function isNull(flat: Flat): boolean {
  const names = namedTypes(flat.keywords.get('type'))
  if (names.length > 0) return names.every(name => name === 'null')
  const values = valuesOf(flat)
  return values.length > 0 && values.every(value => value === null)
}

export function valuesOf({ keywords }: Flat): JsonValue[] {
  const constant = keywords.get('const')
  if (constant !== undefined) return [constant]
  const values = keywords.get('enum')
  return Array.isArray(values) ? values : []
}

export function isOfType(value: JsonValue, type: SchemaType): boolean {
  const own = typeOfValue(value)
  return own === type || (own === 'integer' && type === 'number')
}

function namedTypes(type: JsonValue | undefined): string[] {
  const names = Array.isArray(type) ? type : [type]
  return names.flatMap(name => (typeof name === 'string' ? [name.toLowerCase()] : []))
}

function typesOfValues(values: readonly JsonValue[]): SchemaType[] {
  const found = new Set(values.map(typeOfValue))
  return withoutInteger(TYPES.filter(type => found.has(type)))
}

/** An integer is a number. */
function withoutInteger(types: SchemaType[]): SchemaType[] {
  return types.includes('number') ? types.filter(type => type !== 'integer') : types
}

function typeOfValue(value: JsonValue): SchemaType | undefined {
  if (value === null) return undefined
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  return typeof value as Exclude<SchemaType, 'array' | 'integer'>
}

/** A schema that allows any value, in a form where every schema has a type. */
export function anything(): JsonObject[] {
  return [
    { type: 'STRING' },
    { type: 'NUMBER' },
    { type: 'BOOLEAN' },
    { type: 'OBJECT' },
    { type: 'ARRAY', items: { type: 'STRING' } },
  ]
}
