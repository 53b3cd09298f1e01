import { isPayload, type StreamEvent } from '../../conversation/index.ts'
import { GatewayError } from '../../lib/errors.ts'
import { joined } from '../../lib/streams/byte-replace.ts'
import type { Machine } from '../../lib/streams/machine.ts'
import type { Frame } from '../../protocols/codec.ts'
import { type ReplyTally, tallyUsage } from '../accounting/reply-tally.ts'
import type { Exchange } from '../context.ts'
import type { Attempt } from '../upstream/attempt.ts'
import { parseReply, upstreamError } from './embedded-error.ts'
import { IDLE, type UpstreamReader } from './upstream-reader.ts'

/** A stream as far as its first payload, or as far as it was held; `done`: it is over already. */
export type StreamStart = { events: StreamEvent[]; bytes: Uint8Array[]; done: boolean }

/** An upstream that sends so much and still no payload is past every error it could begin with. */
const MAX_HELD_BYTES = 1_000_000

/**
 * How long a reply that has started is held for its first payload, where the client's keep-alive is
 * an event that needs a started response. Codex drops a connection on which 300 s bring no event,
 * and takes no keep-alive before `response.created` (Codex 0.169, 2026-11). After this time the
 * beginning goes down, so keep-alives count from then on. That commits the attempt: what fails later
 * is an error event, without failover. An upstream that has been at work on an accepted
 * request for a minute seldom fails in a way that another could mend.
 */
const MAX_HOLD_MS = 60_000

export type Decoding = {
  frames: Machine<Uint8Array, Frame>
  events: Machine<Frame, StreamEvent>
}

/**
 * Reads a stream up to its first payload, or until it has been held for too long. Throws when that
 * is an error, or when there is nothing: until then another credential can still answer, unseen.
 */
export async function readUntilPayload(
  exchange: Exchange,
  attempt: Attempt,
  reply: Response,
  upstream: UpstreamReader,
  decoding: Decoding,
): Promise<StreamStart> {
  if (exchange.codec.keepAliveEvent) upstream.limitHold(MAX_HOLD_MS)
  try {
    const beginning = await read(attempt.tally, upstream, decoding)
    const { events, bytes } = beginning
    if (events.length === 0) throwUnframed(exchange, attempt, reply, bytes)
    if (beginning.done && !events.some(isPayload)) events.push(...decoding.events.end())
    const first = events.find(isPayload)
    if (first?.type === 'error') throw upstreamError(exchange, attempt, reply, first.error)
    if (!first && beginning.done) throw emptyStream()
    return beginning
  } catch (error) {
    upstream.close()
    throw error
  }
}

async function read(
  tally: ReplyTally,
  upstream: UpstreamReader,
  { frames, events }: Decoding,
): Promise<StreamStart> {
  const beginning: StreamStart = { events: [], bytes: [], done: false }
  let held = 0
  let payload = false
  // One long event (a picture) may be all there is: `frames` has the limit for that.
  const enough = (): boolean => held >= MAX_HELD_BYTES && beginning.events.length > 0
  let started = false
  while (!beginning.done && !payload && !enough() && !(started && upstream.heldLong)) {
    const chunk = await upstream.next()
    if (chunk === IDLE) continue
    const decoded: StreamEvent[] = []
    if (chunk.value) {
      for (const frame of frames.feed(chunk.value))
        for (const event of events.feed(frame)) decoded.push(event)
      beginning.bytes.push(chunk.value)
      held += chunk.value.length
    }
    if (chunk.done)
      for (const frame of frames.end()) for (const event of events.feed(frame)) decoded.push(event)
    let hasPart = false
    for (const event of decoded) {
      beginning.events.push(event)
      if (event.type === 'part-start') hasPart = true
      // The client may leave before there is anything to pass on.
      if (event.type !== 'response-start') continue
      started = true
      tallyUsage(tally, event.usage)
    }
    if (hasPart) upstream.begun()
    payload = decoded.some(isPayload)
    beginning.done = chunk.done
  }
  return beginning
}

/** For a reply whose type is a stream's and whose body is none: one object, or a page, with an error. */
export function throwUnframed(
  exchange: Exchange,
  attempt: Attempt,
  reply: Response,
  chunks: readonly Uint8Array[],
): void {
  const bytes = joined(chunks)
  if (/^\s*[{[<]/.test(decoder.decode(bytes.subarray(0, 64))))
    parseReply(exchange, attempt, reply, bytes)
  throw emptyStream()
}

function emptyStream(): GatewayError {
  return new GatewayError(
    'upstream-failed',
    "the upstream's stream ended without a reply in it; please retry your request",
  )
}

const decoder = new TextDecoder()
