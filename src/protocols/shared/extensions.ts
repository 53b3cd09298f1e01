import type { Extensions, ProtocolId } from '../../conversation/index.ts'
import type { JsonObject } from '../../lib/json/json.ts'

/** `{ extensions }` to spread into a node: members the conversation has no place for; empty without members. */
export function withExtensions(
  protocol: ProtocolId,
  members: JsonObject,
): { extensions?: Extensions } {
  for (const _ in members) return { extensions: { [protocol]: members } }
  return {}
}
