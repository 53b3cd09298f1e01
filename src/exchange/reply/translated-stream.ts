import type { StreamEvent } from '../../conversation/index.ts'
import { GatewayError } from '../../lib/errors.ts'
import type { Machine } from '../../lib/streams/machine.ts'
import { decodeSse } from '../../lib/streams/sse.ts'
import type { Asked, ClientCodec, Frame } from '../../protocols/codec.ts'
import { tallyEvent } from '../accounting/reply-tally.ts'
import type { Exchange } from '../context.ts'
import { keepReasoning } from '../history/reasoning.ts'
import { streamHeaders } from '../response-headers.ts'
import type { Attempt } from '../upstream/attempt.ts'
import type { Answer } from './answer.ts'
import { eventLimit, replyCounter } from './body.ts'
import { upstreamError } from './embedded-error.ts'
import { refuseEmptyStream } from './empty-answer.ts'
import { type Decoding, readUntilPayload } from './first-event.ts'
import { createFraming, type Framing } from './framing.ts'
import { askedOf } from './respond.ts'
import { type StreamTransform, streamReply } from './stream-reply.ts'
import { createUpstreamReader, type UpstreamReader } from './upstream-reader.ts'

/**
 * A stream of one protocol as a stream of another: bytes → frames → events → frames → text.
 * Returns once the upstream has sent a payload; throws while it has not.
 */
export async function translatedStream(
  exchange: Exchange,
  attempt: Attempt,
  reply: Response,
): Promise<Answer> {
  if (!reply.body) throw new GatewayError('upstream-failed', 'the upstream sent an empty reply')
  const upstream = createUpstreamReader(exchange, attempt, reply.body)
  const decoding: Decoding = {
    frames: decodeSse(eventLimit(exchange, attempt)),
    events: attempt.codec.decodeStream(attempt.target.provider.id),
  }
  const { events } = await readUntilPayload(exchange, attempt, reply, upstream, decoding)
  for (const event of events) tallyEvent(attempt.tally, event)
  orClose(upstream, () => refuseEmptyStream(attempt, events))
  const started = events.find(event => event.type === 'response-start')
  const asked = askedOf(exchange, started?.model ?? attempt.target.model, attempt.losses)
  const framing = createFraming(exchange)
  const transform = new TranslatedStream(exchange, attempt, reply, events, decoding, framing, asked)
  const sent = streamReply(exchange, attempt, upstream, transform)
  const relayed = attempt.passing ? reply.headers : undefined
  const headers = streamHeaders(exchange, attempt, relayed, framing.contentType)
  return { status: 200, headers, body: sent.body, unread: sent.unread }
}

function orClose(upstream: UpstreamReader, check: () => void): void {
  try {
    check()
  } catch (error) {
    upstream.close()
    throw error
  }
}

class TranslatedStream implements StreamTransform {
  readonly #exchange: Exchange
  readonly #attempt: Attempt
  readonly #reply: Response
  readonly #decoding: Decoding
  readonly #framing: Framing
  readonly #transforms: readonly Machine<StreamEvent, StreamEvent>[]
  readonly #machine: ReturnType<ClientCodec['encodeStream']>
  /** Some protocols repeat the whole reply at its end. */
  readonly #count: (chunk: Uint8Array) => void
  /** Decoded before commit. */
  #beginning: readonly StreamEvent[]
  #failure: GatewayError | undefined
  /** After the response's end, or its failure. */
  isOver = false

  constructor(
    exchange: Exchange,
    attempt: Attempt,
    reply: Response,
    beginning: readonly StreamEvent[],
    decoding: Decoding,
    framing: Framing,
    asked: Asked,
  ) {
    this.#exchange = exchange
    this.#attempt = attempt
    this.#reply = reply
    this.#beginning = beginning
    this.#decoding = decoding
    this.#framing = framing
    this.#transforms = streamTransforms(exchange, attempt, asked)
    this.#machine = exchange.codec.encodeStream(asked)
    this.#count = replyCounter(exchange, attempt)
  }

  begin(): string {
    const frames: Frame[] = []
    for (const event of this.#beginning) this.#translate(event, frames)
    this.#beginning = []
    return this.#framing.text(frames)
  }

  feed(chunk: Uint8Array): string {
    this.#count(chunk)
    const { frames, events } = this.#decoding
    const encoded: Frame[] = []
    for (const frame of frames.feed(chunk))
      for (const event of events.feed(frame)) this.#receive(event, encoded)
    return this.#framing.text(encoded)
  }

  end(): string {
    const encoded: Frame[] = []
    if (!this.isOver) {
      const { frames, events } = this.#decoding
      for (const frame of frames.end())
        for (const event of events.feed(frame)) this.#receive(event, encoded)
      for (const event of events.end()) this.#receive(event, encoded)
    }
    encoded.push(...this.#machine.end())
    return this.#framing.text(encoded) + this.#framing.end()
  }

  failure(): GatewayError | undefined {
    return this.#failure
  }

  keepAlive(): string {
    return this.#framing.keepAlive(this.#machine.keepAlive?.())
  }

  cut(error: GatewayError): string {
    const frames: Frame[] = []
    this.#encode({ type: 'error', error }, frames)
    return this.#framing.text(frames) + this.#framing.end()
  }

  afterError(error: GatewayError): string {
    return this.#framing.afterError(error)
  }

  /** The decoder knows the usage so far, and whether only the end of the stream is missing. */
  tally(): void {
    const { tally } = this.#attempt
    if (tally.complete) return
    for (const event of this.#decoding.events.end()) tallyEvent(tally, event)
  }

  #receive(event: StreamEvent, frames: Frame[]): void {
    tallyEvent(this.#attempt.tally, event)
    this.#translate(event, frames)
  }

  /** An error goes down as it is remembered: without the secrets that its message may repeat. */
  #translate(event: StreamEvent, frames: Frame[]): void {
    if (event.type === 'response-end') this.isOver = true
    if (event.type !== 'error') {
      this.#encode(event, frames)
      return
    }
    const error = upstreamError(this.#exchange, this.#attempt, this.#reply, event.error)
    this.#failure = error
    this.isOver = true
    this.#encode({ ...event, error }, frames)
  }

  #encode(event: StreamEvent, frames: Frame[]): void {
    for (const each of transformed(this.#transforms, event))
      for (const frame of this.#machine.feed(each)) frames.push(frame)
  }
}

/**
 * What stands between an upstream's events and the client's, in order: tools get their own names
 * back, and reasoning that the client cannot carry is kept. Nothing is left in it at the end.
 */
export function streamTransforms(
  exchange: Exchange,
  { adapted }: Attempt,
  asked: Asked,
): readonly Machine<StreamEvent, StreamEvent>[] {
  const machines: Machine<StreamEvent, StreamEvent>[] = []
  if (adapted) machines.push(adapted.restoreStream())
  if (!exchange.codec.carries(asked))
    machines.push(keepReasoning(exchange.gateway.services.state, exchange.caller.name))
  return machines
}

/** An event after all transforms. A plain loop: it runs for every event of a stream. */
export function transformed(
  transforms: readonly Machine<StreamEvent, StreamEvent>[],
  event: StreamEvent,
): readonly StreamEvent[] {
  let events: readonly StreamEvent[] = [event]
  for (const transform of transforms) {
    const [only] = events
    events =
      only && events.length === 1
        ? transform.feed(only)
        : events.flatMap(each => transform.feed(each))
  }
  return events
}
