import { isObject, type JsonObject, type JsonValue } from '../lib/json.ts'
import type { Document } from './document.ts'
import type { Path } from './source.ts'

/** What of a file with mistakes can be checked further, so that all of them are told at once. */
export type Sound = {
  document: Document
  /** Providers left out. */
  brokenProviders: ReadonlySet<string>
  /** Entries of `models`, `aliases` and `force` left out. */
  brokenNames: ReadonlySet<string>
}

const NAME_SECTIONS = ['models', 'aliases', 'force']
/** Without these nobody knows what a name means; of a mistyped section nobody knows which it is. */
const MEANING = ['providers', ...NAME_SECTIONS, 'api-keys']
/** What stands in for a list's entry that is wrong: the others keep their places. */
const STAND_INS: Record<string, (item: JsonValue, index: number) => JsonObject> = {
  rules: () => ({}),
  tests: () => ({ ask: 'broken', expect: 'not-found' }),
  'api-keys': (item, index) => ({
    name: isObject(item) && typeof item.name === 'string' ? item.name : `broken-${index}`,
    key: `broken-${index}`,
  }),
}

/** Undefined: with these mistakes everything else would be wrong, too. `known`: sections there are. */
export function soundParts(
  value: unknown,
  faults: readonly Path[],
  known: readonly string[],
): Sound | undefined {
  if (!isObject(value)) return undefined
  const document: Record<string, unknown> = { ...value }
  const brokenProviders = new Set<string>()
  const brokenNames = new Set<string>()
  for (const [section, entry] of faults) {
    if (typeof section !== 'string' || !known.includes(section)) return undefined
    if (entry === undefined && MEANING.includes(section)) return undefined
    if (entry === undefined) delete document[section]
    else if (section === 'providers') brokenProviders.add(String(entry))
    else if (NAME_SECTIONS.includes(section)) brokenNames.add(String(entry))
    document[section] = without(section, document[section], entry)
  }
  // What is left was checked against the schema that this type is made from.
  return { document: document as Document, brokenProviders, brokenNames }
}

function without(section: string, value: unknown, entry: string | number | undefined): unknown {
  const standIn = STAND_INS[section]
  if (Array.isArray(value) && standIn)
    return value.map((item, index) => (index === entry ? standIn(item, index) : item))
  if (!isObject(value) || !(section === 'providers' || NAME_SECTIONS.includes(section)))
    return undefined
  return Object.fromEntries(Object.entries(value).filter(([name]) => name !== entry))
}
