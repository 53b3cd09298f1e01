import type { Extensions } from '../../conversation/index.ts'
import type { JsonObject } from '../../lib/json/json.ts'

/** `{ extensions }` to spread into a node, or nothing where there are none. */
export function extended(wire: JsonObject): { extensions?: { 'openai-responses': JsonObject } } {
  return Object.keys(wire).length > 0 ? { extensions: { 'openai-responses': wire } } : {}
}

export function membersOf(node: { extensions?: Extensions }): JsonObject {
  return node.extensions?.['openai-responses'] ?? {}
}
