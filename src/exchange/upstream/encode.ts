import type { ConversationRequest } from '../../conversation/index.ts'
import type { JsonObject } from '../../lib/json/json.ts'
import { splice } from '../../lib/json/json-bytes.ts'
import { editJson, type JsonEdit } from '../../lib/json/json-edit.ts'
import type { Action } from '../../protocols/codec.ts'
import type { Exchange } from '../context.ts'
import { markForeignSeals } from '../history/seal-issuers.ts'
import { adaptToTarget } from './adapt.ts'
import type { Attempt } from './attempt.ts'

const encoder = new TextEncoder()
const NONE = {}

/** `extra`: headers that the protocol needs for it. */
export type EncodedBody = {
  body: Uint8Array<ArrayBuffer>
  extra: Record<string, string>
  stream: boolean
}

/** A request as it goes to one target: the client's own bytes, or encoded for it. */
export function encoded(exchange: Exchange, attempt: Attempt, action: Action): EncodedBody {
  const { envelope } = exchange
  if (attempt.passing)
    return { body: passed(exchange, attempt, action), extra: NONE, stream: envelope.stream }
  const { quirks = {}, rules } = attempt.target.provider.kind
  const stream = envelope.stream || quirks.streamOnly === true
  const { target, codec } = attempt
  const conversation = conversationFor(exchange)
  const { sealIssuers } = exchange.gateway.services
  const marked = sealIssuers.any ? withMarkedSeals(exchange, attempt, conversation) : conversation
  const made = adaptToTarget(marked, target, codec, { seals: !exchange.progress.withoutSeals })
  const { session } = envelope
  const { wire, losses } = codec.encodeRequest(made.adapted.request, {
    model: target.model,
    stream,
    issuer: target.provider.id,
    quirks,
    session,
  })
  attempt.adapted = made.adapted
  attempt.losses = [...made.losses, ...losses]
  const body = action === 'count-tokens' ? codec.countable(wire.body) : wire.body
  const ruled = rules?.changes(body, action)
  if (ruled) attempt.losses.push(...ruled.losses)
  return { body: encodeJson({ ...body, ...ruled?.members }), extra: wire.headers, stream }
}

function withMarkedSeals(
  { gateway, caller }: Exchange,
  { lease }: Attempt,
  conversation: ConversationRequest,
): ConversationRequest {
  const refuser = { credential: lease.credential.id, caller: caller.name }
  const { sealIssuers } = gateway.services
  return {
    ...conversation,
    messages: markForeignSeals(conversation.messages, sealIssuers, refuser),
  }
}

/** The client's bytes with what the upstream demands otherwise; all else stays byte for byte. */
function passed(exchange: Exchange, attempt: Attempt, action: Action): Uint8Array<ArrayBuffer> {
  const bytes = spliced(exchange, attempt)
  const { rules } = attempt.target.provider.kind
  if (!rules || action === 'relay') return bytes
  const { members, losses } = rules.changes(exchange.body.json(), action)
  attempt.losses = losses
  const edits = Object.entries(members).map(([member, value]): JsonEdit => {
    const path = [member]
    return value === undefined ? { kind: 'remove', path } : { kind: 'set', path, value }
  })
  return editJson(bytes, edits) as Uint8Array<ArrayBuffer>
}

/** The client's bytes with the model's name replaced; the very same bytes where it need not be. */
function spliced(
  { body: { bytes }, envelope }: Exchange,
  { target }: Attempt,
): Uint8Array<ArrayBuffer> {
  const body = bytes as Uint8Array<ArrayBuffer>
  if (!envelope.modelAt || envelope.model === target.model) return body
  return splice(body, [
    {
      at: envelope.modelAt,
      with: encoder.encode(
        envelope.modelAs === 'text' ? target.model : JSON.stringify(target.model),
      ),
    },
  ])
}

/** An upstream that cannot compact is asked for a summary. */
function conversationFor(exchange: Exchange): ConversationRequest {
  const { compaction } = exchange.codec
  const conversation = exchange.body.loaded
  if (!conversation) throw new Error('a request is encoded before its conversation is read')
  return exchange.compacts && compaction ? compaction.ask(conversation) : conversation
}

function encodeJson(body: JsonObject): Uint8Array<ArrayBuffer> {
  return encoder.encode(JSON.stringify(body)) as Uint8Array<ArrayBuffer>
}
