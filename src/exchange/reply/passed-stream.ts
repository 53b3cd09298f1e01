import type { StreamEvent } from '../../conversation/index.ts'
import { GatewayError } from '../../lib/errors.ts'
import { type ByteReplacer, joined } from '../../lib/streams/byte-replace.ts'
import { decodeSse } from '../../lib/streams/sse.ts'
import { createWholeEvents } from '../../lib/streams/whole-events.ts'
import type { Asked } from '../../protocols/codec.ts'
import { tallyEvent, tallyText, tallyUsage } from '../accounting/reply-tally.ts'
import type { Exchange } from '../context.ts'
import { streamHeaders } from '../response-headers.ts'
import type { Attempt } from '../upstream/attempt.ts'
import type { Answer } from './answer.ts'
import { eventLimit } from './body.ts'
import { upstreamError } from './embedded-error.ts'
import { type Decoding, readUntilPayload, type StreamStart } from './first-event.ts'
import { createFraming, createReframer, type Framing } from './framing.ts'
import { errorEvent } from './keep-alive.ts'
import { modelText } from './model-text.ts'
import { renameModel } from './rename-model.ts'
import { type Piece, type StreamTransform, streamReply } from './stream-reply.ts'
import { createTail, type StreamEnd, type Tail } from './tail.ts'
import { createUpstreamReader } from './upstream-reader.ts'

/** Of the end of a stream, that is read for an estimate. */
const SAMPLE_BYTES = 32_768

/**
 * A stream of the client's own protocol: the upstream's bytes, but for the model's name where the
 * client used another. The beginning is decoded before commit and the end for the accounts; what is
 * between is not looked at.
 */
export async function passedStream(
  exchange: Exchange,
  attempt: Attempt,
  reply: Response,
): Promise<Answer> {
  if (!reply.body) throw new GatewayError('upstream-failed', 'the upstream sent an empty reply')
  const upstream = createUpstreamReader(exchange, attempt, reply.body)
  const limit = eventLimit(exchange, attempt)
  const decoding: Decoding = {
    frames: decodeSse(limit),
    events: attempt.codec.decodeStream(attempt.target.provider.id),
  }
  const start = await readUntilPayload(exchange, attempt, reply, upstream, decoding)
  const framing = createFraming(exchange)
  const transform = new PassedStream(
    exchange,
    attempt,
    reply,
    start,
    framing,
    createTail(decoding, start.events, limit),
  )
  const sent = streamReply(exchange, attempt, upstream, transform, start.done)
  const relayed = attempt.passing ? reply.headers : undefined
  const headers = streamHeaders(exchange, attempt, relayed, framing.contentType)
  return { status: 200, headers, body: sent.body, unread: sent.unread }
}

/** The identity, but for the model's name, the framing, and whole events. Its tail is kept for the accounts. */
class PassedStream implements StreamTransform {
  readonly #exchange: Exchange
  readonly #attempt: Attempt
  readonly #reply: Response
  readonly #events: readonly StreamEvent[]
  readonly #started: Extract<StreamEvent, { type: 'response-start' }> | undefined
  readonly #beginning: Uint8Array
  readonly #framing: Framing
  readonly #rename: ByteReplacer | undefined
  readonly #reframe: ReturnType<typeof createReframer> | undefined
  readonly #wholeEvents = createWholeEvents()
  readonly #tail: Tail
  readonly isOver = false
  #end: StreamEnd | undefined
  #failure: GatewayError | undefined

  constructor(
    exchange: Exchange,
    attempt: Attempt,
    reply: Response,
    { events, bytes }: StreamStart,
    framing: Framing,
    tail: Tail,
  ) {
    this.#exchange = exchange
    this.#attempt = attempt
    this.#reply = reply
    this.#events = events
    this.#started = events.find(event => event.type === 'response-start')
    this.#beginning = joined(bytes)
    this.#framing = framing
    const { envelope } = exchange
    if (exchange.route.reportModel === 'asked') {
      const { model } = attempt.codec.members
      this.#rename = renameModel(this.#beginning, model, this.#started?.model, envelope.model)
    }
    this.#reframe = envelope.framing === undefined ? undefined : createReframer(framing)
    this.#tail = tail
  }

  begin(): Piece {
    return this.#passed(this.#beginning)
  }

  feed(chunk: Uint8Array): Piece {
    this.#tail.add(chunk)
    return this.#passed(chunk)
  }

  /** Where the stream ended well, no empty line need close the last event. */
  end(): Piece {
    this.#end = this.#tail.read()
    const { failure, errorSent } = this.#end
    this.#failure = failure && upstreamError(this.#exchange, this.#attempt, this.#reply, failure)
    if (this.#failure && !errorSent) return this.cut(this.#failure)
    const renamed = this.#rename?.end() ?? new Uint8Array(0)
    return this.#reframe
      ? this.#reframe.feed(renamed) + this.#reframe.end()
      : joined([this.#wholeEvents.feed(renamed), this.#wholeEvents.rest()])
  }

  failure(): GatewayError | undefined {
    return this.#failure
  }

  /** The protocol's own, where it has one and the client knows of the response. */
  keepAlive(): string {
    const event = this.#started && this.#exchange.codec.keepAliveEvent
    return this.#framing.keepAlive(event?.(this.#lastSequence()))
  }

  cut(error: GatewayError): string {
    if (error.code === 'cancelled') return ''
    const started = this.#started
    const continues: Asked['continues'] = started && {
      id: started.id,
      sequence: this.#lastSequence() + 1,
    }
    return errorEvent(this.#exchange, error, this.#framing, continues)
  }

  afterError(error: GatewayError): string {
    return this.#framing.afterError(error)
  }

  tally(): void {
    const { tally } = this.#attempt
    const { usage, complete } = this.#end ?? this.#endOrNone()
    tallyUsage(tally, usage)
    tally.complete = complete
    if (complete && tally.usage.fresh !== undefined && tally.usage.output !== undefined) return
    for (const event of this.#events) if (event.type !== 'response-start') tallyEvent(tally, event)
    const sample = this.#tail.recent().subarray(-SAMPLE_BYTES)
    // What came before is taken to be like the end.
    if (sample.length > 0)
      tallyText(tally, modelText(sample), this.#tail.totalBytes() / sample.length)
  }

  /** What the client gets of a chunk. */
  #passed(chunk: Uint8Array): Piece {
    const bytes = this.#rename ? this.#rename.feed(chunk) : chunk
    return this.#reframe ? this.#reframe.feed(bytes) : this.#wholeEvents.feed(bytes)
  }

  /** A stream may break in the middle of an event that is too long to be read. */
  #endOrNone(): Pick<StreamEnd, 'usage' | 'complete'> {
    try {
      return this.#tail.read()
    } catch {
      return { complete: false }
    }
  }

  /** The number of the last event, of a stream whose events are numbered; else 0. */
  #lastSequence(): number {
    const text = decoder.decode(joined([this.#beginning, this.#tail.recent()]))
    const numbers = text.matchAll(/"sequence_number"\s*:\s*(\d+)/g)
    return Number([...numbers].at(-1)?.[1] ?? 0)
  }
}

const decoder = new TextDecoder()
