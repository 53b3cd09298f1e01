import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts'
import { object, objects, text } from '../../lib/wire.ts'

/** A schema as this protocol writes it → JSON Schema: types in small letters, `nullable` as a type. */
export function liftSchema(wire: JsonObject): JsonObject {
  const lifted: JsonObject = {}
  for (const [name, value] of Object.entries(wire)) {
    if (name === 'nullable') continue
    lifted[name] = liftMember(name, value)
  }
  if (wire.nullable === true && typeof lifted.type === 'string') lifted.type = [lifted.type, 'null']
  return lifted
}

function liftMember(name: string, value: JsonValue): JsonValue {
  if (name === 'type' && typeof value === 'string') return value.toLowerCase()
  if ((name === 'items' || name === 'additionalProperties') && isObject(value))
    return liftSchema(value)
  if (name === 'properties' && isObject(value))
    return mapped(value, one => (isObject(one) ? liftSchema(one) : one))
  if ((name === 'anyOf' || name === 'oneOf' || name === 'allOf') && Array.isArray(value))
    return value.map(one => (isObject(one) ? liftSchema(one) : one))
  return value
}

function mapped(wire: JsonObject, map: (value: JsonValue) => JsonValue): JsonObject {
  return Object.fromEntries(Object.entries(wire).map(([name, value]) => [name, map(value)]))
}

/** What this protocol cannot check, said in words instead. */
const TOLD = [
  'minLength',
  'maxLength',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'pattern',
  'minItems',
  'maxItems',
  'uniqueItems',
  'format',
  'default',
  'examples',
]
/** Longest list of values that a description repeats. */
const SHORT_ENUM = 10

/**
 * JSON Schema → the part of it that this protocol takes. What is left out of the form stays in the
 * description. Only ever for a schema: in arguments the same words are ordinary names.
 */
export function lowerSchema(schema: JsonObject): JsonObject {
  return new Lowering(schema).lower(schema, []).schema
}

type Lowered = { schema: JsonObject; optional: boolean }

class Lowering {
  private readonly root: JsonObject

  constructor(root: JsonObject) {
    this.root = root
  }

  /** `within`: the references followed so far. `optional`: null was allowed too. */
  lower(given: JsonValue | undefined, within: readonly string[]): Lowered {
    const notes: string[] = []
    const { schema, refs, cut } = this.resolved(object(given) ?? {}, within, notes)
    if (cut) return { schema: { type: 'OBJECT', ...described(schema, notes) }, optional: false }
    const { type, optional } = typeOf(schema)
    const out: JsonObject = { type: type.toUpperCase() }
    for (const name of TOLD)
      if (schema[name] !== undefined) notes.push(`${name}: ${JSON.stringify(schema[name])}`)
    for (const name of ['minimum', 'maximum'] as const)
      if (typeof schema[name] === 'number') out[name] = schema[name]
    this.values(schema, type, out, notes)
    if (type === 'array') out.items = this.lower(schema.items, refs).schema
    if (type === 'object') this.members(schema, refs, out)
    return { schema: { ...out, ...described(schema, notes) }, optional }
  }

  /** References followed, alternatives chosen, parts merged. */
  private resolved(
    schema: JsonObject,
    within: readonly string[],
    notes: string[],
  ): { schema: JsonObject; refs: readonly string[]; cut: boolean } {
    const ref = text(schema.$ref)
    if (ref !== undefined) {
      const target = this.find(ref)
      const { $ref: _, ...beside } = schema
      if (!target || within.includes(ref)) {
        notes.push(`See: ${ref.slice(ref.lastIndexOf('/') + 1)}`)
        return { schema: beside, refs: within, cut: true }
      }
      return this.resolved({ ...target, ...beside }, [...within, ref], notes)
    }
    if (Array.isArray(schema.allOf)) {
      const { allOf, ...beside } = schema
      const merged = objects(allOf).reduce<JsonObject>(
        (all, one) => merge(all, this.resolved(one, within, notes).schema),
        {},
      )
      return this.resolved(merge(merged, beside), within, notes)
    }
    const branches = objects(schema.anyOf ?? schema.oneOf)
    if (branches.length === 0) return { schema, refs: within, cut: false }
    const { anyOf: _, oneOf: __, ...beside } = schema
    return this.chosen(branches, beside, within, notes)
  }

  /** The richest branch; the others are named. */
  private chosen(
    branches: readonly JsonObject[],
    beside: JsonObject,
    within: readonly string[],
    notes: string[],
  ) {
    const solved = branches.map(branch => this.resolved(branch, within, notes))
    const real = solved.filter(({ schema }) => schema.type !== 'null')
    const best = real.reduce<(typeof real)[number] | undefined>(
      (most, one) => (!most || richness(one.schema) > richness(most.schema) ? one : most),
      undefined,
    )
    const values = real.map(({ schema }) => schema)
    const constants = values.every(one => one.const !== undefined || Array.isArray(one.enum))
    const others = values.filter(one => one !== best?.schema).map(one => typeOf(one).type)
    const schema = merge(best?.schema ?? {}, beside)
    if (constants && values.length > 1) schema.enum = values.flatMap(valuesOf)
    else if (others.length > 0) notes.push(`Or: ${[...new Set(others)].join(', ')}`)
    if (constants && values.length > 1) delete schema.const
    if (real.length < solved.length) {
      const { type } = typeOf(schema)
      schema.type = [type, 'null']
    }
    return { schema, refs: best?.refs ?? within, cut: best?.cut ?? false }
  }

  private find(ref: string): JsonObject | undefined {
    if (!ref.startsWith('#/')) return ref === '#' ? this.root : undefined
    let at: JsonValue | undefined = this.root
    for (const step of ref.slice(2).split('/'))
      at = object(at)?.[decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~')]
    return object(at)
  }

  /** Values can be listed of strings only; of anything else they are told. */
  private values(schema: JsonObject, type: string, out: JsonObject, notes: string[]): void {
    const values = valuesOf(schema).filter(value => value !== null)
    if (values.length === 0) return
    if (type === 'string') out.enum = values.map(value => String(value))
    if (values.length <= SHORT_ENUM || type !== 'string')
      notes.push(`One of: ${values.map(value => JSON.stringify(value)).join(', ')}`)
  }

  private members(schema: JsonObject, refs: readonly string[], out: JsonObject): void {
    const properties: JsonObject = {}
    const optional = new Set<string>()
    for (const [name, value] of Object.entries(object(schema.properties) ?? {})) {
      const lowered = this.lower(value, refs)
      properties[name] = lowered.schema
      if (lowered.optional) optional.add(name)
    }
    if (Object.keys(properties).length === 0) return
    out.properties = properties
    const required = (Array.isArray(schema.required) ? schema.required : []).filter(
      name => typeof name === 'string' && name in properties && !optional.has(name),
    )
    if (required.length > 0) out.required = required
  }
}

function valuesOf(schema: JsonObject): JsonValue[] {
  if (schema.const !== undefined) return [schema.const]
  return Array.isArray(schema.enum) ? schema.enum : []
}

function described(schema: JsonObject, notes: readonly string[]): JsonObject {
  const words = [text(schema.description), ...notes].filter(word => word)
  return words.length > 0 ? { description: words.join('\n') } : {}
}

/** The parent wins; members and required names add up. */
function merge(under: JsonObject, over: JsonObject): JsonObject {
  const properties = { ...object(under.properties), ...object(over.properties) }
  const required = [
    ...(Array.isArray(under.required) ? under.required : []),
    ...(Array.isArray(over.required) ? over.required : []),
  ]
  return {
    ...under,
    ...over,
    ...(Object.keys(properties).length > 0 ? { properties } : {}),
    ...(required.length > 0 ? { required: [...new Set(required)] } : {}),
  }
}

function richness(schema: JsonObject): number {
  const { type } = typeOf(schema)
  return type === 'object' ? 2 : type === 'array' ? 1 : 0
}

const TYPES = new Set(['string', 'number', 'integer', 'boolean', 'array', 'object'])

/** One type, and whether null is allowed beside it. What says nothing of it is guessed. */
function typeOf(schema: JsonObject): { type: string; optional: boolean } {
  const told = Array.isArray(schema.type) ? schema.type : [schema.type]
  const types = told.flatMap(one => (typeof one === 'string' ? [one.toLowerCase()] : []))
  const type = types.find(one => TYPES.has(one))
  const optional = types.includes('null') || schema.nullable === true
  if (type) return { type, optional }
  if (schema.properties || schema.required) return { type: 'object', optional }
  return { type: schema.items ? 'array' : 'string', optional }
}
