import {
  type ConversationResponse,
  collect,
  replay,
  type StreamEvent,
  type Usage,
} from '../../conversation/index.ts'
import { parseObject } from '../../lib/json/json.ts'
import { JsonBytesError, type Member, scanObject, splice } from '../../lib/json/json-bytes.ts'
import { decodeSse } from '../../lib/streams/sse.ts'
import type { Asked } from '../../protocols/codec.ts'
import { tallyEvent, tallyResponse, tallyUsage } from '../accounting/reply-tally.ts'
import { settle } from '../accounting/settle.ts'
import type { Exchange } from '../context.ts'
import { stamp } from '../response-headers.ts'
import type { Attempt } from '../upstream/attempt.ts'
import { asJson, relayedHeaders, STREAM_HEADERS } from '../upstream/headers.ts'
import type { Answer } from './answer.ts'
import { eventLimit, readReplyBody, replyChunks } from './body.ts'
import { invalidReply, parseReply, upstreamError } from './embedded-error.ts'
import { refuseEmpty } from './empty-answer.ts'
import { throwUnframed } from './first-event.ts'
import { createFraming } from './framing.ts'
import { passedStream } from './passed-stream.ts'
import { askedOf, renames } from './respond.ts'
import { type StreamTransform, streamReply } from './stream-reply.ts'
import { streamTransforms } from './transforms.ts'
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
  // A summary is an item of its own, so it goes down when it is whole.
  if (streamed && stream && !exchange.compacts) return translatedStream(exchange, attempt, reply)
  if (streamed) return collected(exchange, attempt, reply, reply.body ?? [])
  const bytes = await readReplyBody(exchange, attempt, reply)
  // Some upstreams do not say that it is a stream.
  if (isEventStream(bytes)) return collected(exchange, attempt, reply, [bytes])
  return attempt.passing && !stream
    ? passedJson(exchange, attempt, reply, bytes)
    : translatedJson(exchange, attempt, reply, bytes)
}

function isEventStream(bytes: Uint8Array): boolean {
  return /^\s*(event|data|id|retry)?:/.test(decoder.decode(bytes.subarray(0, 64)))
}

function passedJson(
  exchange: Exchange,
  attempt: Attempt,
  reply: Response,
  bytes: Uint8Array<ArrayBuffer>,
): Answer {
  const members = membersOf(bytes)
  if (mayHoldError(exchange, attempt, bytes, members)) parseReply(exchange, attempt, reply, bytes)
  const headers = relayedHeaders(reply.headers)
  asJson(headers)
  stamp(headers, exchange, attempt)
  if (members) tallyJson(exchange, attempt, bytes, members)
  settle(exchange, attempt, reply.status)
  const named = attempt.codec.members.model
  const model = renames(exchange) && members?.find(({ key }) => key === named)
  const body = model ? renamed(bytes, model, exchange.envelope.model) : bytes
  return { status: reply.status, headers, body }
}

/** The very same bytes where the name is the client's already. */
function renamed(bytes: Uint8Array<ArrayBuffer>, { value }: Member, name: string) {
  const asked = encoder.encode(JSON.stringify(name))
  return Buffer.compare(bytes.subarray(...value), asked) === 0
    ? bytes
    : splice(bytes, [{ at: value, with: asked }])
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** Undefined: not a JSON object. It is the upstream's reply all the same. */
function membersOf(bytes: Uint8Array): Member[] | undefined {
  try {
    return scanObject(bytes)
  } catch (error) {
    if (error instanceof JsonBytesError) return undefined
    throw error
  }
}

/** Bytes of any kind, as they come; a JSON reply is whole, so its usage can be counted. */
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
    isOver: () => false,
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

/** Whether a reply must be read to know that it is no error; most need not be. */
function mayHoldError(
  { action }: Exchange,
  { codec }: Attempt,
  bytes: Uint8Array,
  members: readonly Member[] | undefined,
): boolean {
  const has = (name: string): Member | undefined => members?.find(({ key }) => key === name)
  const error = has('error')
  const hasError = error !== undefined && bytes[error.value[0]] !== NULL
  if (action === 'relay') return hasError && !has('data')
  const answer = has(codec.members.answer)
  if (hasError || !answer) return true
  const said = bytes.subarray(answer.value[0], answer.value[1])
  return Buffer.prototype.includes.call(said, '"error"')
}

/** How `null` begins. */
const NULL = 0x6e

/** The usage; and where that is missing or has gaps, what was said, for an estimate. */
function tallyJson(
  { action }: Exchange,
  attempt: Attempt,
  bytes: Uint8Array,
  members: readonly Member[],
): void {
  const { tally } = attempt
  const usage = usageOf(attempt, bytes, members)
  if (action !== 'relay' && (usage.fresh === undefined || usage.output === undefined))
    tallyText(attempt, bytes)
  tallyUsage(tally, usage)
  tally.complete = true
}

/** What passes need not be what its protocol says it is. */
function tallyText({ tally, codec, target }: Attempt, bytes: Uint8Array): void {
  const body = parseObject(decoder.decode(bytes))
  try {
    if (body) tallyResponse(tally, codec.decodeResponse(body, target.provider.id))
  } catch {
    // Then nothing was heard.
  }
}

function usageOf(attempt: Attempt, bytes: Uint8Array, members: readonly Member[]): Usage {
  const at = members.find(({ key }) => key === attempt.codec.members.usage)?.value
  if (!at) return {}
  const wire = parseObject(decoder.decode(bytes.subarray(...at)))
  return wire ? attempt.codec.decodeUsage(wire) : {}
}

function translatedJson(
  exchange: Exchange,
  attempt: Attempt,
  reply: Response,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<Answer> {
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

  function heard(some: readonly StreamEvent[]): void {
    for (const event of some) {
      tallyEvent(attempt.tally, event)
      all.push(event)
    }
  }

  for await (const chunk of replyChunks(exchange, attempt, chunks)) {
    for (const frame of frames.feed(chunk)) heard(events.feed(frame))
    if (all.length === 0) unframed.push(chunk)
    // An upstream that has sent an error need not hang up.
    throwError(exchange, attempt, reply, all)
  }
  for (const frame of frames.end()) heard(events.feed(frame))
  if (all.length === 0) throwUnframed(exchange, attempt, reply, unframed)
  heard(events.end())
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

/** A whole response as the client wants it: one body, or the stream that would have made it. */
async function rendered(
  exchange: Exchange,
  attempt: Attempt,
  status: number,
  heard: ConversationResponse,
): Promise<Answer> {
  // The reply repeats members of the request, which was not read where its bytes passed.
  if (!exchange.body.loaded) await exchange.body.readable()
  if (!attempt.tally.complete) tallyResponse(attempt.tally, heard)
  if (!attempt.passing) refuseEmpty(attempt, heard)
  const complete = compacted(exchange, attempt, heard)
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
    for (const next of transforms.feed(event)) text += framing.text(machine.feed(next))
  return text + framing.text(machine.end()) + framing.end()
}
