import { collect, type StreamEvent } from '../../conversation/index.ts'
import { decodeSse } from '../../lib/streams/sse.ts'
import { tallyEvent } from '../accounting/reply-tally.ts'
import { settle } from '../accounting/settle.ts'
import type { Exchange } from '../context.ts'
import { relayedHeaders, stamp } from '../response-headers.ts'
import type { Attempt } from '../upstream/attempt.ts'
import type { Answer } from './answer.ts'
import { eventLimit, readReplyBody, replyChunks } from './body.ts'
import { invalidReply, parseReply, upstreamError } from './embedded-error.ts'
import { throwUnframed } from './first-event.ts'
import { passedJson } from './passed-json.ts'
import { passedStream } from './passed-stream.ts'
import { rendered } from './rendered-reply.ts'
import { type StreamTransform, streamReply } from './stream-reply.ts'
import { translatedStream } from './translated-stream.ts'
import { createUpstreamReader } from './upstream-reader.ts'

/**
 * Turns the upstream's reply into the client's. Returns once there is a payload to send, and
 * throws while failover is still possible.
 */
export async function answer(
  exchange: Exchange,
  attempt: Attempt,
  reply: Response,
): Promise<Answer> {
  if (exchange.action === 'relay') return relayed(exchange, attempt, reply)
  const streamed = /^text\/event-stream\b/i.test(reply.headers.get('content-type') ?? '')
  const { stream } = exchange.envelope
  if (streamed && stream && attempt.passing) return passedStream(exchange, attempt, reply)
  // A summary is an item of its own, so it goes down when it is complete.
  if (streamed && stream && !exchange.compacts) return translatedStream(exchange, attempt, reply)
  if (streamed) return collected(exchange, attempt, reply, reply.body ?? [])
  const bytes = await readReplyBody(exchange, attempt, reply)
  // Some upstreams send a stream under another content type.
  if (bytes[0] !== OBJECT && isEventStream(bytes))
    return collected(exchange, attempt, reply, [bytes])
  return attempt.passing && !stream
    ? passedJson(exchange, attempt, reply, bytes)
    : translatedJson(exchange, attempt, reply, bytes)
}

/** How a JSON object begins. */
const OBJECT = 0x7b

function isEventStream(bytes: Uint8Array): boolean {
  return /^\s*(event|data|id|retry)?:/.test(decoder.decode(bytes.subarray(0, 64)))
}

const decoder = new TextDecoder()

/** Bytes of any kind, as they come; a JSON reply is read to its end, so its usage can be counted. */
async function relayed(exchange: Exchange, attempt: Attempt, reply: Response): Promise<Answer> {
  const type = reply.headers.get('content-type') ?? ''
  if (/^(text\/html|application\/xhtml\+xml)\b/i.test(type)) {
    const page = await readReplyBody(exchange, attempt, reply)
    throw invalidReply(attempt, decoder.decode(page))
  }
  if (/^application\/json\b/i.test(type))
    return passedJson(exchange, attempt, reply, await readReplyBody(exchange, attempt, reply))
  const headers = relayedHeaders(reply.headers)
  stamp(headers, exchange, attempt)
  const { status, body } = reply
  if (body) {
    const upstream = createUpstreamReader(exchange, attempt, body)
    const sent = streamReply(exchange, attempt, upstream, relayTransform(attempt))
    return { status, headers, ...sent }
  }
  attempt.tally.complete = true
  settle(exchange, attempt, status)
  return { status, headers, body: '' }
}

/** Bytes that pass as they come, of no protocol that has events: a fault can only cut them off. */
function relayTransform({ tally }: Attempt): StreamTransform {
  return {
    begin: () => '',
    feed: chunk => chunk,
    isOver: false,
    end() {
      tally.complete = true
      return ''
    },
    failure: () => undefined,
    keepAlive: () => '',
    cut(error) {
      throw error
    },
    afterError: () => '',
    tally() {},
  }
}

function translatedJson(
  exchange: Exchange,
  attempt: Attempt,
  reply: Response,
  bytes: Uint8Array<ArrayBuffer>,
): Answer | Promise<Answer> {
  const body = parseReply(exchange, attempt, reply, bytes)
  const response = attempt.codec.decodeResponse(body, attempt.target.provider.id)
  return rendered(exchange, attempt, reply.status, response)
}

/** A stream upstream for a client that wants one body. */
async function collected(
  exchange: Exchange,
  attempt: Attempt,
  reply: Response,
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<Answer> {
  const frames = decodeSse(eventLimit(exchange, attempt))
  const events = attempt.codec.decodeStream(attempt.target.provider.id)
  const all: StreamEvent[] = []
  const unframed: Uint8Array[] = []

  function keep(decoded: readonly StreamEvent[]): void {
    for (const event of decoded) {
      tallyEvent(attempt.tally, event)
      all.push(event)
    }
  }

  for await (const chunk of replyChunks(exchange, attempt, chunks)) {
    for (const frame of frames.feed(chunk)) keep(events.feed(frame))
    if (all.length === 0) unframed.push(chunk)
    // An upstream that has sent an error may keep the connection open.
    throwError(exchange, attempt, reply, all)
  }
  for (const frame of frames.end()) keep(events.feed(frame))
  if (all.length === 0) throwUnframed(exchange, attempt, reply, unframed)
  keep(events.end())
  throwError(exchange, attempt, reply, all)
  return rendered(exchange, attempt, reply.status, collect(all))
}

/** An error is the last event of a stream. */
function throwError(
  exchange: Exchange,
  attempt: Attempt,
  reply: Response,
  events: readonly StreamEvent[],
): void {
  const last = events[events.length - 1]
  if (last?.type === 'error') throw upstreamError(exchange, attempt, reply, last.error)
}
