import {
  KindGuard,
  type TArray,
  type TLiteral,
  type TObject,
  type TRecord,
  type TSchema,
  type TUnion,
} from '@sinclair/typebox'
import { isObject, type JsonObject } from '../../lib/json/json.ts'
import { didYouMean, nearest } from '../../lib/nearest.ts'
import type { Path } from '../../lib/path.ts'
import type { Report } from '../diagnostics/report.ts'
import { blankWords } from '../yaml/errors.ts'
import {
  described,
  insteadOf,
  MEASURES,
  type Problem,
  problemOf,
  shown,
  typeNameOf,
} from './describe.ts'
import { harmlessValues } from './values.ts'

/** Stands for a value no part of which can be used. */
const BROKEN = Symbol('broken')

/** The good parts of a document with mistakes. */
export type Checked = {
  /** Undefined: it is no mapping at all. */
  value: Readonly<Record<string, unknown>> | undefined
  /** What was left out: whole members, entries and items of lists; a misspelt section by its right name. */
  dropped: readonly Path[]
  /** Where in the written document a part of `value` is: lists lose the items that are wrong. */
  written(path: Path): Path
}

/** The state of one check. */
type Checking = {
  report: Report
  /** Whether the value has a diagnostic already. */
  excused(path: Path): boolean
  dropped: Path[]
  /** By list, the places of the items that are good. */
  kept: Map<string, readonly number[]>
  /** By section, its misspelt name. */
  misspelt: Map<string, string>
}

/**
 * Checks a document against its schema. Every mistake is one diagnostic with a hint; a union is
 * dispatched on the shape of the value, so that no diagnostic reads "expected union value". `excused`:
 * values that have a diagnostic already, and are only left out.
 */
export function checkDocument(
  schema: TObject,
  value: unknown,
  excused: (path: Path) => boolean,
  report: Report,
): Checked {
  const checking: Checking = { report, excused, dropped: [], kept: new Map(), misspelt: new Map() }
  const good = isObject(value)
    ? { ...goodMembers(schema, value, [], checking), ...misspeltSections(schema, value, checking) }
    : wrongShape(schema, value, [], checking)
  const { dropped } = checking
  return {
    value: isObject(good) ? good : undefined,
    dropped,
    written: path => writtenPath(path, checking),
  }
}

/** A section under a wrong name is checked as the one that it is meant to be, if that is not there. */
function misspeltSections(
  schema: TObject,
  value: JsonObject,
  checking: Checking,
): Record<string, unknown> {
  const known = Object.keys(schema.properties)
  const found: Record<string, unknown> = {}
  for (const name of Object.keys(value)) {
    if (known.includes(name) || isFree(schema, name)) continue
    const meant = nearest(name, known)[0] ?? ''
    const section = schema.properties[meant]
    if (!section || harmlessValues(section) || meant in value || meant in found) continue
    const good = checkShape(section, value[name], [name], checking)
    if (good === BROKEN) continue
    found[meant] = good
    checking.misspelt.set(meant, name)
    checking.dropped = checking.dropped.flatMap(path => {
      const [first, ...inner] = path
      if (first !== name) return [path]
      return inner.length > 0 ? [[meant, ...inner]] : []
    })
  }
  return found
}

function writtenPath([first, ...rest]: Path, { kept, misspelt }: Checking): Path {
  if (first === undefined) return []
  const written: (string | number)[] = [misspelt.get(String(first)) ?? first]
  for (const segment of rest) {
    const place = typeof segment === 'number' ? kept.get(keyOf(written))?.[segment] : undefined
    written.push(place ?? segment)
  }
  return written
}

function keyOf(path: Path): string {
  return path.join('\0')
}

/** Reports a value that cannot be used. */
function broken(
  path: Path,
  message: string,
  hint: string,
  { report }: Checking,
  of: 'key' | 'value' = 'value',
): typeof BROKEN {
  report.error(path, message, hint, of)
  return BROKEN
}

/** The good parts of a value, or `BROKEN`. */
function checkShape(schema: TSchema, value: unknown, path: Path, checking: Checking): unknown {
  if (typeof value === 'string' && checking.excused(path)) return BROKEN
  const harmless = harmlessValues(schema)
  if (harmless) {
    if (harmless.includes(value)) return value
    const name = String(path[path.length - 1])
    const what =
      typeof value === 'string' && KindGuard.IsLiteral(schema) ? `"${value}"` : `\`${name}\``
    return broken(
      path,
      `${what} is not supported by this version yet`,
      'take it out',
      checking,
      'key',
    )
  }
  const meant = schema['x-value']
  if (typeof meant === 'string') return checkMeasure(meant, value, path, checking)
  if (KindGuard.IsUnion(schema)) return checkUnion(schema, value, path, checking)
  if (KindGuard.IsObject(schema)) return checkObject(schema, value, path, checking)
  if (KindGuard.IsRecord(schema)) return checkRecord(schema, value, path, checking)
  if (KindGuard.IsArray(schema)) return checkArray(schema, value, path, checking)
  return checkScalar(schema, value, path, checking)
}

function checkMeasure(meant: string, value: unknown, path: Path, checking: Checking): unknown {
  const measure = MEASURES[meant]
  if (!measure || measure.parse(value) !== undefined) return value
  const { what, like } = measure
  const unitless = typeof value === 'number' && what.startsWith('a duration')
  return broken(
    path,
    `expected ${what}, not ${shown(value)}`,
    unitless ? `give it a unit: ${value}s or ${value}m` : `write it like ${like}`,
    checking,
  )
}

function checkUnion(schema: TUnion, value: unknown, path: Path, checking: Checking): unknown {
  const literals = schema.anyOf.filter(KindGuard.IsLiteral)
  if (literals.length === schema.anyOf.length) return checkWord(literals, value, path, checking)
  const branch = branchFor(schema, value)
  if (branch) return checkShape(branch, value, path, checking)
  return broken(
    path,
    `expected ${[...new Set(schema.anyOf.map(described))].join(' or ')}, not ${shown(value)}`,
    insteadOf(value, schema.anyOf),
    checking,
  )
}

function checkWord(
  literals: readonly TLiteral[],
  value: unknown,
  path: Path,
  checking: Checking,
): unknown {
  const chosen = literals.find(literal => literal.const === value)
  if (chosen) return checkShape(chosen, value, path, checking)
  const words = literals
    .filter(literal => !harmlessValues(literal))
    .map(literal => String(literal.const))
  const near = typeof value === 'string' ? didYouMean(value, words) : undefined
  return broken(
    path,
    `expected one of ${words.join(', ')}, not ${shown(value)}`,
    near ?? 'write one of these words',
    checking,
  )
}

/** The branch a value of this shape must mean: for mappings the one that shares most keys. */
function branchFor(schema: TUnion, value: unknown): TSchema | undefined {
  if (Array.isArray(value)) return schema.anyOf.find(KindGuard.IsArray)
  if (!isObject(value)) return schema.anyOf.find(branch => described(branch) === typeNameOf(value))
  const shared = (branch: TObject): number =>
    Object.keys(value).filter(key => key in branch.properties).length
  return schema.anyOf.filter(KindGuard.IsObject).sort((a, b) => shared(b) - shared(a))[0]
}

function checkObject(schema: TObject, value: unknown, path: Path, checking: Checking): unknown {
  if (!isObject(value)) return wrongShape(schema, value, path, checking)
  const good = goodMembers(schema, value, path, checking)
  return (schema.required ?? []).every(key => key in good) ? good : BROKEN
}

function goodMembers(
  schema: TObject,
  value: JsonObject,
  path: Path,
  checking: Checking,
): Record<string, unknown> {
  const { report, dropped } = checking
  const known = Object.keys(schema.properties)
  const good: Record<string, unknown> = {}
  for (const key of Object.keys(value)) {
    const at = [...path, key]
    const member = schema.properties[key]
    if (member) keepGood(good, key, checkShape(member, value[key], at, checking), at, checking)
    else if (!isFree(schema, key)) {
      dropped.push(at)
      const { message, hint } = unknownKey(schema, key, value[key])
      report.error(at, message, hint, 'key')
    }
  }
  const misspelt = Object.keys(value).filter(key => !known.includes(key))
  for (const key of schema.required ?? []) {
    // A misspelt key has a diagnostic already.
    if (key in value || misspelt.some(wrong => meantKey(wrong, known) === key)) continue
    report.error(path, `"${key}" is missing`, `add ${key}: ${sampleOf(schema, key)}`, 'key')
  }
  return good
}

/** In braces `kind:anthropic` is a key without a value. */
function unknownKey(schema: TObject, key: string, value: unknown): Problem {
  const known = Object.keys(schema.properties)
  const offered = known.filter(name => !isLater(schema, name))
  const words = value === null ? blankWords(key) : undefined
  if (words && known.includes(meantKey(key, known) ?? '')) return words
  const hint = didYouMean(key, known) ?? `known here: ${offered.join(', ')}`
  return { message: `unknown key "${key}"`, hint }
}

/** The known key that a wrong one is most like. */
function meantKey(wrong: string, known: readonly string[]): string | undefined {
  const [head = ''] = wrong.split(':')
  return known.includes(head) ? head : nearest(wrong, known)[0]
}

/** Known, but refused by this version. */
function isLater({ properties }: TObject, name: string): boolean {
  const member = properties[name]
  return member !== undefined && harmlessValues(member) !== undefined
}

/** Keys that the language leaves to the user: `x-…`. */
function isFree(schema: TObject, key: string): boolean {
  const patterns: unknown = schema.patternProperties
  return isObject(patterns) && Object.keys(patterns).some(pattern => new RegExp(pattern).test(key))
}

function sampleOf(schema: TObject, key: string): string {
  const member = schema.properties[key]
  return member && KindGuard.IsLiteral(member) ? JSON.stringify(member.const) : '…'
}

function keepGood(
  into: Record<string, unknown>,
  key: string,
  good: unknown,
  path: Path,
  { dropped }: Checking,
): void {
  if (good === BROKEN) dropped.push(path)
  // A key such as `__proto__` is a key like any other.
  else Object.defineProperty(into, key, { value: good, enumerable: true, writable: true })
}

function wrongShape(
  schema: TSchema,
  value: unknown,
  path: Path,
  checking: Checking,
): typeof BROKEN {
  const words = typeof value === 'string' && isMapping(schema) ? blankWords(value) : undefined
  if (words) return broken(path, words.message, words.hint, checking)
  return broken(
    path,
    `expected ${described(schema)}, not ${shown(value)}`,
    insteadOf(value, [schema]),
    checking,
  )
}

function isMapping(schema: TSchema): boolean {
  return KindGuard.IsObject(schema) || KindGuard.IsRecord(schema)
}

function checkRecord(schema: TRecord, value: unknown, path: Path, checking: Checking): unknown {
  const [member] = Object.values(schema.patternProperties)
  if (!isObject(value)) return wrongShape(schema, value, path, checking)
  const good: Record<string, unknown> = {}
  for (const key of Object.keys(value)) {
    const at = [...path, key]
    const kept = member ? checkShape(member, value[key], at, checking) : value[key]
    keepGood(good, key, kept, at, checking)
  }
  const { minProperties = 0 } = schema
  if (Object.keys(value).length < minProperties)
    return broken(path, 'nothing is in it', 'write at least one', checking)
  return good
}

function checkArray(schema: TArray, value: unknown, path: Path, checking: Checking): unknown {
  if (!Array.isArray(value)) return wrongShape(schema, value, path, checking)
  if (value.length < (schema.minItems ?? 0))
    return broken(path, 'the list is empty', 'name at least one', checking)
  const good: unknown[] = []
  const places: number[] = []
  for (const [index, item] of value.entries()) {
    const at = [...path, index]
    const kept = checkShape(schema.items, item, at, checking)
    if (kept === BROKEN) checking.dropped.push(at)
    else {
      good.push(kept)
      places.push(index)
    }
  }
  if (good.length < value.length) checking.kept.set(keyOf(path), places)
  // A list that must not be empty is broken when no good item is left.
  return good.length < (schema.minItems ?? 0) ? BROKEN : good
}

function checkScalar(schema: TSchema, value: unknown, path: Path, checking: Checking): unknown {
  if (KindGuard.IsUnknown(schema)) return value
  if (KindGuard.IsLiteral(schema)) {
    if (schema.const === value) return value
    const word = JSON.stringify(schema.const)
    return broken(path, `expected ${word}, not ${shown(value)}`, `write ${word}`, checking)
  }
  const fits = KindGuard.IsNumber(schema) && typeof value === 'number'
  if (!fits && described(schema) !== typeNameOf(value))
    return wrongShape(schema, value, path, checking)
  const problem = problemOf(schema, value)
  return problem ? broken(path, problem.message, problem.hint, checking) : value
}
