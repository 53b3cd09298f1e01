import { isDeepStrictEqual } from 'node:util'
import type { Extensions } from '../../conversation/index.ts'
import type { JsonObject } from '../../lib/json/json.ts'
import { object, picked } from '../../lib/json/read-json.ts'
import { sourceMemory } from '../../lib/json/source-memory.ts'
import { withExtensions } from '../shared/extensions.ts'

const memory = sourceMemory('openai-chat')

type Node = { extensions?: Extensions }

/**
 * `{ extensions }` to spread into a node, like `withExtensions`, whose object also remembers how
 * the members that the conversation has words for were spelled (a string or parts, which role).
 * A copy of the node shares its extensions: a message of which one part changes keeps its form.
 */
export function withSpelling(members: JsonObject, spelling: JsonObject): Node {
  for (const _ in spelling)
    return { extensions: { 'openai-chat': memory.remember(members, spelling) } }
  return withExtensions('openai-chat', members)
}

/** Empty for a node of another protocol. */
export function spellingOf({ extensions }: Node): JsonObject {
  const members = extensions?.['openai-chat']
  return (members && object(memory.recall(members))) ?? {}
}

/** `{ [name]: value }`, or nothing where the value is empty. */
export function unlessEmpty(name: string, value: JsonObject): JsonObject {
  for (const _ in value) return { [name]: value }
  return {}
}

/**
 * The named members as the client spelled them, as long as they still mean what the conversation
 * holds; undefined once that has changed.
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
