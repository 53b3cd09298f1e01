import type { ConversationRequest, Extensions, ProtocolId } from '../../conversation/index.ts'
import type { GatewayError } from '../../lib/errors.ts'
import type { JsonObject, JsonValue } from '../../lib/json/json.ts'
import type { Loss } from '../codec.ts'

/** What becomes of a protocol's own request members at an upstream of another protocol. */
export type ForeignRules = {
  /**
   * Members that ask for nothing another protocol would do differently: how the reply is delivered,
   * who asks, what the vendor may keep.
   */
  ignorable: readonly string[]
  /** The members as losses name them, without those that were understood. Default: as they are. */
  unread?(members: JsonObject): JsonObject
  /** Why no other protocol's upstream can serve the request; undefined: it can. */
  refusal?(members: JsonObject): GatewayError | undefined
}

const rules = new WeakMap<JsonObject, ForeignRules>()

/** `{ extensions }` to spread into a request, whose members the codec's rules belong to. */
export function withRequestExtensions(
  protocol: ProtocolId,
  members: JsonObject,
  foreign: ForeignRules,
): { extensions?: Extensions } {
  for (const _ in members) {
    rules.set(members, foreign)
    return { extensions: { [protocol]: members } }
  }
  return {}
}

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

/** Values equal to the default. */
function asksNothing(value: unknown): boolean {
  return (
    value === null ||
    value === undefined ||
    value === false ||
    (Array.isArray(value) && value.length === 0)
  )
}

/**
 * What a client of another protocol asked for that this one has no word for, or that was not
 * understood. Throws what the client's codec gives as the reason why only its own protocol can
 * serve the request.
 */
export function foreignLosses(request: ConversationRequest, protocol: ProtocolId): Loss[] {
  const losses: Loss[] = []
  const { extensions } = request
  if (extensions) refuseUnservable(extensions, protocol)
  for (const node of [request.toolChoice, request.thinking, request.format]) {
    const note = node && misread.get(node)
    // An upstream of the client's own protocol gets the value itself.
    if (note && note.protocol !== protocol) losses.push({ path: note.path, reason: note.reason })
  }
  if (extensions) addUnread(extensions, protocol, losses)
  return losses
}

function refuseUnservable(extensions: Extensions, protocol: ProtocolId): void {
  for (const [from, members] of Object.entries(extensions)) {
    const refusal = from === protocol ? undefined : rules.get(members)?.refusal?.(members)
    if (refusal) throw refusal
  }
}

function addUnread(extensions: Extensions, protocol: ProtocolId, losses: Loss[]): void {
  for (const [from, members] of Object.entries(extensions)) {
    if (from === protocol) continue
    const { ignorable = [], unread } = rules.get(members) ?? {}
    for (const [name, value] of Object.entries(unread?.(members) ?? members)) {
      if (ignorable.includes(name) || asksNothing(value)) continue
      losses.push({ path: name, reason: `${protocol} has no such parameter` })
    }
  }
}
