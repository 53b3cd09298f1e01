import { isObject, type JsonObject, type JsonValue, jsonEntries } from '../../lib/json/json.ts'
import { hashOf } from '../../lib/key-hash.ts'
import { parseSource } from '../yaml/source.ts'
import { type Edited, editText } from './index.ts'

/** What may be shown of an API key: neither the key nor its hash. */
type KeyEntry = { name: string; models?: JsonValue; limits?: JsonObject }

/** The keys of a file as they are written; a key without a name is called by its place. */
export function listKeys(text: string): (KeyEntry & { named: boolean })[] {
  return entriesOf(text).map((entry, index) => {
    const { name, models, limits } = isObject(entry) ? entry : ({} as JsonObject)
    const named = typeof name === 'string'
    return {
      name: named ? name : `key-${index + 1}`,
      named,
      models,
      limits: isObject(limits) ? limits : undefined,
    }
  })
}

function entriesOf(text: string): readonly JsonValue[] {
  const { value } = parseSource('', text).source
  const keys = isObject(value) ? value['api-keys'] : undefined
  return Array.isArray(keys) ? keys : []
}

/** The text with one more key, written as its hash. */
export function withKey(text: string, { name, models, limits }: KeyEntry, key: string): Edited {
  if (listKeys(text).some(known => known.name === name))
    return {
      ok: false,
      problem: `there is a key "${name}" already; take another name, or remove that one first`,
    }
  const value = filled({ name, key: hashOf(key), models, limits: limits && filled(limits) })
  return editText(text, [{ op: 'append', path: ['api-keys'], value }])
}

/** Without members that have no value, and without an empty `limits`. */
function filled(members: JsonObject): JsonObject {
  const isGiven = ([, value]: [string, JsonValue]): boolean =>
    !isObject(value) || Object.keys(value).length > 0
  return Object.fromEntries(jsonEntries(members).filter(isGiven))
}

export function withoutKey(text: string, name: string): Edited {
  const keys = listKeys(text)
  const index = keys.findIndex(entry => entry.name === name)
  if (index === -1) return { ok: false, problem: noSuchKey(name, keys) }
  // Called by its place: the keys behind it would get another name, and with it another's spending.
  if (!keys[index]?.named)
    return {
      ok: false,
      problem: `"${name}" is only the place of a key without a name of its own; give it one in the file first`,
    }
  return editText(text, [{ op: 'remove', path: ['api-keys', index] }])
}

function noSuchKey(name: string, keys: readonly KeyEntry[]): string {
  const known = keys.map(entry => entry.name).join(', ') || 'none'
  return `there is no key "${name}" (there are: ${known})`
}
