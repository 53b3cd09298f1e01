import type { StreamEvent } from '../../conversation/index.ts'
import { asGatewayError, GatewayError } from '../../lib/errors.ts'
import { decodeSse } from '../../lib/streams/sse.ts'
import { whenUnread } from '../../lib/unread.ts'
import { tallyEvent } from '../accounting/reply-tally.ts'
import { settle, settleCut } from '../accounting/settle.ts'
import type { Exchange } from '../request.ts'
import { type Attempt, clientGone } from '../upstream/attempt.ts'
import { eventLimit, replyCounter } from './body.ts'
import { upstreamError } from './embedded-error.ts'
import { refuseEmptyStream } from './empty-answer.ts'
import { readUntilPayload } from './first-event.ts'
import { createFraming } from './framing.ts'
import { errorAfter } from './keep-alive.ts'
import { type Answer, askedOf, streamHeaders } from './respond.ts'
import { streamTransforms } from './transforms.ts'
import { createUpstreamReader, IDLE, type UpstreamReader } from './upstream-reader.ts'

/**
 * A stream of one protocol as a stream of another: bytes → frames → events → frames → text.
 * Returns once the upstream has said something worth sending; throws while it has not.
 */
export async function translatedStream(
  exchange: Exchange,
  attempt: Attempt,
  reply: Response,
): Promise<Answer> {
  if (!reply.body) throw new GatewayError('upstream-failed', 'the upstream sent an empty reply')
  const upstream = createUpstreamReader(exchange, attempt, reply.body)
  const frames = decodeSse(eventLimit(exchange, attempt))
  const events = attempt.codec.decodeStream(attempt.target.provider.id)
  const { events: head } = await readUntilPayload(exchange, attempt, reply, upstream, {
    frames,
    events,
  })
  for (const event of head) tallyEvent(attempt.tally, event)
  orClose(upstream, () => refuseEmptyStream(attempt, head))
  const served = head.find(event => event.type === 'response-start')?.model ?? attempt.target.model
  const asked = askedOf(exchange, served, attempt.losses)
  const transforms = streamTransforms(exchange, attempt, asked)
  const machine = exchange.codec.encodeStream(asked)
  const framing = createFraming(exchange)
  // Some protocols tell the whole reply once more at its end.
  const count = replyCounter(exchange, attempt)
  let failure: GatewayError | undefined
  let ended = false

  function encode(event: StreamEvent): string {
    if (event.type === 'response-end') ended = true
    else if (event.type === 'error') failure = upstreamError(exchange, attempt, reply, event.error)
    let text = ''
    for (const next of transforms.feed(event)) text += framing.text(machine.feed(next))
    return text
  }

  function heard(event: StreamEvent): string {
    tallyEvent(attempt.tally, event)
    return encode(event)
  }

  let over = false
  function end(cut: GatewayError | undefined): void {
    if (over) return
    over = true
    upstream.close()
    // The decoder knows the usage so far, and whether only the end of the stream is missing.
    if (!attempt.tally.complete) for (const event of events.end()) tallyEvent(attempt.tally, event)
    if (cut) settleCut(exchange, attempt, cut)
    else settle(exchange, attempt, 200)
  }
  const unread = (): void => end(clientGone())
  const begins = whenUnread(exchange.inbound.signal, unread)

  async function* body(): AsyncGenerator<string> {
    if (!begins()) return
    let done = false
    try {
      let text = ''
      for (const event of head) text += encode(event)
      yield text
      while (!ended && !failure) {
        const chunk = await upstream.next()
        if (chunk === IDLE) {
          yield framing.keepAlive(machine.keepAlive?.())
          continue
        }
        text = ''
        if (chunk.value) {
          count(chunk.value)
          for (const frame of frames.feed(chunk.value))
            for (const event of events.feed(frame)) text += heard(event)
        }
        if (chunk.done) {
          for (const frame of frames.end())
            for (const event of events.feed(frame)) text += heard(event)
          for (const event of events.end()) text += heard(event)
          ended = true
        }
        if (text) yield text
      }
      text = framing.text(machine.end()) + framing.end()
      if (text) yield text
      if (failure) yield* errorAfter(failure, framing)
      done = true
    } catch (error) {
      failure = asGatewayError(error)
      yield encode({ type: 'error', error: failure }) + framing.end()
      yield* errorAfter(failure, framing)
    } finally {
      end(failure ?? (done ? undefined : clientGone()))
    }
  }
  if (!over) upstream.commit()
  const headers = streamHeaders(exchange, attempt, reply, framing)
  return { status: 200, headers, body: body(), unread }
}

function orClose(upstream: UpstreamReader, check: () => void): void {
  try {
    check()
  } catch (error) {
    upstream.close()
    throw error
  }
}
