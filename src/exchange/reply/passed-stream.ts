import { asGatewayError, GatewayError } from '../../lib/errors.ts'
import { joined, replaceBytes } from '../../lib/streams/byte-replace.ts'
import { decodeSse } from '../../lib/streams/sse.ts'
import { createWholeEvents } from '../../lib/streams/whole-events.ts'
import { whenUnread } from '../../lib/unread.ts'
import type { Asked, Frame } from '../../protocols/codec.ts'
import { tallyEvent, tallyText, tallyUsage } from '../accounting/reply-tally.ts'
import { settle, settleCut } from '../accounting/settle.ts'
import type { Exchange } from '../request.ts'
import { type Attempt, clientGone } from '../upstream/attempt.ts'
import { eventLimit } from './body.ts'
import { upstreamError } from './embedded-error.ts'
import { readUntilPayload } from './first-event.ts'
import { createFraming, type Framing } from './framing.ts'
import { errorAfter, errorEvent } from './keep-alive.ts'
import { wordsIn } from './model-text.ts'
import { type Answer, renames, streamHeaders } from './respond.ts'
import { createTail, type StreamEnd } from './tail.ts'
import { createUpstreamReader, IDLE } from './upstream-reader.ts'

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
  const issuer = attempt.target.provider.id
  const limit = eventLimit(exchange, attempt)
  const frames = decodeSse(limit)
  const events = attempt.codec.decodeStream(issuer)
  const begun = await readUntilPayload(exchange, attempt, reply, upstream, { frames, events })
  const { events: seen } = begun
  let { done } = begun
  const started = seen.find(event => event.type === 'response-start')
  const beginning = joined(begun.bytes)
  const rename = renames(exchange)
    ? renamer(beginning, attempt.codec.members.model, started?.model, exchange.envelope.model)
    : undefined
  const tail = createTail(frames, events, seen, limit)
  const framing = createFraming(exchange)
  const framed = exchange.envelope.framing === undefined ? undefined : reframer(framing)
  const whole = createWholeEvents()

  /** What the client gets of a chunk; in one piece, since every yield is a write to the socket. */
  function passed(chunk: Uint8Array): Uint8Array | string {
    const bytes = rename ? rename.feed(chunk) : chunk
    return framed ? framed.feed(bytes) : whole.feed(bytes)
  }

  /** What is left when the stream ended well: no empty line need close the last event. */
  function* rest(): Generator<Uint8Array | string> {
    const renamed = rename?.end() ?? new Uint8Array(0)
    const last = framed
      ? framed.feed(renamed) + framed.end()
      : joined([whole.feed(renamed), whole.rest()])
    if (last.length > 0) yield last
  }

  /** The protocol's own, where it has one and the client knows of the response. */
  function keepAliveEvent(): Frame | undefined {
    const own = started && exchange.codec.keepAliveEvent
    return own?.(lastSequence([beginning, tail.recent()]))
  }

  function continues(): Asked['continues'] {
    const sequence = lastSequence([beginning, tail.recent()]) + 1
    return started && { id: started.id, sequence }
  }

  /** A stream may break in the middle of an event that is too long to be read. */
  function endOrNone(): Pick<StreamEnd, 'usage' | 'whole'> {
    try {
      return tail.read()
    } catch {
      return { whole: false }
    }
  }

  function hearAll(): void {
    const { tally } = attempt
    tallyUsage(tally, started?.usage)
    const { usage, whole } = endOrNone()
    tallyUsage(tally, usage)
    tally.complete = whole
    if (whole && tally.usage.fresh !== undefined && tally.usage.output !== undefined) return
    for (const event of seen) if (event.type !== 'response-start') tallyEvent(tally, event)
    const sample = tail.recent().subarray(-SAMPLE_BYTES)
    // What came before is taken to be like the end.
    if (sample.length > 0) tallyText(tally, wordsIn(sample), tail.total() / sample.length)
  }

  let over = false
  function end(failure: GatewayError | undefined): void {
    if (over) return
    over = true
    upstream.close()
    hearAll()
    if (failure) settleCut(exchange, attempt, failure)
    else settle(exchange, attempt, 200)
  }
  const unread = (): void => end(clientGone())
  const begins = whenUnread(exchange.inbound.signal, unread)

  async function* body(): AsyncGenerator<Uint8Array | string> {
    if (!begins()) return
    let failure: GatewayError | undefined
    let ended = false
    try {
      const first = passed(beginning)
      if (first.length > 0) yield first
      while (!done) {
        const chunk = await upstream.next()
        if (chunk === IDLE) {
          yield framing.keepAlive(keepAliveEvent())
          continue
        }
        done = chunk.done
        if (!chunk.value) continue
        tail.add(chunk.value)
        const bytes = passed(chunk.value)
        if (bytes.length > 0) yield bytes
      }
      const end = tail.read()
      failure = end.failure && upstreamError(exchange, attempt, reply, end.failure)
      if (failure && !end.errorSent) yield* errorEvent(exchange, failure, framing, continues())
      else {
        yield* rest()
        if (failure) yield* errorAfter(failure, framing)
      }
      ended = true
    } catch (error) {
      failure = asGatewayError(error)
      if (failure.code !== 'cancelled') yield* errorEvent(exchange, failure, framing, continues())
    } finally {
      end(failure ?? (ended ? undefined : clientGone()))
    }
  }

  if (!over) upstream.commit()
  const headers = streamHeaders(exchange, attempt, reply, framing)
  return { status: 200, headers, body: body(), unread }
}

/** The number of the last event in a stream whose events are numbered. */
function lastSequence(passed: readonly Uint8Array[]): number {
  const numbers = decoder.decode(joined(passed)).matchAll(/"sequence_number"\s*:\s*(\d+)/g)
  return Number([...numbers].at(-1)?.[1] ?? 0)
}

/** The messages of an event stream in another framing, their data untouched. */
function reframer(framing: Framing) {
  const frames = decodeSse()
  return {
    feed: (bytes: Uint8Array): string => framing.text(frames.feed(bytes)),
    end: (): string => framing.text(frames.end()) + framing.end(),
  }
}

/** Replaces the served model by the asked one, spelled as the stream's own beginning spells it. */
function renamer(beginning: Uint8Array, name: string, served: string | undefined, asked: string) {
  if (!served || served === asked) return undefined
  const members = new RegExp(`("${name}"\\s*:\\s*)("(?:[^"\\\\]|\\\\.)*")`, 'g')
  for (const [member, lead = '', value = ''] of decoder.decode(beginning).matchAll(members)) {
    if (!isSpelling(value, served)) continue
    const renamed = lead + JSON.stringify(asked)
    return replaceBytes(encoder.encode(member), encoder.encode(renamed))
  }
  return undefined
}

/** Whether a JSON string says the text; some services escape the slashes in it. */
function isSpelling(json: string, text: string): boolean {
  try {
    return JSON.parse(json) === text
  } catch {
    return false
  }
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()
