import { type ConversationResponse, replay } from '../../conversation/index.ts'
import type { Asked } from '../../protocols/codec.ts'
import { tallyResponse } from '../accounting/reply-tally.ts'
import { settle } from '../accounting/settle.ts'
import type { Exchange } from '../context.ts'
import { STREAM_HEADERS, stamp } from '../response-headers.ts'
import type { Attempt } from '../upstream/attempt.ts'
import type { Answer } from './answer.ts'
import { refuseEmpty } from './empty-answer.ts'
import { createFraming } from './framing.ts'
import { askedOf } from './respond.ts'
import { streamTransforms } from './transforms.ts'

/** A complete response as the client wants it: one body, or the stream that would have made it. */
export async function rendered(
  exchange: Exchange,
  attempt: Attempt,
  status: number,
  received: ConversationResponse,
): Promise<Answer> {
  // The reply repeats members of the request, which was not read where its bytes passed.
  if (!exchange.body.loaded) await exchange.body.readable()
  if (!attempt.tally.complete) tallyResponse(attempt.tally, received)
  if (!attempt.passing) refuseEmpty(attempt, received)
  const complete = compacted(exchange, attempt, received)
  const response = attempt.adapted?.restoreResponse(complete) ?? complete
  const asked = askedOf(exchange, response.model, attempt.losses)
  const headers = new Headers()
  const body = exchange.envelope.stream
    ? streamOf(exchange, attempt, asked, complete, headers)
    : jsonOf(exchange, attempt, asked, response, headers)
  // Encoding finds what the client's protocol cannot express.
  settle(exchange, attempt, status)
  stamp(headers, exchange, attempt)
  return { status: 200, headers, body }
}

/** The summary that another upstream was asked for, as a client gets it that asked in a request. */
function compacted(
  exchange: Exchange,
  attempt: Attempt,
  response: ConversationResponse,
): ConversationResponse {
  const { compaction } = exchange.codec
  if (!compaction || !exchange.compacts || exchange.action === 'compact' || attempt.passing)
    return response
  return compaction.reply(response, askedOf(exchange, response.model))
}

function jsonOf(
  exchange: Exchange,
  attempt: Attempt,
  asked: Asked,
  response: ConversationResponse,
  headers: Headers,
): string {
  const transforms = streamTransforms(exchange, { ...attempt, adapted: undefined }, asked)
  for (const event of replay(response)) transforms.feed(event)
  headers.set('content-type', 'application/json')
  const { compaction } = exchange.codec
  if (exchange.action === 'compact' && compaction)
    return JSON.stringify(compaction.encode(response, asked, exchange.body.json()))
  return JSON.stringify(exchange.codec.encodeResponse(response, asked))
}

function streamOf(
  exchange: Exchange,
  attempt: Attempt,
  asked: Asked,
  response: ConversationResponse,
  headers: Headers,
): string {
  const framing = createFraming(exchange)
  for (const [name, value] of Object.entries(STREAM_HEADERS)) headers.set(name, value)
  headers.set('content-type', framing.contentType)
  const transforms = streamTransforms(exchange, attempt, asked)
  const machine = exchange.codec.encodeStream(asked)
  let text = ''
  for (const event of replay(response))
    for (const transformed of transforms.feed(event))
      text += framing.text(machine.feed(transformed))
  return text + framing.text(machine.end()) + framing.end()
}
