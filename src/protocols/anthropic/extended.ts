import type { JsonObject } from '../../lib/json/json.ts'

/** `{ extensions }` to spread into a node, or nothing where there are none. */
export function extended(wire: JsonObject): { extensions?: { anthropic: JsonObject } } {
  return Object.keys(wire).length > 0 ? { extensions: { anthropic: wire } } : {}
}
