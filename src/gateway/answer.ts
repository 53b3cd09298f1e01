import { collect, replay, type StreamEvent, type Usage } from '../conversation/index.ts'
import { GatewayError } from '../lib/errors.ts'
import { isObject, type JsonObject } from '../lib/json.ts'
import { JsonBytesError, type Member, scanObject, splice } from '../lib/json-bytes.ts'
import { decodeSse, encodeSse } from '../lib/sse.ts'
import type { Asked, ClientCodec } from '../protocols/codec.ts'
import type { Attempt } from './attempt.ts'
import { type Exchange, stamp } from './exchange.ts'
import { relayedHeaders, STREAM_HEADERS } from './headers.ts'
import { passedStream } from './passed-stream.ts'
import { type Answer, askedOf, renames } from './reply.ts'
import { settle } from './settle.ts'
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
  const model = renames(exchange, attempt) && members?.find(({ key }) => key === 'model')
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
        key === 'choices' || key === 'content' || key === 'candidates' || key === 'output',
    )
  )
    return
  throw attempt.codec.decodeError(500, reply.headers, decoder.decode(bytes))
}

function usageOf(attempt: Attempt, bytes: Uint8Array, members: readonly Member[]): Usage {
  const at = members.find(({ key }) => key === 'usage')?.value
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
  settle(exchange, attempt, reply.status, response.usage)
  return rendered(exchange, attempt, response.model, replay(response), () =>
    exchange.codec.encodeResponse(response, askedOf(exchange, response.model)),
  )
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
  const response = collect(all)
  settle(exchange, attempt, reply.status, response.usage)
  return rendered(exchange, attempt, response.model, replay(response), () =>
    exchange.codec.encodeResponse(response, askedOf(exchange, response.model)),
  )
}

/** A whole response as the client wants it: one body, or the stream that would have made it. */
function rendered(
  exchange: Exchange,
  attempt: Attempt,
  served: string,
  events: Iterable<StreamEvent>,
  whole: () => JsonObject,
): Answer {
  const headers = new Headers()
  stamp(headers, exchange, attempt)
  if (!exchange.envelope.stream) {
    headers.set('content-type', 'application/json')
    return { status: 200, headers, body: JSON.stringify(whole()) }
  }
  for (const [name, value] of Object.entries(STREAM_HEADERS)) headers.set(name, value)
  return {
    status: 200,
    headers,
    body: encodedEvents(exchange.codec, askedOf(exchange, served), events),
  }
}

function encodedEvents(codec: ClientCodec, asked: Asked, events: Iterable<StreamEvent>): string {
  const machine = codec.encodeStream(asked)
  let text = ''
  for (const event of events) for (const frame of machine.feed(event)) text += encodeSse(frame)
  for (const frame of machine.end()) text += encodeSse(frame)
  return text
}
