import { type ConversationRequest, saysNothing } from '../conversation/index.ts'
import { GatewayError } from '../lib/errors.ts'
import type { JsonObject } from '../lib/json/json.ts'
import type { Action, ClientCodec, Envelope } from '../protocols/codec.ts'

/**
 * A client's body as a conversation. It is checked first, since decoders forgive: a member of a
 * wrong type would be absent, and the rest be sent and billed. Throws `invalid-request` with the
 * member's path.
 */
export function readRequest(
  { codec, action }: { codec: ClientCodec; action: Action },
  body: JsonObject,
  envelope: Envelope,
  /** What is put back into a body that has passed, such as earlier turns. */
  completed: (body: JsonObject) => JsonObject = same => same,
): ConversationRequest {
  codec.requests[action]?.check(body)
  const request = codec.decodeRequest(completed(body), envelope)
  if (action !== 'count-tokens' && saysNothing(request))
    throw new GatewayError(
      'invalid-request',
      'the request says nothing: all its texts are empty; send a message with text',
    )
  return request
}
