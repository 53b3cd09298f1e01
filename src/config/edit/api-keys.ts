import { isObject, type JsonObject, type JsonValue } from '../../lib/json/json.ts'
import { hashOf } from '../../lib/key-hash.ts'
import { parseSource } from '../yaml/source.ts'
import { type Edited, editText } from './index.ts'

/** What may be known of an API key: neither the key nor its hash. */
export type KeyEntry = { name: string; models?: JsonValue; limits?: JsonObject }

/** The keys of a file as they are written; one without a name is called by its place. */
export function listKeys(text: string): (KeyEntry & { named: boolean })[] {
  return entriesOf(text).map((entry, index) => {
    const { name, models, limits } = isObject(entry) ? entry : ({} as JsonObject)
    const named = typeof name === 'string'
    return {
      name: named ? name : `key-${index + 1}`,
      named,
      ...(models === undefined ? {} : { models }),
      ...(isObject(limits) ? { limits } : {}),
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
  if (listKeys(text).some(one => one.name === name))
    return {
      ok: false,
      problem: `there is a key "${name}" already; take another name, or remove that one first`,
    }
  const value = {
    name,
    key: hashOf(key),
    ...(models === undefined ? {} : { models }),
    ...(limits && Object.keys(limits).length > 0 ? { limits } : {}),
  }
  return editText(text, [{ op: 'append', path: ['api-keys'], value }])
}

export function withoutKey(text: string, name: string): Edited {
  const keys = listKeys(text)
  const index = keys.findIndex(one => one.name === name)
  if (index === -1) return { ok: false, problem: noSuchKey(name, keys) }
  // Called by its place: those behind it would get another name, and with it what others spent.
  if (!keys[index]?.named)
    return {
      ok: false,
      problem: `"${name}" is only the place of a key without a name of its own; give it one in the file first`,
    }
  return editText(text, [{ op: 'remove', path: ['api-keys', index] }])
}

function noSuchKey(name: string, keys: readonly KeyEntry[]): string {
  const known = keys.map(one => one.name).join(', ') || 'none'
  return `there is no key "${name}" (there are: ${known})`
}
