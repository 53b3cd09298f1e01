import { exchange } from '../../exchange/exchange.ts'
import { unknownResponse } from '../../exchange/history/stored-responses.ts'
import type { Gateway } from '../../exchange/snapshot.ts'
import { asGatewayError, GatewayError } from '../../lib/errors.ts'
import { type JsonObject, parseObject } from '../../lib/json/json.ts'
import { editJson } from '../../lib/json/json-edit.ts'
import { object, objects, text } from '../../lib/json/read-json.ts'
import { decodeSse } from '../../lib/streams/sse.ts'
import type { Frame } from '../../protocols/codec.ts'
import { openaiResponses } from '../../protocols/openai-responses/index.ts'

/** What a session needs of its connection. */
export type Connection = {
  /** Resolves when the peer can take more. */
  send(text: string): Promise<void>
  headers: Headers
  peer: string | undefined
  signal: AbortSignal
}

export interface Session {
  /** Takes a frame; turns run one at a time, in the order in which they came. */
  receive(frame: string): void
  /** Resolves when nothing runs. */
  settled(): Promise<void>
}

/** Responses of a connection that a later turn may follow; an agent names the latest. */
const MAX_HISTORIES = 8
/** A request whose history is in its input, and the response it named as the one before. */
type Turn = { body: JsonObject; follows: string | undefined }

/** Events in which a response or a whole item stands; the others are not parsed. */
const HOLDS_MORE =
  /"response\.(created|in_progress|queued|completed|incomplete|done|failed|output_item\.done)"/
const ENDS_WELL = /^response\.(completed|incomplete|done)$/

/** Turns that may wait while one runs, and how often the longest body fits into them together. */
const MAX_WAITING = 16
const MAX_WAITING_BODIES = 2

/**
 * Responses over one WebSocket: a frame is a request, its reply the events of the stream, one a
 * frame. Turns send only what is new and name the response they follow, so the connection holds the
 * history; what it sends on is whole, for any upstream. `current`: the snapshot in force.
 */
export function createResponsesSession(
  connection: Connection,
  current: () => Gateway,
  newId: () => string,
): Session {
  const turns = new ResponsesTurns(connection, current, newId)
  let running: Promise<void> = Promise.resolve()
  let waiting = 0
  let waitingLength = 0

  function hasRoomFor(frame: string): boolean {
    const maxLength = MAX_WAITING_BODIES * current().table.server.bodyLimitBytes
    return waiting === 0 || (waiting < MAX_WAITING && waitingLength + frame.length <= maxLength)
  }

  return {
    receive(frame) {
      if (!hasRoomFor(frame)) {
        void turns.refuse(
          new GatewayError(
            'rate-limited',
            'too many requests, or too long ones, wait on this socket; send the next when one is answered',
          ),
        )
        return
      }
      waiting++
      waitingLength += frame.length
      running = running
        .then(() => turns.run(frame))
        .finally(() => {
          waiting--
          waitingLength -= frame.length
        })
    },
    settled: () => running,
  }
}

/** The turns of one connection, and what later ones may follow. */
class ResponsesTurns {
  readonly #connection: Connection
  readonly #current: () => Gateway
  readonly #newId: () => string
  /** By response id: every item up to and with it. */
  readonly #histories = new Map<string, readonly JsonObject[]>()

  constructor(connection: Connection, current: () => Gateway, newId: () => string) {
    this.#connection = connection
    this.#current = current
    this.#newId = newId
  }

  /** Answers one frame. Never throws: a failure is a frame too. */
  async run(frame: string): Promise<void> {
    const requestId = this.#newId()
    const gateway = this.#current()
    try {
      const { headers, peer, signal } = this.#connection
      // Authenticated at every turn: a key may have been removed since.
      const caller = gateway.authenticate(headers, () => peer)
      checkLength(Buffer.byteLength(frame), gateway, 'the frame')
      const asked = requestOf(frame)
      const isStored = async (id: string): Promise<boolean> =>
        (await gateway.services.state.get('response', caller.name, [id])).size > 0
      const turn = await withHistory(asked.body, this.#histories, isStored)
      if (!asked.generate) {
        await this.#warmUp(turn, requestId)
        return
      }
      const body = new TextEncoder().encode(JSON.stringify({ ...turn.body, stream: true }))
      checkLength(body.length, gateway, 'the frame with the history that it follows')
      const response = await exchange(gateway, {
        codec: openaiResponses,
        action: 'generate',
        inbound: { params: {}, headers, body, signal },
        caller,
        requestId,
        requestLine: { method: 'WebSocket', url: '/v1/responses' },
      })
      await this.#answer(turn, response)
    } catch (error) {
      await this.refuse(asGatewayError(error))
    }
  }

  async refuse(error: GatewayError): Promise<void> {
    const { status, headers, body } = openaiResponses.encodeError(error)
    await this.#connection.send(errorFrame(status, new Headers(headers), object(body.error) ?? {}))
  }

  /** The client opens with its instructions and tools, to have them at hand; nothing is generated. */
  async #warmUp(turn: Turn, requestId: string): Promise<void> {
    const model = text(turn.body.model) ?? ''
    const asked = { model, id: requestId, atMs: this.#current().services.now() }
    const machine = openaiResponses.encodeStream(asked)
    const frames = [
      ...machine.feed({ type: 'response-start', id: '', model: asked.model }),
      ...machine.feed({ type: 'response-end', stop: { reason: 'end', raw: null }, usage: {} }),
    ]
    await this.#sendAll(frames, turn, [])
  }

  async #answer(turn: Turn, response: Response): Promise<void> {
    const streamed = response.headers.get('content-type')?.startsWith('text/event-stream')
    if (!streamed || !response.body) {
      await this.#sendFailure(response, await response.text())
      return
    }
    const frames = decodeSse()
    const items: JsonObject[] = []
    for await (const chunk of response.body) await this.#sendAll(frames.feed(chunk), turn, items)
    await this.#sendAll(frames.end(), turn, items)
  }

  /** `items`: what came out so far; some services leave it out of the response that ends the stream. */
  async #sendAll(frames: readonly Frame[], turn: Turn, items: JsonObject[]): Promise<void> {
    for (const { data } of frames) {
      if (data === '[DONE]') continue
      const event = HOLDS_MORE.test(data) ? parseObject(data) : undefined
      const item = event?.type === 'response.output_item.done' && object(event.item)
      if (item) items.push(item)
      const response = object(event?.response)
      if (response && ENDS_WELL.test(text(event?.type) ?? '')) this.#remember(turn, response, items)
      await this.#connection.send(response ? namingPrevious(data, turn) : data)
    }
  }

  #remember({ body }: Turn, response: JsonObject, items: readonly JsonObject[]): void {
    const id = text(response.id)
    if (!id) return
    const output = objects(response.output)
    const histories = this.#histories
    histories.set(id, [...objects(body.input), ...(output.length > 0 ? output : items)])
    const oldest = histories.keys().next()
    if (histories.size > MAX_HISTORIES && !oldest.done) histories.delete(oldest.value)
  }

  async #sendFailure({ status, headers }: Response, reply: string): Promise<void> {
    const error = object(parseObject(reply)?.error) ?? { message: reply.slice(0, 1_000) }
    await this.#connection.send(errorFrame(status, headers, error))
  }
}

function checkLength(bytes: number, { table }: Gateway, what: string): void {
  const limit = table.server.bodyLimitBytes
  if (bytes <= limit) return
  throw new GatewayError(
    'too-large',
    `${what} is larger than ${limit} bytes; raise server.body-limit in routes.yaml if it has to be`,
  )
}

function requestOf(frame: string): { body: JsonObject; generate: boolean } {
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

/**
 * With what the named response held. One that this connection does not know may be kept by us or by
 * the upstream; with `store: false`, as agents send it, the client has none kept anywhere but here.
 */
async function withHistory(
  body: JsonObject,
  histories: ReadonlyMap<string, readonly JsonObject[]>,
  isStored: (id: string) => Promise<boolean>,
): Promise<Turn> {
  const { previous_response_id: named, ...rest } = body
  const previous = text(named)
  if (previous === undefined) return { body: named === null ? rest : body, follows: undefined }
  const before = histories.get(previous)
  // What is malformed stays as it is, to be refused where requests are checked.
  if (before && Array.isArray(body.input))
    return { body: { ...rest, input: [...before, ...body.input] }, follows: previous }
  if (!before && body.store === false && !(await isStored(previous)))
    throw unknownResponse(previous)
  return { body, follows: undefined }
}

/** The reply names the response before it, though its history went up in its place. */
function namingPrevious(data: string, { follows }: Turn): string {
  if (follows === undefined) return data
  const path = ['response', 'previous_response_id']
  const edit = { kind: 'set' as const, path, value: follows }
  return new TextDecoder().decode(editJson(new TextEncoder().encode(data), [edit]))
}

/** What Codex reads off the headers of a refusal: when to ask again, its limits, what to report. */
const RELAYED_HEADERS =
  /^(retry-after(-ms)?|x-should-retry|x-request-id|x-(ratelimit|codex|jackfield)-.*)$/
/** `retry-after` where the upstream gives none: without the header Codex gives up on a 429 at once. */
const RETRY_SECONDS = '5'
/** Codes on which Codex gives up at once, though they pass with time. */
const GIVEN_UP_ON: ReadonlySet<unknown> = new Set(['server_is_overloaded', 'slow_down'])

/** A refusal as a frame: a socket has no status line, so status and headers stand in it. */
function errorFrame(status: number, from: Headers, error: JsonObject): string {
  const headers: JsonObject = {}
  for (const [name, value] of from) if (RELAYED_HEADERS.test(name)) headers[name] = value
  const spent = error.code === 'insufficient_quota' || error.type === 'insufficient_quota'
  if (status === 429 && !spent) headers['retry-after'] ??= RETRY_SECONDS
  const retried = GIVEN_UP_ON.has(error.code) ? { ...error, code: 'server_error' } : error
  return JSON.stringify({ type: 'error', status, error: retried, headers })
}
