import type { Gateway } from '../gateway/gateway.ts'
import { exchange } from '../gateway/serve.ts'
import { asGatewayError, GatewayError } from '../lib/errors.ts'
import { type JsonObject, parseObject } from '../lib/json.ts'
import { decodeSse } from '../lib/sse.ts'
import { object, objects, text } from '../lib/wire.ts'
import { openaiResponses } from '../protocols/openai-responses/index.ts'

/** What a session needs of its connection. */
export type Connection = {
  /** Resolves when the peer can take more. */
  send(text: string): Promise<void>
  headers: Headers
  peer: string | undefined
  signal: AbortSignal
}

/** Responses of a connection that a later turn may follow; an agent names the latest. */
const MOST_KEPT = 8
/** Turns that may wait while one runs. */
const MOST_WAITING = 16

/**
 * Responses over one WebSocket: a frame is a request, its reply the events of the stream, one a
 * frame. Turns send only what is new and name the response they follow, so the connection holds the
 * history; what it sends on is whole, for any upstream.
 */
export function createResponsesSession(
  connection: Connection,
  current: () => Gateway,
  newId: () => string,
) {
  /** By response id: every item up to and with it. */
  const histories = new Map<string, readonly JsonObject[]>()
  let running: Promise<void> = Promise.resolve()
  let waiting = 0

  function keep(id: string, items: readonly JsonObject[]): void {
    histories.set(id, items)
    const oldest = histories.keys().next()
    if (histories.size > MOST_KEPT && !oldest.done) histories.delete(oldest.value)
  }

  async function turn(frame: string): Promise<void> {
    const requestId = newId()
    const gateway = current()
    try {
      const { headers, peer } = connection
      // Asked anew at every turn: a key may have been taken out since.
      const caller = gateway.authenticate(headers, () => peer)
      const asked = requestOf(frame, gateway.table.server.bodyLimitBytes)
      const whole = withHistory(asked.body, histories)
      if (!asked.generate) {
        await warmUp(whole, requestId)
        return
      }
      const body = new TextEncoder().encode(JSON.stringify({ ...whole, stream: true }))
      const inbound = { params: {}, headers, body, signal: connection.signal }
      const ask = {
        codec: openaiResponses,
        action: 'generate' as const,
        inbound,
        caller,
        requestId,
        line: { method: 'WebSocket', url: '/v1/responses' },
      }
      await answer(whole, await exchange(gateway, ask))
    } catch (error) {
      await refuse(asGatewayError(error))
    }
  }

  /** The client opens with its instructions and tools, to have them at hand; nothing is generated. */
  async function warmUp(body: JsonObject, requestId: string): Promise<void> {
    const asked = { model: text(body.model) ?? '', id: requestId, atMs: current().services.now() }
    const machine = openaiResponses.encodeStream(asked)
    const frames = [
      ...machine.feed({ type: 'response-start', id: '', model: asked.model }),
      ...machine.feed({ type: 'response-end', stop: { reason: 'end', raw: null }, usage: {} }),
    ]
    for (const { data } of frames) await tell(data, body)
  }

  async function answer(body: JsonObject, response: Response): Promise<void> {
    const streamed = response.headers.get('content-type')?.startsWith('text/event-stream')
    if (!streamed || !response.body) {
      await tellFailure(response.status, await response.text())
      return
    }
    const frames = decodeSse()
    for await (const chunk of response.body)
      for (const { data } of frames.feed(chunk)) await tell(data, body)
    for (const { data } of frames.end()) await tell(data, body)
  }

  async function tell(data: string, body: JsonObject): Promise<void> {
    if (data === '[DONE]') return
    const ended = /^\{\s*"type":\s*"response\.(completed|incomplete|done)"/.test(data)
    const response = ended ? object(parseObject(data)?.response) : undefined
    const id = text(response?.id)
    if (response && id) keep(id, [...objects(body.input), ...objects(response.output)])
    await connection.send(data)
  }

  async function refuse(error: GatewayError): Promise<void> {
    const { status, body } = openaiResponses.encodeError(error)
    await connection.send(JSON.stringify({ type: 'error', status, ...body }))
  }

  async function tellFailure(status: number, reply: string): Promise<void> {
    const error = object(parseObject(reply)?.error) ?? { message: reply.slice(0, 1_000) }
    await connection.send(JSON.stringify({ type: 'error', status, error }))
  }

  return {
    /** One turn at a time, in the order they came. */
    receive(frame: string): void {
      if (waiting >= MOST_WAITING) {
        void refuse(
          new GatewayError(
            'rate-limited',
            `more than ${MOST_WAITING} requests wait on this socket`,
          ),
        )
        return
      }
      waiting++
      running = running.then(() => turn(frame)).finally(() => waiting--)
    },
    /** Resolves when nothing runs. */
    settled: () => running,
  }
}

function requestOf(frame: string, limitBytes: number): { body: JsonObject; generate: boolean } {
  if (Buffer.byteLength(frame) > limitBytes)
    throw new GatewayError(
      'too-large',
      `the frame is larger than ${limitBytes} bytes; raise server.body-limit in routes.yaml if it has to be`,
    )
  const wire = parseObject(frame)
  if (!wire) throw new GatewayError('invalid-request', 'the frame is not a JSON object')
  if (wire.type !== 'response.create')
    throw new GatewayError(
      'invalid-request',
      `type: expected "response.create", not ${JSON.stringify(wire.type ?? null)}`,
      { param: 'type' },
    )
  const { type: _, generate, response, ...flat } = wire
  const body = { ...flat, ...object(response) }
  const input =
    typeof body.input === 'string' ? [{ role: 'user', content: body.input }] : body.input
  return { body: { ...body, input: input ?? [] }, generate: generate !== false }
}

/** With what the named response held. One that this connection does not know may be known elsewhere. */
function withHistory(
  body: JsonObject,
  histories: ReadonlyMap<string, readonly JsonObject[]>,
): JsonObject {
  const { previous_response_id: previous, ...rest } = body
  const before = typeof previous === 'string' ? histories.get(previous) : undefined
  // What is malformed stays as it is, to be refused where requests are checked.
  if (!before || !Array.isArray(body.input)) return previous === null ? rest : body
  return { ...rest, input: [...before, ...body.input] }
}
