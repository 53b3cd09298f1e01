import { isObject, type JsonObject, type JsonValue } from '../../../lib/json/json.ts'
import { objects, text } from '../../../lib/json/read-json.ts'
import { Budget, unitsOfMembers, unitsOfText } from './budget.ts'
import { type Flat, Flattener } from './flatten.ts'
import { Notes } from './notes.ts'
import { nameOf } from './pointer.ts'
import { anything, isNull, isOfType, type SchemaType, typesOf, valuesOf } from './types.ts'

/** `cut`: the schema is too large to be written out in this form, so some of it is only named. */
export type LoweredSchema = { schema: JsonObject; cut: boolean }

/** About four units a node. The second holds for all schemas of a request whose references are written out. */
const MAX_UNITS = 10_000
const MAX_UNITS_A_REQUEST = 60_000

/** What the schemas of one request draw on together. */
export function sharedBudget(): Budget {
  return new Budget(MAX_UNITS_A_REQUEST)
}

/**
 * JSON Schema → the older form of this protocol, a part of OpenAPI 3.0: every schema has a type,
 * there are no references, and `anyOf` stands alone. Keywords that it lacks go into the
 * description. The size is bounded, also with circular references: at first each reference is written
 * out, and if that is too much, each definition is written out once and named elsewhere.
 * Only ever for a schema: in arguments the same words are ordinary names.
 * @see https://ai.google.dev/api/caching#Schema
 */
export function lowerSchema(schema: JsonObject, shared = sharedBudget()): LoweredSchema {
  const separate = lowered(schema, new Budget(MAX_UNITS, shared), false)
  if (!separate.cut) return separate
  return { ...lowered(schema, new Budget(MAX_UNITS), true), cut: true }
}

/** As `lowerSchema`, for a function's parameters: these must be one object. */
export function lowerParameters(schema: JsonObject, shared?: Budget): LoweredSchema {
  const { schema: root, cut } = lowerSchema(schema, shared)
  return { schema: root.type === 'OBJECT' ? root : asObject(root), cut }
}

function lowered(schema: JsonObject, budget: Budget, once: boolean): LoweredSchema {
  const root = new Lowering(budget, new Flattener(schema, budget, once)).lower(schema)
  return { schema: root, cut: budget.cut }
}

/** Several objects as one with the members of all; only what all require is required. */
function asObject({ anyOf }: JsonObject): JsonObject {
  const branches = objects(anyOf).filter(({ type }) => type === 'OBJECT')
  const properties = branches.flatMap(branch => Object.entries(objectOf(branch.properties)))
  const [first, ...more] = branches.map(({ required }) =>
    Array.isArray(required) ? new Set(required) : new Set(),
  )
  const required = [...(first ?? [])].filter(name => more.every(names => names.has(name)))
  const description = text(objects(anyOf)[0]?.description)
  return {
    type: 'OBJECT',
    description,
    ...(properties.length > 0 ? { properties: Object.fromEntries(properties) } : {}),
    ...(required.length > 0 ? { required: required as string[] } : {}),
  }
}

function objectOf(value: JsonValue | undefined): JsonObject {
  return isObject(value) ? value : {}
}

/** Words about a schema, which belong to it as a whole and not to its alternatives. */
const ANNOTATIONS = ['title', 'description', 'default', 'examples', 'nullable']
/** A schema with a list of values and these members only has no other constraint. */
const BESIDE_VALUES = ['const', 'enum', 'type', 'title']

class Lowering {
  private readonly budget: Budget
  private readonly flattener: Flattener

  constructor(budget: Budget, flattener: Flattener) {
    this.budget = budget
    this.flattener = flattener
  }

  /** All of the given schemas at once; later ones win. One that is no object allows anything. */
  lower(...given: readonly (JsonValue | undefined)[]): JsonObject {
    const schemas = given.filter(isObject)
    if (this.flattener.isTooDeep() || !this.budget.spend(1)) return outline(schemas)
    return this.flattener.flattened(schemas, flat => this.write(flat))
  }

  private write(flat: Flat): JsonObject {
    const notes = new Notes(flat)
    const [list, ...more] = flat.alternatives
    for (const other of more) notes.add('anyOf', other)
    return list ? this.choice(list, flat, notes) : this.typed(flat, notes)
  }

  private choice(list: readonly JsonObject[], flat: Flat, notes: Notes): JsonObject {
    const peeked = list.map(branch => ({ branch, flat: this.flattener.peek(branch) }))
    const real = peeked.filter(({ flat }) => !isNull(flat))
    if (real.length < list.length) flat.keywords.set('nullable', true)
    const values = allValues(real.map(({ flat }) => flat))
    if (values) flat.keywords.set('enum', values)
    else if (real.every(({ flat }) => isCondition(flat))) {
      if (real.length > 0)
        notes.add(
          'anyOf',
          real.map(({ branch }) => branch),
        )
    } else {
      const branches = real.map(({ branch }) => branch)
      return this.alternatives(branches, flat, notes)
    }
    return this.typed(flat, notes)
  }

  /** What stands beside `anyOf` holds for each of its branches, so it is written into them. */
  private alternatives(branches: readonly JsonObject[], flat: Flat, notes: Notes): JsonObject {
    const { keywords, properties, required } = flat
    const beside: JsonObject = Object.fromEntries(
      [...keywords].filter(([name]) => !ANNOTATIONS.includes(name)),
    )
    if (properties.size > 0) beside.properties = Object.fromEntries(properties)
    if (required.size > 0) beside.required = [...required]
    return this.joined(
      branches.map(branch => this.lower(beside, branch)),
      flat,
      notes,
    )
  }

  /** `anyOf` may be the only member: words about all of it go to the first of them. */
  private joined(variants: readonly JsonObject[], flat: Flat, notes: Notes): JsonObject {
    const all = variants.flatMap(variant =>
      Array.isArray(variant.anyOf) ? objects(variant.anyOf) : [variant],
    )
    const [first = { type: 'OBJECT' }, ...others] = all
    const { description, ...rest } = first
    const nullable = flat.keywords.get('nullable') === true ? { nullable: true } : {}
    const head = { ...rest, ...nullable, ...this.words(flat, notes, text(description)) }
    if (others.length === 0) return head
    return { anyOf: [head, ...others.map(other => ({ ...other, ...nullable }))] }
  }

  private typed(flat: Flat, notes: Notes): JsonObject {
    notes.addKeywords(flat)
    if (isNull(flat)) return { type: 'NULL', ...this.words(flat, notes) }
    const { types, nullable } = typesOf(flat)
    if (nullable) flat.keywords.set('nullable', true)
    if (types.length > 0)
      return this.joined(
        types.map(type => this.body(type, flat, notes)),
        flat,
        notes,
      )
    // A definition that is only named is an object in all likelihood.
    return this.joined(flat.see.length > 0 ? [{ type: 'OBJECT' }] : anything(), flat, notes)
  }

  private body(type: SchemaType, flat: Flat, notes: Notes): JsonObject {
    const out: JsonObject = { type: type.toUpperCase() }
    copyLimits(type, flat, out, notes)
    this.values(type, flat, out, notes)
    if (type === 'array') Object.assign(out, this.items(flat))
    if (type === 'object') Object.assign(out, this.members(flat))
    return out
  }

  /** Values can be listed of strings only; of anything else they go into the description. */
  private values(type: SchemaType, flat: Flat, out: JsonObject, notes: Notes): void {
    const all = valuesOf(flat)
    if (all.length === 0 || !this.budget.spend(unitsOfMembers(all.length))) return
    const own = all.filter(value => isOfType(value, type))
    if (type !== 'string') {
      notes.addValues(own)
      return
    }
    const isUntyped = !flat.keywords.has('type')
    const words = new Set((isUntyped ? own : all.filter(value => value !== null)).map(String))
    // The service refuses an empty one.
    words.delete('')
    this.budget.spend(unitsOfText([...words].join('')))
    if (words.size > 0) out.enum = [...words]
  }

  /** A list must declare its items; each position of a tuple may hold what any position may. */
  private items({ keywords }: Flat): JsonObject {
    const items = keywords.get('items')
    const tuple = keywords.get('prefixItems') ?? (Array.isArray(items) ? items : undefined)
    if (!Array.isArray(tuple)) return { items: this.lower(items) }
    const anyOf = isObject(items) ? [...objects(tuple), items] : objects(tuple)
    return { items: this.lower(anyOf.length > 0 ? { anyOf } : {}) }
  }

  private members({ properties, required }: Flat): JsonObject {
    const entries = [...properties].filter(([, value]) => value !== false)
    if (entries.length === 0) return {}
    const names = [...required].filter(name => properties.has(name))
    return {
      properties: Object.fromEntries(entries.map(([name, value]) => [name, this.lower(value)])),
      ...(names.length > 0 ? { required: names } : {}),
    }
  }

  private words(flat: Flat, notes: Notes, inner?: string): JsonObject {
    const title = text(flat.keywords.get('title'))
    const words = [text(flat.keywords.get('description')), inner, ...notes.lines].filter(Boolean)
    const description = words.join('\n')
    const units = unitsOfText(description) + unitsOfText(title ?? '')
    if (!this.budget.spend(units)) return {}
    return {
      title,
      ...(description === '' ? {} : { description }),
    }
  }
}

/** What is left of a schema that has no room: its type, if it names one that needs no more. */
function outline(schemas: readonly JsonObject[]): JsonObject {
  const type = schemas.map(schema => text(schema.type)?.toUpperCase()).find(Boolean)
  if (type === 'STRING' || type === 'NUMBER' || type === 'INTEGER' || type === 'BOOLEAN')
    return { type }
  const ref = schemas.map(schema => text(schema.$ref)).find(Boolean)
  const description = ref ? `See: ${nameOf(ref)}` : 'left out: the schema is too large'
  return { type: 'OBJECT', description }
}

/** The values of alternatives that are lists of values only. */
function allValues(branches: readonly Flat[]): JsonValue[] | undefined {
  const lists = branches.map(flat =>
    [...flat.keywords.keys()].every(name => BESIDE_VALUES.includes(name)) ? valuesOf(flat) : [],
  )
  return lists.length > 0 && lists.every(list => list.length > 0) ? lists.flat() : undefined
}

/** Whether a schema only adds a condition (`required: [a]`) to the one that it stands in. */
function isCondition({ keywords, properties, alternatives, see }: Flat): boolean {
  return (
    properties.size === 0 &&
    alternatives.length === 0 &&
    see.length === 0 &&
    [...keywords.keys()].every(name => name === 'not' || ANNOTATIONS.includes(name))
  )
}

/** Counts are 64-bit integers, which this protocol writes as text. */
const COUNTS: Partial<Record<SchemaType, readonly string[]>> = {
  string: ['minLength', 'maxLength'],
  array: ['minItems', 'maxItems'],
  object: ['minProperties', 'maxProperties'],
}

/** The service refuses a format that it does not know. */
const FORMATS: Partial<Record<SchemaType, readonly string[]>> = {
  string: ['date-time', 'enum'],
  number: ['float', 'double'],
  integer: ['int32', 'int64'],
}

function copyLimits(type: SchemaType, { keywords }: Flat, out: JsonObject, notes: Notes): void {
  for (const name of COUNTS[type] ?? []) {
    const value = keywords.get(name)
    if (typeof value === 'number' && Number.isSafeInteger(value)) out[name] = String(value)
  }
  for (const name of type === 'number' || type === 'integer' ? ['minimum', 'maximum'] : []) {
    const value = keywords.get(name)
    if (typeof value === 'number') out[name] = value
  }
  const pattern = keywords.get('pattern')
  if (type === 'string' && typeof pattern === 'string') out.pattern = pattern
  const format = keywords.get('format')
  if (typeof format !== 'string') return
  if (FORMATS[type]?.includes(format)) out.format = format
  else notes.add('format', format)
}
