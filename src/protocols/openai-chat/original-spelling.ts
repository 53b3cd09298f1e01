import { isDeepStrictEqual } from 'node:util'
import type { JsonObject } from '../../lib/json/json.ts'
import { picked } from '../../lib/json/read-json.ts'

/**
 * The named members as the client spelled them, as long as they still mean what the conversation
 * holds; undefined once that has changed, and for a client of another protocol.
 */
export function originalSpelling<Meaning>(
  own: JsonObject,
  names: readonly string[],
  decode: (wire: JsonObject) => Meaning,
  meaning: Meaning,
): JsonObject | undefined {
  const original = picked(own, names)
  if (Object.keys(original).length === 0) return undefined
  return isDeepStrictEqual(decode(original), meaning) ? original : undefined
}
