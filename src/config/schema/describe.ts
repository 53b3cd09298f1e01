import { KindGuard, type TSchema, type TString } from '@sinclair/typebox'
import { isQuotable } from '../../redaction/values.ts'
import { parseCount, parseDuration, parseMoney, parseSize } from './units.ts'

/** What a diagnostic says of a value that its schema does not admit. */

export type Problem = { message: string; hint: string }

/** What is wrong with a value of the right type. */
export function problemOf(schema: TSchema, value: unknown): Problem | undefined {
  if (typeof value === 'string' && KindGuard.IsString(schema)) return textProblem(schema, value)
  if (typeof value !== 'number') return undefined
  const { minimum = -Infinity, maximum = Infinity } = schema
  if (value >= minimum && value <= maximum) return undefined
  return { message: `${value} is out of range`, hint: range(minimum, maximum) }
}

function textProblem(schema: TString, value: string): Problem | undefined {
  if (schema.minLength && value.length < schema.minLength)
    return { message: 'must not be empty', hint: 'write something, or take it out' }
  if (!schema.pattern || new RegExp(schema.pattern).test(value)) return undefined
  const like = schema['x-like'] ?? `what fits ${schema.pattern}`
  return { message: `${shown(value)} is not allowed here`, hint: `write ${like}` }
}

function range(minimum: number, maximum: number): string {
  return maximum === Infinity ? `at least ${minimum}` : `from ${minimum} to ${maximum}`
}

export function described(schema: TSchema): string {
  if (KindGuard.IsString(schema)) return 'a text'
  if (KindGuard.IsInteger(schema)) return 'a whole number'
  if (KindGuard.IsNumber(schema)) return 'a number'
  if (KindGuard.IsBoolean(schema)) return 'true or false'
  if (KindGuard.IsArray(schema)) return 'a list'
  if (KindGuard.IsObject(schema) || KindGuard.IsRecord(schema)) return 'a mapping'
  return 'a value'
}

export function typeNameOf(value: unknown): string {
  if (typeof value === 'string') return 'a text'
  if (typeof value === 'number') return Number.isInteger(value) ? 'a whole number' : 'a number'
  if (typeof value === 'boolean') return 'true or false'
  if (value === null || value === undefined) return 'nothing'
  return Array.isArray(value) ? 'a list' : 'a mapping'
}

/** What was written, unless it may be a secret in the wrong place. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return isQuotable(value) ? `"${value}"` : 'this text'
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : typeNameOf(value)
}

/** What to write where a value is of none of the wanted shapes. */
export function insteadOf(value: unknown, wanted: readonly TSchema[]): string {
  const wants = (shape: string): boolean => wanted.some(schema => described(schema) === shape)
  if (value === null || value === undefined) return 'write a value, or take the key out'
  if (Array.isArray(value)) return 'write a single one, without brackets'
  if (typeof value === 'string' && /^-?\d+$/.test(value) && wants('a whole number'))
    return 'take the quotes away'
  if (typeof value !== 'object' && wants('a text')) return 'put it in quotes'
  if (wants('true or false')) return 'write true or false'
  if (wants('a whole number')) return 'write digits only'
  if (wants('a number')) return 'write a number, such as 0.25'
  if (typeof value !== 'object' && wants('a list')) return 'write [ … ]'
  if (wants('a mapping')) return 'write { key: value, … }'
  return wants('a list') ? 'write [ … ]' : 'write a single value here'
}

type Measure = { parse(value: unknown): unknown; what: string; like: string }

/** Texts that stand for a number or an address, by the schema's `x-value`. */
export const MEASURES: Record<string, Measure> = {
  duration: { parse: parseDuration, what: 'a duration', like: '250ms, 30s, 5m or 1h' },
  'duration-or-off': {
    parse: value => (value === false || value === 'off' ? 0 : parseDuration(value)),
    what: 'a duration or false',
    like: '30m or 1h',
  },
  proxy: {
    parse: value => (isProxy(value) ? 1 : undefined),
    what: 'the address of a proxy',
    like: 'http://host:port, https://…, socks5://…, socks5h://… or direct',
  },
  size: { parse: parseSize, what: 'a size', like: '64kB or 10MB' },
  count: { parse: parseCount, what: 'a count', like: '4096, 200k or 2M' },
  money: { parse: parseMoney, what: 'an amount of money', like: '5 USD' },
}

export function isProxy(value: unknown): boolean {
  if (value === '' || value === 'direct') return true
  return (
    typeof value === 'string' &&
    /^(https?|socks5h?):\/\/[^\s/]+\/?$/.test(value) &&
    URL.canParse(value)
  )
}
