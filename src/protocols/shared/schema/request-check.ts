import { KindGuard, type TArray, type TObject, type TSchema, type TUnion } from '@sinclair/typebox'
import { type TypeCheck, TypeCompiler } from '@sinclair/typebox/compiler'
import { GatewayError } from '../../../lib/errors.ts'
import { isObject, type JsonObject, type JsonValue } from '../../../lib/json/json.ts'

/** What a protocol's request must look like. */
export type RequestShape = {
  /** For documentation, too. */
  readonly schema: TSchema
  /** Throws `invalid-request` with the path of what is wrong. */
  check(body: JsonObject): void
}

/** One thing that is wrong: `messages[0].content`, "a string or a list", "5". */
export type Fault = { path: string; expected: string; got: string }

/** A rule that a schema cannot express, such as "this or that is required". */
export type Rule = (body: JsonObject) => Fault | undefined

/** Faults that are named in one error. */
const MAX_NAMED = 3

/** A request's schema, compiled when it is first needed, and the rules beside it. */
export function requestShape(schema: TSchema, ...rules: readonly Rule[]): RequestShape {
  let compiled: TypeCheck<TSchema> | undefined
  return {
    schema,
    check(body) {
      compiled ??= TypeCompiler.Compile(schema)
      if (!compiled.Check(body)) throw invalid([...firstFaults(schema, body)])
      for (const rule of rules) {
        const fault = rule(body)
        if (fault) throw invalid([fault])
      }
    },
  }
}

export const NOTHING = 'nothing'

/**
 * The roles allowed in the messages of `list`, for protocols whose roles are few and fixed. Unlike
 * new values elsewhere, an unknown role is refused: the message would be sent under another role.
 */
export function knownRoles(list: string, roles: readonly string[]): Rule {
  const known = new Set<JsonValue>(roles)
  const expected = roles.map(role => JSON.stringify(role)).join(' or ')
  return body => {
    const messages = body[list]
    if (!Array.isArray(messages)) return undefined
    for (const [index, message] of messages.entries()) {
      const role = isObject(message) ? (message.role ?? null) : null
      if (role === null || role === '' || known.has(role)) continue
      return { path: `${list}[${index}].role`, expected, got: 'another string' }
    }
    return undefined
  }
}

function invalid(faults: readonly Fault[]): GatewayError {
  const words = faults.map(({ path, expected, got }) => `${path}: expected ${expected}, got ${got}`)
  const [first] = faults
  return new GatewayError(
    'invalid-request',
    words.join('; ') || 'the request body has members of a wrong type',
    first ? { param: first.path } : {},
  )
}

function* firstFaults(schema: TSchema, body: JsonObject): Generator<Fault> {
  let named = 0
  for (const fault of faultsOf(schema, body, '')) {
    yield fault
    if (++named === MAX_NAMED) return
  }
}

/** Runs only where the compiled check has failed, to find out where. Goes no deeper than the schema. */
function* faultsOf(schema: TSchema, value: JsonValue | undefined, path: string): Generator<Fault> {
  if (value === undefined) yield { path, expected: described(schema), got: NOTHING }
  else if (KindGuard.IsUnion(schema)) yield* unionFaults(schema, value, path)
  else if (KindGuard.IsObject(schema)) yield* objectFaults(schema, value, path)
  else if (KindGuard.IsArray(schema)) yield* arrayFaults(schema, value, path)
  else if (!fits(schema, value)) yield mismatch(schema, value, path)
}

function mismatch(schema: TSchema, value: JsonValue, path: string): Fault {
  return { path, expected: described(schema), got: shown(value) }
}

function* objectFaults(schema: TObject, value: JsonValue, path: string): Generator<Fault> {
  if (!isObject(value)) {
    yield mismatch(schema, value, path)
    return
  }
  const required = schema.required ?? []
  for (const [name, member] of Object.entries(schema.properties)) {
    const inner = value[name]
    if (inner === undefined && !required.includes(name)) continue
    yield* faultsOf(member, inner, path === '' ? name : `${path}.${name}`)
  }
}

function* arrayFaults(schema: TArray, value: JsonValue, path: string): Generator<Fault> {
  if (!Array.isArray(value)) {
    yield mismatch(schema, value, path)
    return
  }
  if (value.length < (schema.minItems ?? 0))
    yield { path, expected: 'at least one item', got: 'an empty list' }
  for (const [index, item] of value.entries())
    yield* faultsOf(schema.items, item, `${path}[${index}]`)
}

function* unionFaults(schema: TUnion, value: JsonValue, path: string): Generator<Fault> {
  const tag = tagOf(schema)
  if (tag !== undefined && isObject(value)) {
    yield* taggedFaults(schema, tag, value, path)
    return
  }
  const branch = branchFor(schema, value)
  if (branch) yield* faultsOf(branch, value, path)
  else if (!branchesOf(schema).some(branch => fits(branch, value)))
    yield mismatch(schema, value, path)
}

/** By the kind that its tag names; without a tag, by the default kind. */
function* taggedFaults(
  schema: TUnion,
  tag: string,
  value: JsonObject,
  path: string,
): Generator<Fault> {
  const kinds = schema.anyOf.filter(KindGuard.IsObject)
  const word = value[tag]
  const others = kinds[kinds.length - 1]
  const chosen =
    word === undefined || word === null
      ? kinds.find(({ required }) => !required?.includes(tag))
      : (kinds.find(({ properties }) => literalOf(properties[tag]) === word) ?? others)
  if (chosen) yield* objectFaults(chosen, value, path)
  else yield { path: `${path}.${tag}`, expected: 'a string', got: shown(word) }
}

/** The value of a tag, also of one that may be left out. */
function literalOf(schema: TSchema | undefined): unknown {
  if (schema === undefined) return undefined
  const literals = branchesOf(schema).filter(branch => KindGuard.IsLiteral(branch))
  return literals[0]?.const
}

function tagOf(schema: TSchema): string | undefined {
  const { discriminator } = schema
  return isObject(discriminator) && typeof discriminator.propertyName === 'string'
    ? discriminator.propertyName
    : undefined
}

/** The kinds of value that a schema allows; unions that a tag distinguishes count as one. */
function branchesOf(schema: TSchema): TSchema[] {
  return KindGuard.IsUnion(schema) && tagOf(schema) === undefined
    ? schema.anyOf.flatMap(branchesOf)
    : [schema]
}

/** Which of several shapes a list or an object must be meant as. */
function branchFor(schema: TUnion, value: JsonValue): TSchema | undefined {
  if (Array.isArray(value)) return branchesOf(schema).find(branch => KindGuard.IsArray(branch))
  if (!isObject(value)) return undefined
  return branchesOf(schema).find(
    branch => KindGuard.IsObject(branch) || tagOf(branch) !== undefined,
  )
}

/** Whether a plain value is of a plain type. */
function fits(schema: TSchema, value: JsonValue): boolean {
  if (KindGuard.IsString(schema))
    return (
      typeof value === 'string' &&
      (schema.pattern === undefined || new RegExp(schema.pattern).test(value))
    )
  if (KindGuard.IsInteger(schema)) return Number.isInteger(value)
  if (KindGuard.IsNumber(schema)) return Number.isFinite(value)
  if (KindGuard.IsBoolean(schema)) return typeof value === 'boolean'
  if (KindGuard.IsLiteral(schema)) return schema.const === value
  if (KindGuard.IsNull(schema)) return value === null
  return KindGuard.IsUnknown(schema)
}

/** Marks spellings that are accepted and not offered. */
export const TOLERATED = 'x-tolerated'

function described(schema: TSchema): string {
  const words = branchesOf(schema)
    .filter(branch => !KindGuard.IsNull(branch) && branch[TOLERATED] !== true)
    .map(typeName)
  return [...new Set(words)].join(' or ')
}

function typeName(schema: TSchema): string {
  if (KindGuard.IsString(schema)) return 'a string'
  if (KindGuard.IsInteger(schema)) return 'a whole number'
  if (KindGuard.IsNumber(schema)) return 'a number'
  if (KindGuard.IsBoolean(schema)) return 'true or false'
  if (KindGuard.IsArray(schema)) return 'a list'
  if (KindGuard.IsLiteral(schema)) return JSON.stringify(schema.const)
  return 'an object'
}

/** Never the value itself, which may be private: errors are logged. */
function shown(value: JsonValue | undefined): string {
  if (value === undefined) return NOTHING
  if (typeof value === 'string') return value === '' ? 'an empty string' : 'a string'
  if (Array.isArray(value)) return 'a list'
  return isObject(value) ? 'an object' : String(value)
}
