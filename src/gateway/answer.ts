import {
  type ConversationResponse,
  collect,
  replay,
  type StreamEvent,
  type Usage,
} from '../conversation/index.ts'
import { GatewayError } from '../lib/errors.ts'
import { isObject, type JsonObject } from '../lib/json.ts'
import { JsonBytesError, type Member, scanObject, splice } from '../lib/json-bytes.ts'
import { decodeSse } from '../lib/sse.ts'
import type { Asked } from '../protocols/codec.ts'
import { type Attempt, endAttempt, networkError } from './attempt.ts'
import { type Exchange, stamp } from './exchange.ts'
import { createFraming } from './framing.ts'
import { relayedHeaders, STREAM_HEADERS } from './headers.ts'
import { between } from './observe.ts'
import { passedStream } from './passed-stream.ts'
import { type Answer, askedOf, renames } from './reply.ts'
import { settle, settleFailed } from './settle.ts'
import { createListener, SILENT } from './silence.ts'
import { translatedStream } from './translated-stream.ts'

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
  if (streamed && stream) return translatedStream(exchange, attempt, reply)
  if (streamed) return collected(exchange, attempt, reply)
  const bytes = await reply.bytes()
  return attempt.passing && !stream
    ? passedJson(exchange, attempt, reply, bytes)
    : translatedJson(exchange, attempt, reply, bytes)
}

function passedJson(
  exchange: Exchange,
  attempt: Attempt,
  reply: Response,
  bytes: Uint8Array<ArrayBuffer>,
): Answer {
  const members = membersOf(bytes)
  if (members) throwIfError(attempt, reply, bytes, members)
  const headers = relayedHeaders(reply.headers)
  stamp(headers, exchange, attempt)
  settle(exchange, attempt, reply.status, members ? usageOf(attempt, bytes, members) : {})
  const named = attempt.codec.members.model
  const model = renames(exchange, attempt) && members?.find(({ key }) => key === named)
  const body = model
    ? splice(bytes, [
        { at: model.value, with: encoder.encode(JSON.stringify(exchange.envelope.model)) },
      ])
    : bytes
  return { status: reply.status, headers, body }
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
  if (/^application\/json\b/i.test(reply.headers.get('content-type') ?? ''))
    return passedJson(exchange, attempt, reply, await reply.bytes())
  const headers = relayedHeaders(reply.headers)
  stamp(headers, exchange, attempt)
  const { body } = reply
  return { status: reply.status, headers, body: body ? counted(exchange, attempt, body) : '' }
}

async function* counted(
  exchange: Exchange,
  attempt: Attempt,
  body: ReadableStream<Uint8Array>,
): AsyncGenerator<Uint8Array | string> {
  const listener = createListener(exchange, attempt, body)
  let failure: GatewayError | undefined
  try {
    listener.commit()
    for (;;) {
      const chunk = await listener.next()
      if (chunk === SILENT) continue
      if (chunk.value) yield chunk.value
      if (chunk.done) return
    }
  } catch (error) {
    failure = networkError(exchange, attempt, error)
    throw failure
  } finally {
    listener.close()
    if (failure) {
      endAttempt(exchange, attempt)
      settleFailed(exchange, attempt.target, attempt.lease, failure)
    } else settle(exchange, attempt, 200, {})
  }
}

/** Some upstreams tell an error with status 200. */
function throwIfError(
  attempt: Attempt,
  reply: Response,
  bytes: Uint8Array,
  members: readonly Member[],
): void {
  const error = members.find(({ key }) => key === 'error')
  if (!error || bytes[error.value[0]] === 0x6e) return
  if (
    members.some(
      ({ key }) =>
        key === 'choices' ||
        key === 'content' ||
        key === 'candidates' ||
        key === 'output' ||
        key === 'data',
    )
  )
    return
  throw attempt.codec.decodeError(500, reply.headers, decoder.decode(bytes))
}

function usageOf(attempt: Attempt, bytes: Uint8Array, members: readonly Member[]): Usage {
  const at = members.find(({ key }) => key === attempt.codec.members.usage)?.value
  if (!at) return {}
  const wire: unknown = JSON.parse(decoder.decode(bytes.subarray(at[0], at[1])))
  return isObject(wire) ? attempt.codec.decodeUsage(wire) : {}
}

function translatedJson(
  exchange: Exchange,
  attempt: Attempt,
  reply: Response,
  bytes: Uint8Array,
): Answer {
  const response = attempt.codec.decodeResponse(
    parsedReply(attempt, bytes),
    attempt.target.provider.id,
  )
  return rendered(exchange, attempt, reply.status, response)
}

function parsedReply({ target }: Attempt, bytes: Uint8Array): JsonObject {
  let body: unknown
  try {
    body = JSON.parse(decoder.decode(bytes))
  } catch {
    body = undefined
  }
  if (isObject(body)) return body
  const begins = decoder.decode(bytes.subarray(0, 120))
  throw new GatewayError(
    'upstream-failed',
    `${target.provider.id}: its reply is not JSON: ${begins}`,
  )
}

/** A stream upstream for a client that wants one body. */
async function collected(exchange: Exchange, attempt: Attempt, reply: Response): Promise<Answer> {
  const frames = decodeSse()
  const events = attempt.codec.decodeStream(attempt.target.provider.id)
  const all: StreamEvent[] = []
  const { services } = exchange.gateway
  for await (const chunk of reply.body ?? []) {
    attempt.watch.dueAtMs = services.now() + attempt.target.timeouts.idleMs
    for (const frame of frames.feed(chunk)) all.push(...events.feed(frame))
  }
  for (const frame of frames.end()) all.push(...events.feed(frame))
  all.push(...events.end())
  return rendered(exchange, attempt, reply.status, collect(all))
}

/** A whole response as the client wants it: one body, or the stream that would have made it. */
function rendered(
  exchange: Exchange,
  attempt: Attempt,
  status: number,
  told: ConversationResponse,
): Answer {
  const response = attempt.fitted?.restoreResponse(told) ?? told
  const asked = askedOf(exchange, response.model, attempt.losses)
  const headers = new Headers()
  const body = exchange.envelope.stream
    ? streamOf(exchange, attempt, asked, told, headers)
    : wholeOf(exchange, attempt, asked, response, headers)
  // Encoding tells what the client's protocol could not say.
  settle(exchange, attempt, status, response.usage)
  stamp(headers, exchange, attempt)
  return { status: 200, headers, body }
}

function wholeOf(
  exchange: Exchange,
  attempt: Attempt,
  asked: Asked,
  response: ConversationResponse,
  headers: Headers,
): string {
  const middle = between(exchange, { ...attempt, fitted: undefined }, asked)
  for (const event of replay(response)) middle.feed(event)
  headers.set('content-type', 'application/json')
  const { compaction } = exchange.codec
  if (exchange.action === 'compact' && compaction)
    return JSON.stringify(compaction.encode(response, asked, exchange.body()))
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
  const middle = between(exchange, attempt, asked)
  const machine = exchange.codec.encodeStream(asked)
  let text = ''
  for (const event of replay(response))
    for (const next of middle.feed(event)) text += framing.text(machine.feed(next))
  return text + framing.text(machine.end()) + framing.end()
}
