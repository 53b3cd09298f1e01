import type { Provider, Target } from '../config/table.ts'
import type { ConversationRequest, Fitted, ProtocolId } from '../conversation/index.ts'
import type { Lease } from '../credentials/pool.ts'
import { GatewayError } from '../lib/errors.ts'
import { isObject, type JsonObject } from '../lib/json.ts'
import { splice } from '../lib/json-bytes.ts'
import type { Action, Codec, Loss } from '../protocols/codec.ts'
import { codecFor } from '../protocols/index.ts'
import type { Exchange } from './exchange.ts'
import { forTarget } from './fitting.ts'
import { applyDeclared } from './headers.ts'
import { Refusal } from './refusal.ts'
import type { Watch } from './watchdog.ts'

const encoder = new TextEncoder()

/** Longest error body kept: enough for any upstream's words. */
const MAX_ERROR_BYTES = 1_000_000

/** One send to one target with one credential. */
export type Attempt = {
  target: Target
  lease: Lease
  codec: Codec
  speech: Provider['speaks'][number]
  /** The client's own bytes go through: same protocol on both sides. */
  passing: boolean
  /** Ends the upstream request; also when the client goes away. */
  abort: AbortController
  watch: AttemptWatch
  losses: Loss[]
  /** How to give tools their names back; absent while the client's bytes pass. */
  fitted?: Fitted | undefined
  /** Runs when the client goes away. */
  leave(): void
}

/** Which timer runs, and which one fired. */
export type AttemptWatch = Watch & {
  stage: 'connect' | 'first-byte' | 'idle' | 'total'
  fired: boolean
}

export function beginAttempt(exchange: Exchange, target: Target, lease: Lease): Attempt {
  const relayed = exchange.action === 'relay'
  const own = target.provider.speaks.find(({ protocol }) => speaksAlike(exchange, protocol))
  const speech = own ?? (relayed ? undefined : target.provider.speaks[0])
  const codec = speech && codecFor(speech.protocol)
  if (!speech || !codec) {
    throw new GatewayError(
      'upstream-not-found',
      `${target.provider.id} has no ${exchange.relay ?? 'such service'}: its kind is ${target.provider.kind.id}`,
    )
  }
  const abort = new AbortController()
  exchange.current = abort
  const { signal } = exchange.inbound
  const leave = (): void => abort.abort()
  if (signal.aborted) leave()
  else signal.addEventListener('abort', leave)
  const now = exchange.gateway.services.now()
  const watch: AttemptWatch = {
    stage: 'first-byte',
    fired: false,
    dueAtMs: Math.min(now + target.timeouts.firstByteMs, exchange.totalDueAtMs(target)),
    due() {
      watch.fired = true
      watch.dueAtMs = Infinity
      abort.abort()
    },
  }
  exchange.gateway.services.watchdog.add(watch)
  const passing =
    own !== undefined &&
    exchange.passable &&
    !exchange.unsealed &&
    !(speech.protocol === 'openai-responses' && target.provider.kind.quirks?.stateless) &&
    (target.reasoning === undefined || relayed) &&
    (exchange.action !== 'compact' || target.provider.kind.quirks?.compact === true)
  return { target, lease, codec, speech, passing, abort, watch, losses: [], leave }
}

/** What is only relayed is the same in all protocols of a family. */
function speaksAlike({ codec, action }: Exchange, protocol: ProtocolId): boolean {
  if (action !== 'relay') return protocol === codec.protocol
  return protocol.split('-')[0] === codec.protocol.split('-')[0]
}

/**
 * Stops the timers and lets go of the client's signal, which would keep the request's body until it
 * is collected itself. Safe to call twice.
 */
export function endAttempt(exchange: Exchange, attempt: Attempt): void {
  exchange.gateway.services.watchdog.remove(attempt.watch)
  exchange.inbound.signal.removeEventListener('abort', attempt.leave)
}

/**
 * Sends the request and gives the upstream's reply, its body unread. Throws `Refusal` for a status
 * of 400 and above, `upstream-failed` and `timeout` when there was no reply, `cancelled` when the
 * client went away.
 */
export async function send(
  exchange: Exchange,
  attempt: Attempt,
  action: Action,
): Promise<Response> {
  const { target, codec, speech } = attempt
  const kind = target.provider.kind
  const { body, extra, stream } = encoded(exchange, attempt, action)
  const account = kind.serviceAccount?.(attempt.lease.spec.secret, speech.baseUrl)
  const headers = upstreamHeaders(exchange, attempt, extra, stream, account !== undefined)
  if (account) {
    const token = await exchange.gateway.services.tokens.tokenFor(account)
    headers.set('authorization', `Bearer ${token}`)
  }
  let reply: Response
  try {
    if (kind.answer) {
      const { protocol } = speech
      reply = await kind.answer({
        protocol,
        action,
        model: target.model,
        stream,
        headers,
        body,
        signal: attempt.abort.signal,
      })
    } else {
      const own = target.provider.kind.speaks.find(one => one.protocol === speech.protocol)
      const root = account?.root ?? own?.root
      const { relay } = exchange
      const path =
        own?.paths?.[action] ??
        codec.pathFor(action, target.model, stream, {
          ...(root === undefined ? {} : { root }),
          ...(relay === undefined ? {} : { relay }),
        })
      const url = withQuery(`${account?.baseUrl ?? speech.baseUrl}${path}`, speech.query)
      reply = await fetched(exchange, attempt, url, headers, body)
    }
  } catch (error) {
    throw networkError(exchange, attempt, error)
  }
  if (reply.status >= 400) throw await refused(exchange, attempt, reply)
  return reply
}

export function withQuery(url: string, query: string): string {
  if (query === '') return url
  return `${url}${url.includes('?') ? '&' : '?'}${query}`
}

/**
 * `fetch` cannot time its own connecting. An origin we have not reached lately is therefore probed
 * beside the request, which costs no latency, and a probe that fails ends the attempt.
 */
async function fetched(
  exchange: Exchange,
  attempt: Attempt,
  url: string,
  headers: Headers,
  body: Uint8Array<ArrayBuffer>,
): Promise<Response> {
  const { services } = exchange.gateway
  const stopProbe = services.probe(url, attempt.target.timeouts.connectMs, () => {
    attempt.watch.stage = 'connect'
    attempt.watch.due()
  })
  try {
    return await services.fetch(url, {
      method: 'POST',
      headers,
      body,
      signal: attempt.abort.signal,
      redirect: 'manual',
    })
  } finally {
    stopProbe()
  }
}

type EncodedBody = { body: Uint8Array<ArrayBuffer>; extra: Record<string, string>; stream: boolean }

function encoded(exchange: Exchange, attempt: Attempt, action: Action): EncodedBody {
  const { envelope } = exchange
  if (attempt.passing)
    return { body: spliced(exchange, attempt), extra: {}, stream: envelope.stream }
  const quirks = attempt.target.provider.kind.quirks ?? {}
  const stream = envelope.stream || quirks.streamOnly === true
  const { target, codec } = attempt
  const made = forTarget(conversationFor(exchange), target, codec, { seals: !exchange.unsealed })
  const { session } = envelope
  const { wire, losses } = codec.encodeRequest(made.fitted.request, {
    model: target.model,
    stream,
    issuer: target.provider.id,
    quirks,
    ...(session === undefined ? {} : { session }),
  })
  attempt.fitted = made.fitted
  attempt.losses = [...made.losses, ...losses]
  const body = action === 'count-tokens' ? countable(wire.body) : wire.body
  return { body: encodeJson(body), extra: wire.headers, stream }
}

/** The client's bytes with the model's name replaced; the very same bytes where it need not be. */
function spliced({ inbound, envelope }: Exchange, { target }: Attempt): Uint8Array<ArrayBuffer> {
  const body = inbound.body as Uint8Array<ArrayBuffer>
  if (!envelope.modelAt || envelope.model === target.model) return body
  return splice(body, [
    {
      at: envelope.modelAt,
      with: encoder.encode(
        envelope.modelAs === 'text' ? target.model : JSON.stringify(target.model),
      ),
    },
  ])
}

/** An upstream that cannot compact is asked for a summary. */
function conversationFor(exchange: Exchange): ConversationRequest {
  const { compaction } = exchange.codec
  const conversation = exchange.conversation()
  return exchange.action === 'compact' && compaction ? compaction.ask(conversation) : conversation
}

/** What the token-counting endpoint takes of a whole request. */
function countable(body: JsonObject): JsonObject {
  const { max_tokens: _, stream: __, temperature: ___, ...rest } = body
  return rest
}

function encodeJson(body: JsonObject): Uint8Array<ArrayBuffer> {
  return encoder.encode(JSON.stringify(body)) as Uint8Array<ArrayBuffer>
}

function upstreamHeaders(
  exchange: Exchange,
  attempt: Attempt,
  extra: Record<string, string>,
  stream: boolean,
  account: boolean,
): Headers {
  const { target, lease, codec } = attempt
  const { kind } = target.provider
  const client = exchange.inbound.headers
  const relayed = exchange.action === 'relay'
  const headers = new Headers({
    'content-type': (relayed && client.get('content-type')) || 'application/json',
    accept: relayed ? '*/*' : stream ? 'text/event-stream' : 'application/json',
    'accept-encoding': 'identity',
    'user-agent': exchange.gateway.services.userAgent,
    ...codec.demands,
  })
  if (attempt.passing) exchange.gateway.forwards.get(codec.protocol)?.(client, headers)
  for (const name in extra) headers.set(name, extra[name] ?? '')
  for (const name in kind.headers) headers.set(name, kind.headers[name] ?? '')
  applyDeclared(target.provider.headers, client, headers)
  if (kind.auth !== 'none' && lease.spec.secret !== '' && !account) {
    headers.set(kind.auth.header, `${kind.auth.prefix ?? ''}${lease.spec.secret}`)
  }
  applyDeclared(lease.spec.headers, client, headers)
  return headers
}

async function refused(exchange: Exchange, attempt: Attempt, reply: Response): Promise<Refusal> {
  const body = await errorBody(exchange, attempt, reply)
  const text = new TextDecoder().decode(body)
  const meaning = attempt.codec.decodeError(reply.status, reply.headers, text)
  const limits = attempt.target.provider.kind.limits?.(reply.status, reply.headers, text)
  return new Refusal(
    meaning,
    { protocol: attempt.speech.protocol, headers: reply.headers, body },
    limits,
  )
}

async function errorBody(
  exchange: Exchange,
  attempt: Attempt,
  reply: Response,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const bytes = await reply.bytes()
    return bytes.length > MAX_ERROR_BYTES ? bytes.slice(0, MAX_ERROR_BYTES) : bytes
  } catch (error) {
    if (exchange.inbound.signal.aborted) throw networkError(exchange, attempt, error)
    return new Uint8Array(0)
  }
}

/** What an exception from sending or reading means. */
export function networkError(exchange: Exchange, attempt: Attempt, error: unknown): GatewayError {
  if (error instanceof GatewayError) return error
  const { target, watch } = attempt
  const where = `${target.provider.id}/${target.model}`
  if (exchange.inbound.signal.aborted) return new GatewayError('cancelled', 'the client went away')
  if (watch.fired) {
    const seconds = Math.round(limitOf(attempt) / 100) / 10
    return new GatewayError(
      'timeout',
      `${where}: ${watch.stage} timeout after ${seconds} s; the upstream was silent`,
    )
  }
  const told =
    isObject(error) || error instanceof Error
      ? (error as { code?: unknown; message?: unknown })
      : {}
  const reason = typeof told.code === 'string' ? told.code : String(told.message ?? error)
  return new GatewayError(
    'upstream-failed',
    `${where}: could not be reached (${reason}); is its base-url right and the service up?`,
    { cause: error },
  )
}

function limitOf({ target: { timeouts }, watch }: Attempt): number {
  switch (watch.stage) {
    case 'connect':
      return timeouts.connectMs
    case 'first-byte':
      return timeouts.firstByteMs
    case 'idle':
      return timeouts.idleMs
    case 'total':
      return timeouts.totalMs
  }
}
