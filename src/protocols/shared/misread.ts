import type { ConversationRequest, ProtocolId } from '../../conversation/index.ts'
import type { JsonValue } from '../../lib/json/json.ts'
import type { Loss } from '../codec.ts'

type Misread = Loss & { protocol: ProtocolId }

const misread = new WeakMap<object, Misread>()

/** Longest value that is quoted in a loss. */
const MAX_QUOTED = 60

/**
 * Notes that a node of a conversation does not hold all that the client wrote: a value that its
 * protocol's codec does not know, or a restriction that the conversation has no form for. As with
 * `source-memory` the note is about this very node: a node that replaces it has none.
 */
export function misreadAs<Node extends object>(
  node: Node,
  protocol: ProtocolId,
  path: string,
  reason: string,
): Node {
  misread.set(node, { protocol, path, reason })
  return node
}

/** A value that the conversation has no meaning for, and the one used instead. */
export function unknownWord<Node extends object>(
  node: Node,
  protocol: ProtocolId,
  path: string,
  { word, taken }: { word: JsonValue; taken: string },
): Node {
  const quoted = JSON.stringify(word).slice(0, MAX_QUOTED)
  return misreadAs(node, protocol, path, `${quoted} has no equivalent; ${taken} instead`)
}

/** The notes as losses, for an upstream of another protocol; one of the client's own gets the values themselves. */
export function misreadLosses(
  { toolChoice, thinking, format }: ConversationRequest,
  protocol: ProtocolId,
): Loss[] {
  return [toolChoice, thinking, format].flatMap(node => {
    const note = node && misread.get(node)
    return note && note.protocol !== protocol ? [{ path: note.path, reason: note.reason }] : []
  })
}
