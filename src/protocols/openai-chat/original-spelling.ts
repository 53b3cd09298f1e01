import { isDeepStrictEqual } from 'node:util'
import type { JsonObject } from '../../lib/json/json.ts'

/**
 * The named members as the client spelled them, as long as they still mean what the conversation
 * says: undefined once someone changed its mind, or for a client of another protocol.
 */
export function asSaid<Meaning>(
  own: JsonObject,
  names: readonly string[],
  decode: (wire: JsonObject) => Meaning,
  meaning: Meaning,
): JsonObject | undefined {
  const said: JsonObject = {}
  for (const name of names) {
    const value = own[name]
    if (value !== undefined) said[name] = value
  }
  if (Object.keys(said).length === 0) return undefined
  return isDeepStrictEqual(decode(said), meaning) ? said : undefined
}
