import type { ConversationRequest, Extensions, ProtocolId } from '../../conversation/index.ts'
import type { GatewayError } from '../../lib/errors.ts'
import type { JsonObject } from '../../lib/json/json.ts'
import type { Loss } from '../codec.ts'
import { withExtensions } from './extensions.ts'
import { misreadLosses } from './misread.ts'

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

/** `withExtensions` of a request, whose members the codec's rules belong to. */
export function withRequestExtensions(
  protocol: ProtocolId,
  members: JsonObject,
  foreign: ForeignRules,
): { extensions?: Extensions } {
  rules.set(members, foreign)
  return withExtensions(protocol, members)
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
  const extensions = Object.entries(request.extensions ?? {}).filter(([from]) => from !== protocol)
  for (const [, members] of extensions) {
    const refusal = rules.get(members)?.refusal?.(members)
    if (refusal) throw refusal
  }
  const losses: Loss[] = misreadLosses(request, protocol)
  for (const [, members] of extensions) {
    const { ignorable = [], unread } = rules.get(members) ?? {}
    for (const [name, value] of Object.entries(unread?.(members) ?? members)) {
      if (ignorable.includes(name) || asksNothing(value)) continue
      losses.push({ path: name, reason: `${protocol} has no such parameter` })
    }
  }
  return losses
}
