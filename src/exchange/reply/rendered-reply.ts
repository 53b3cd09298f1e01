import { type ConversationResponse, replay } from '../../conversation/index.ts'
import type { Asked } from '../../protocols/codec.ts'
import { tallyResponse } from '../accounting/reply-tally.ts'
import { settle } from '../accounting/settle.ts'
import type { Exchange } from '../context.ts'
import { keepReasoning } from '../history/reasoning.ts'
import { STREAM_HEADERS, stamp } from '../response-headers.ts'
import type { Attempt } from '../upstream/attempt.ts'
import type { Answer } from './answer.ts'
import { refuseEmpty } from './empty-answer.ts'
import { createFraming } from './framing.ts'
import { askedOf } from './respond.ts'
import { streamTransforms, transformed } from './translated-stream.ts'

/** A complete response as the client wants it: one body, or the stream that would have made it. */
export function rendered(
  exchange: Exchange,
  attempt: Attempt,
  status: number,
  received: ConversationResponse,
): Answer | Promise<Answer> {
  const render = (): Answer => renderedNow(exchange, attempt, status, received)
  // The reply repeats members of the request, which was not read where its bytes passed.
  return exchange.body.loaded ? render() : exchange.body.readable().then(render)
}

function renderedNow(
  exchange: Exchange,
  attempt: Attempt,
  status: number,
  received: ConversationResponse,
): Answer {
  if (!attempt.tally.complete) tallyResponse(attempt.tally, received)
  if (!attempt.passing) refuseEmpty(attempt, received)
  const complete = exchange.compacts ? compacted(exchange, attempt, received) : received
  const response = attempt.adapted?.restoreResponse(complete) ?? complete
  const asked = askedOf(exchange, response.model, attempt.losses)
  const headers = new Headers()
  const body = exchange.envelope.stream
    ? streamOf(exchange, attempt, asked, complete, headers)
    : jsonOf(exchange, asked, response, headers)
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
  if (!compaction || exchange.action === 'compact' || attempt.passing) return response
  return compaction.reply(response, askedOf(exchange, response.model))
}

/** Keeps what was thought before each call, for a client that carries none of it back. */
function keepAll({ gateway, caller }: Exchange, response: ConversationResponse): void {
  const keeping = keepReasoning(gateway.services.state, caller.name)
  for (const event of replay(response)) keeping.feed(event)
}

function jsonOf(
  exchange: Exchange,
  asked: Asked,
  response: ConversationResponse,
  headers: Headers,
): string {
  if (response.parts.some(({ type }) => type === 'tool-call') && !exchange.codec.carries(asked))
    keepAll(exchange, response)
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
    for (const each of transformed(transforms, event)) text += framing.text(machine.feed(each))
  return text + framing.text(machine.end()) + framing.end()
}
