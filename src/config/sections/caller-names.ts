import type { Document } from '../schema/document.ts'

/** How callers are called in conditions: by their API keys' names; `local` where there are no keys. */
export function callerNames({ 'api-keys': keys = [] }: Document): ReadonlySet<string> {
  if (keys.length === 0) return new Set(['local'])
  return new Set(keys.map((key, index) => (typeof key === 'string' ? keyName(index) : key.name)))
}

/** What a key is called that has no name of its own. */
export function keyName(index: number): string {
  return `key-${index + 1}`
}
