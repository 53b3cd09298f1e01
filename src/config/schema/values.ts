import {
  type ObjectOptions,
  type TProperties,
  type TSchema,
  type TUnsafe,
  Type,
} from '@sinclair/typebox'

/**
 * Values that several members share. Members marked `later` belong to the language but not yet to
 * this version: they are known, so that a typo is a typo, and refused, so that nothing is ignored.
 */
const LATER = 'x-later'

export function later(schema: TSchema, harmless: readonly unknown[] = []): TUnsafe<never> {
  return Type.Unsafe<never>({ ...schema, [LATER]: harmless })
}

/** Values of a `later` member that ask for nothing; undefined: the member is there already. */
export function harmlessValues(schema: TSchema): readonly unknown[] | undefined {
  const values: unknown = schema[LATER]
  return Array.isArray(values) ? values : undefined
}

/** What a member is for, in a sentence, and the value that holds without it. */
type About = { description: string; default?: unknown }

export const shut = { additionalProperties: false } as const

/** Gives a shape that stands in several places a name, under which the JSON Schema has it once. */
export const called = (name: string) => ({ 'x-name': name })

/** Spread into an optional member's options. */
export function about(description: string, ...unsaid: [] | [value: unknown]): About {
  return unsaid.length === 0 ? { description } : { description, default: unsaid[0] }
}

/** A mapping any of whose members may be missing, and that has no others. */
export function optionals<Members extends TProperties>(members: Members, options: ObjectOptions) {
  return Type.Partial(Type.Object(members, { ...shut, ...options }))
}

/** A mapping with members that it must have, some that it may have, and no others. */
export function mapping<Required extends TProperties, Optional extends TProperties>(
  required: Required,
  optional: Optional,
  options: ObjectOptions,
) {
  const { properties } = Type.Partial(Type.Object(optional))
  return Type.Object({ ...required, ...properties }, { ...shut, ...options })
}

/** A text that is not empty. */
export const filledText = (options: About) => Type.String({ minLength: 1, ...options })

/** One of a few words. */
export function words<const W extends readonly string[]>(list: W, options: About) {
  return Type.Union(
    list.map(word => Type.Literal<W[number]>(word)),
    options,
  )
}

/** `250ms`, `30s`, `5m`, `1h`, `90d`, or 0. */
export const duration = (options: About) =>
  Type.Union([Type.String({ pattern: '^\\d+(\\.\\d+)?(ms|s|m|h|d)$' }), Type.Literal(0)], {
    'x-value': 'duration',
    ...options,
  })

/** The same, or false. */
export const durationOrOff = (options: About) =>
  Type.Unknown({ 'x-value': 'duration-or-off', ...options })

/** `64kB`, `10MB`, or bytes. */
export const size = (options: About) =>
  Type.Union([Type.String(), Type.Integer({ minimum: 0 })], { 'x-value': 'size', ...options })

/** `200k`, `2M`, or a number. */
export const count = (options: About) =>
  Type.Union([Type.String(), Type.Integer({ minimum: 0 })], { 'x-value': 'count', ...options })

/** `5 USD`, or a number of them. */
export const money = (options: About) =>
  Type.Union([Type.String(), Type.Number({ minimum: 0 })], { 'x-value': 'money', ...options })

export const proxyUrl = (options: About) => Type.String({ 'x-value': 'proxy', ...options })

export const headers = (options: About) => Type.Record(Type.String(), Type.String(), options)

/** A text, or a list of them: any of them will do. */
export const oneOrMore = (options: About) =>
  Type.Union([Type.String(), Type.Array(Type.String(), { minItems: 1 })], options)

/** One of a few words, or a list of them. */
export function wordsOrMore(list: readonly string[], options: About) {
  return Type.Union([Type.String(), Type.Array(Type.String(), { minItems: 1 })], {
    'x-words': list,
    ...options,
  })
}
