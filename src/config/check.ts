import {
  KindGuard,
  type TArray,
  type TLiteral,
  type TObject,
  type TRecord,
  type TSchema,
  type TString,
  type TUnion,
} from '@sinclair/typebox'
import { isObject } from '../lib/json.ts'
import { didYouMean } from './nearest.ts'
import type { Report } from './report.ts'
import { harmlessValues } from './schema.ts'
import type { Path } from './source.ts'
import { parseCount, parseDuration, parseMoney, parseSize } from './values.ts'

/**
 * Checks a value against the schema. Every mistake is one complaint with a way out; a union is
 * told by the shape of the value, so that nobody reads "expected union value".
 */
export function checkShape(schema: TSchema, value: unknown, path: Path, report: Report): void {
  const harmless = harmlessValues(schema)
  if (harmless) {
    if (!harmless.includes(value)) {
      const name = String(path[path.length - 1])
      const what =
        typeof value === 'string' && KindGuard.IsLiteral(schema) ? `"${value}"` : `\`${name}\``
      report.error(path, 'key', `${what} is not supported by this version yet`, 'take it out')
    }
    return
  }
  const meant = schema['x-value']
  if (typeof meant === 'string') checkMeasure(meant, value, path, report)
  else if (KindGuard.IsUnion(schema)) checkUnion(schema, value, path, report)
  else if (KindGuard.IsObject(schema)) checkObject(schema, value, path, report)
  else if (KindGuard.IsRecord(schema)) checkRecord(schema, value, path, report)
  else if (KindGuard.IsArray(schema)) checkArray(schema, value, path, report)
  else checkScalar(schema, value, path, report)
}

type Measure = { parse(value: unknown): unknown; what: string; like: string }

const MEASURES: Record<string, Measure> = {
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

function checkMeasure(meant: string, value: unknown, path: Path, report: Report): void {
  const measure = MEASURES[meant]
  if (!measure || measure.parse(value) !== undefined) return
  const { what, like } = measure
  const unitless = typeof value === 'number' && what.startsWith('a duration')
  report.error(
    path,
    'value',
    `expected ${what}, not ${shown(value)}`,
    unitless ? `give it a unit: ${value}s or ${value}m` : `write it like ${like}`,
  )
}

function checkUnion(schema: TUnion, value: unknown, path: Path, report: Report): void {
  const literals = schema.anyOf.filter(KindGuard.IsLiteral)
  if (literals.length === schema.anyOf.length) {
    checkWord(literals, value, path, report)
    return
  }
  const branch = branchFor(schema, value)
  if (branch) checkShape(branch, value, path, report)
  else
    report.error(
      path,
      'value',
      `expected ${[...new Set(schema.anyOf.map(described))].join(' or ')}, not ${shown(value)}`,
      insteadOf(value, schema.anyOf),
    )
}

function checkWord(literals: readonly TLiteral[], value: unknown, path: Path, report: Report) {
  const chosen = literals.find(literal => literal.const === value)
  if (chosen) {
    checkShape(chosen, value, path, report)
    return
  }
  const words = literals
    .filter(literal => !harmlessValues(literal))
    .map(literal => String(literal.const))
  const near = typeof value === 'string' ? didYouMean(value, words) : undefined
  report.error(
    path,
    'value',
    `expected one of ${words.join(', ')}, not ${shown(value)}`,
    near ?? 'write one of these words',
  )
}

/** What to write where a value is of none of the wanted shapes. */
function insteadOf(value: unknown, wanted: readonly TSchema[]): string {
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

/** The branch a value of this shape must mean: for mappings the one that shares most keys. */
function branchFor(schema: TUnion, value: unknown): TSchema | undefined {
  if (Array.isArray(value)) return schema.anyOf.find(KindGuard.IsArray)
  if (!isObject(value)) return schema.anyOf.find(branch => described(branch) === typeNameOf(value))
  const shared = (branch: TObject): number =>
    Object.keys(value).filter(key => key in branch.properties).length
  return schema.anyOf.filter(KindGuard.IsObject).sort((a, b) => shared(b) - shared(a))[0]
}

function checkObject(schema: TObject, value: unknown, path: Path, report: Report): void {
  if (!isObject(value)) {
    wrongShape(schema, value, path, report)
    return
  }
  const known = Object.keys(schema.properties)
  for (const key of Object.keys(value)) {
    const member = schema.properties[key]
    if (member) checkShape(member, value[key], [...path, key], report)
    else
      report.error(
        [...path, key],
        'key',
        `unknown key "${key}"`,
        didYouMean(key, known) ?? `known here: ${known.join(', ')}`,
      )
  }
  for (const key of schema.required ?? []) {
    if (!(key in value)) report.error(path, 'key', `"${key}" is missing`, `add ${key}: …`)
  }
}

function wrongShape(schema: TSchema, value: unknown, path: Path, report: Report): void {
  report.error(
    path,
    'value',
    `expected ${described(schema)}, not ${shown(value)}`,
    insteadOf(value, [schema]),
  )
}

function checkRecord(schema: TRecord, value: unknown, path: Path, report: Report): void {
  const [member] = Object.values(schema.patternProperties)
  if (!isObject(value)) {
    wrongShape(schema, value, path, report)
    return
  }
  for (const key of Object.keys(value))
    if (member) checkShape(member, value[key], [...path, key], report)
}

function checkArray(schema: TArray, value: unknown, path: Path, report: Report): void {
  if (!Array.isArray(value)) {
    wrongShape(schema, value, path, report)
    return
  }
  if (value.length < (schema.minItems ?? 0))
    report.error(path, 'value', 'the list is empty', 'name at least one')
  for (const [index, item] of value.entries())
    checkShape(schema.items, item, [...path, index], report)
}

function checkScalar(schema: TSchema, value: unknown, path: Path, report: Report): void {
  if (KindGuard.IsUnknown(schema)) return
  if (KindGuard.IsLiteral(schema)) {
    const word = JSON.stringify(schema.const)
    if (schema.const !== value)
      report.error(path, 'value', `expected ${word}, not ${shown(value)}`, `write ${word}`)
    return
  }
  const fits = KindGuard.IsNumber(schema) && typeof value === 'number'
  if (!fits && described(schema) !== typeNameOf(value)) {
    wrongShape(schema, value, path, report)
    return
  }
  if (KindGuard.IsString(schema) && typeof value === 'string')
    checkText(schema, value, path, report)
  if ((KindGuard.IsInteger(schema) || KindGuard.IsNumber(schema)) && typeof value === 'number') {
    const { minimum = -Infinity, maximum = Infinity } = schema
    if (value < minimum || value > maximum)
      report.error(path, 'value', `${value} is out of range`, range(minimum, maximum))
  }
}

function checkText(schema: TString, value: string, path: Path, report: Report): void {
  if (schema.minLength && value.length < schema.minLength)
    report.error(path, 'value', 'must not be empty', 'write something, or take it out')
  else if (schema.pattern && !new RegExp(schema.pattern).test(value)) {
    const like = schema['x-like'] ?? `what fits ${schema.pattern}`
    report.error(path, 'value', `${shown(value)} is not allowed here`, `write ${like}`)
  }
}

function range(minimum: number, maximum: number): string {
  return maximum === Infinity ? `at least ${minimum}` : `from ${minimum} to ${maximum}`
}

function described(schema: TSchema): string {
  if (KindGuard.IsString(schema)) return 'a text'
  if (KindGuard.IsInteger(schema)) return 'a whole number'
  if (KindGuard.IsNumber(schema)) return 'a number'
  if (KindGuard.IsBoolean(schema)) return 'true or false'
  if (KindGuard.IsArray(schema)) return 'a list'
  if (KindGuard.IsObject(schema) || KindGuard.IsRecord(schema)) return 'a mapping'
  return 'a value'
}

function typeNameOf(value: unknown): string {
  if (typeof value === 'string') return 'a text'
  if (typeof value === 'number') return Number.isInteger(value) ? 'a whole number' : 'a number'
  if (typeof value === 'boolean') return 'true or false'
  if (value === null || value === undefined) return 'nothing'
  return Array.isArray(value) ? 'a list' : 'a mapping'
}

/** What was written, unless it may be a secret in the wrong place. */
function shown(value: unknown): string {
  if (typeof value === 'string')
    return value.length > 40 || /[\w-]{20,}|^sk-/.test(value) ? 'this text' : `"${value}"`
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : typeNameOf(value)
}
