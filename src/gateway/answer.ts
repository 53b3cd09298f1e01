import { collect, replay, type StreamEvent, type Usage } from '../conversation/index.ts'
import { GatewayError } from '../lib/errors.ts'
import { isObject, type JsonObject } from '../lib/json.ts'
import { JsonBytesError, type Member, scanObject, splice } from '../lib/json-bytes.ts'
import { decodeSse, encodeSse } from '../lib/sse.ts'
import type { Asked, ClientCodec } from '../protocols/codec.ts'
import { type Attempt, endAttempt } from './attempt.ts'
import { entryOf, type Exchange, stamp } from './exchange.ts'
import { relayedHeaders, STREAM_HEADERS } from './headers.ts'
import { passedStream } from './passed-stream.ts'
import { translatedStream } from './translated-stream.ts'

/** What goes down: committed, with nothing of it sent yet. */
export type Answer = {
  status: number
  headers: Headers
  body: Uint8Array<ArrayBuffer> | string | AsyncGenerator<Uint8Array | string>
}

/**
 * Turns the upstream's reply into the client's. Returns once there is a payload to send, and
 * throws while failover is still possible.
 */
export async function answer(exchange: Exchange, attempt: Attempt, reply: Response): Promise<Answer> {
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

/** What the reply echoes of the request. */
export function askedOf(exchange: Exchange, served: string): Asked {
  const extensions = exchange.conversation().extensions
  return {
    model: reportedModel(exchange, served),
    id: exchange.requestId,
    atMs: exchange.startedAtMs,
    ...(extensions ? { extensions } : {}),
  }
}

/** The name the reply carries: the client's own, unless the file says `report-model: served`. */
export function reportedModel(exchange: Exchange, served: string): string {
  return exchange.route.reportModel === 'served' ? served : exchange.envelope.model
}

/** Whether the served name must give way to another in a reply that passes through. */
export function renames({ route, envelope }: Exchange, { target }: Attempt): boolean {
  return route.reportModel === 'asked' && envelope.model !== target.model
}

export function streamHeaders(exchange: Exchange, attempt: Attempt, reply: Response): Headers {
  const headers = attempt.passing ? relayedHeaders(reply.headers) : new Headers()
  for (const [name, value] of Object.entries(STREAM_HEADERS)) headers.set(name, value)
  stamp(headers, exchange, attempt)
  return headers
}

/** Ends the attempt well: the credential is healthy, the usage is counted. */
export function settle(exchange: Exchange, attempt: Attempt, status: number, usage: Usage): void {
  endAttempt(exchange, attempt)
  attempt.lease.settle({ ok: true })
  const { services } = exchange.gateway
  services.ledger.record(entryOf(exchange, attempt.target, status, usage))
  services.log.write('info', 'served', {
    id: exchange.requestId,
    caller: exchange.caller.name,
    asked: exchange.envelope.model,
    target: `${attempt.target.provider.id}/${attempt.target.model}`,
    status,
    attempts: exchange.attempts,
    ms: Math.round(services.now() - exchange.startedAtMs),
    input: sum(usage.fresh, usage.cacheRead, usage.cacheWrite),
    output: usage.output,
    losses: attempt.losses.length || undefined,
  })
}

function sum(...counts: (number | undefined)[]): number | undefined {
  const told = counts.filter(count => count !== undefined)
  return told.length === 0 ? undefined : told.reduce((a, b) => a + b, 0)
}

function passedJson(exchange: Exchange, attempt: Attempt, reply: Response, bytes: Uint8Array<ArrayBuffer>): Answer {
  const members = membersOf(bytes)
  if (members) throwIfError(attempt, reply, bytes, members)
  const headers = relayedHeaders(reply.headers)
  stamp(headers, exchange, attempt)
  settle(exchange, attempt, reply.status, members ? usageOf(attempt, bytes, members) : {})
  const model = renames(exchange, attempt) && members?.find(({ key }) => key === 'model')
  const body = model
    ? splice(bytes, [{ at: model.value, with: encoder.encode(JSON.stringify(exchange.envelope.model)) }])
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
function throwIfError(attempt: Attempt, reply: Response, bytes: Uint8Array, members: readonly Member[]): void {
  const error = members.find(({ key }) => key === 'error')
  if (!error || bytes[error.value[0]] === 0x6e) return
  if (members.some(({ key }) => key === 'choices' || key === 'content' || key === 'candidates' || key === 'output')) return
  throw attempt.codec.decodeError(500, reply.headers, decoder.decode(bytes))
}

function usageOf(attempt: Attempt, bytes: Uint8Array, members: readonly Member[]): Usage {
  const at = members.find(({ key }) => key === 'usage')?.value
  if (!at) return {}
  const wire: unknown = JSON.parse(decoder.decode(bytes.subarray(at[0], at[1])))
  return isObject(wire) ? attempt.codec.decodeUsage(wire) : {}
}

function translatedJson(exchange: Exchange, attempt: Attempt, reply: Response, bytes: Uint8Array): Answer {
  const response = attempt.codec.decodeResponse(parsedReply(attempt, bytes), attempt.target.provider.id)
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
  throw new GatewayError('upstream-failed', `${target.provider.id}: its reply is not JSON: ${begins}`)
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
  return { status: 200, headers, body: encodedEvents(exchange.codec, askedOf(exchange, served), events) }
}

function encodedEvents(codec: ClientCodec, asked: Asked, events: Iterable<StreamEvent>): string {
  const machine = codec.encodeStream(asked)
  let text = ''
  for (const event of events) for (const frame of machine.feed(event)) text += encodeSse(frame)
  for (const frame of machine.end()) text += encodeSse(frame)
  return text
}
