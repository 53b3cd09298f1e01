import type { Route, Target } from '../config/table.ts'
import type { ConversationRequest, Usage } from '../conversation/index.ts'
import type { Lease } from '../credentials/pool.ts'
import { GatewayError } from '../lib/errors.ts'
import type { JsonObject } from '../lib/json.ts'
import { bodyOf } from '../lib/response-body.ts'
import type { ClientCodec, Envelope, Inbound, Loss } from '../protocols/codec.ts'
import { codecs } from '../protocols/index.ts'
import { AFTER, TELLING, WORTH_A_ROUND } from './after.ts'
import { type Answer, answer } from './answer.ts'
import { type Attempt, beginAttempt, endAttempt, networkError, send } from './attempt.ts'
import type { Caller } from './callers.ts'
import { countLocally } from './count-tokens.ts'
import type { Gateway } from './gateway.ts'
import { relayedHeaders } from './headers.ts'
import { withKeepAlive } from './keep-alive.ts'
import { inOrder } from './order.ts'
import { Refusal } from './refusal.ts'

export type Ask = {
  codec: ClientCodec
  action: 'generate' | 'count-tokens'
  inbound: Inbound
  caller: Caller
  requestId: string
}

/** A downstream request's whole life. */
export type Exchange = Ask & {
  gateway: Gateway
  envelope: Envelope
  route: Route
  startedAtMs: number
  attempts: number
  /** The running attempt's; a client that goes away aborts it. */
  current: AbortController | undefined
  /** The client speaks a whole protocol, not a legacy form of one: its bytes may go through. */
  passable: boolean
  /** The request as a conversation; decoded once, and only if some target needs it. */
  conversation(): ConversationRequest
  totalDueAtMs(target: Target): number
}

/** Serves one request. Never throws: whatever fails is answered in the client's protocol. */
export async function exchange(gateway: Gateway, ask: Ask): Promise<Response> {
  let begun: Exchange | undefined
  try {
    begun = begin(gateway, ask)
    if (begun.action === 'count-tokens') return await countTokens(begun)
    const running = begun
    const answering = firstToAnswer(running)
    if (!running.envelope.stream) return respond(await answering)
    return await withKeepAlive(running, answering, respond)
  } catch (error) {
    return failed(gateway, ask, begun, error)
  }
}

function begin(gateway: Gateway, ask: Ask): Exchange {
  const envelope = ask.codec.peek(ask.inbound)
  const resolution = gateway.table.resolve(envelope.model)
  if (!resolution.found) throw unknownModel(envelope.model, resolution.nearest)
  const startedAtMs = gateway.services.now()
  let conversation: ConversationRequest | undefined
  const begun: Exchange = {
    ...ask,
    gateway,
    envelope,
    route: resolution.route,
    startedAtMs,
    attempts: 0,
    current: undefined,
    passable: codecs.some(codec => codec === ask.codec),
    conversation() {
      conversation ??= ask.codec.decodeRequest(parsed(ask.inbound.body), envelope)
      return conversation
    },
    totalDueAtMs: ({ timeouts }) => (timeouts.totalMs > 0 ? startedAtMs + timeouts.totalMs : Infinity),
  }
  ask.inbound.signal.addEventListener('abort', () => begun.current?.abort(), { once: true })
  return begun
}

function unknownModel(model: string, nearest: readonly string[]): GatewayError {
  const offer = nearest.length > 0 ? `; did you mean ${nearest.map(name => `"${name}"`).join(', ')}?` : ''
  return new GatewayError(
    'model-not-found',
    `no model named "${model}" in routes.yaml${offer} (GET /v1/models lists what there is)`,
    { param: 'model' },
  )
}

function parsed(body: Uint8Array): JsonObject {
  return JSON.parse(new TextDecoder().decode(body)) as JsonObject
}

/** Tries targets in order, and rounds of them, until one has something to say. */
async function firstToAnswer(exchange: Exchange): Promise<Answer> {
  const { policy } = exchange.gateway.table
  let worst: GatewayError | undefined
  for (let round = 0; ; round++) {
    const outcome = await oneRound(exchange, worst)
    if ('answer' in outcome) return outcome.answer
    worst = outcome.error
    const waitMs = round < policy.requestRetry ? untilNextRound(exchange, worst) : undefined
    if (waitMs === undefined) throw worst
    await pause(waitMs, exchange)
  }
}

type Outcome = { answer: Answer } | { error: GatewayError }

async function oneRound(exchange: Exchange, before: GatewayError | undefined): Promise<Outcome> {
  const rested = await onePass(exchange, before, false)
  if ('answer' in rested || rested.attempted) return rested
  // Everybody rests. A rest after a passing fault is a guess, so rather than refuse we ask anyway.
  return onePass(exchange, before, true)
}

async function onePass(
  exchange: Exchange,
  before: GatewayError | undefined,
  evenIfCooling: boolean,
): Promise<{ answer: Answer } | { error: GatewayError; attempted: boolean }> {
  const { pool, turns } = exchange.gateway.services
  let worst = before
  let attempted = false
  for (const step of exchange.route.steps) {
    for (const target of inOrder(step, turns)) {
      const tried = new Set<string>()
      for (;;) {
        const lease = pool.acquire(target.provider.id, target.model, tried, { evenIfCooling })
        if (!lease) break
        tried.add(lease.credential)
        attempted = true
        const outcome = await attemptOnce(exchange, target, lease)
        if ('answer' in outcome) return outcome
        const after = AFTER[outcome.error.code]
        if (after !== 'next') throw outcome.error
        worst = moreTelling(worst, outcome.error)
      }
    }
  }
  return { error: worst ?? nobodyAble(exchange), attempted }
}

function moreTelling(a: GatewayError | undefined, b: GatewayError): GatewayError {
  return a && TELLING[a.code] > TELLING[b.code] ? a : b
}

/** Everyone who could serve is resting, or nobody could from the start. */
function nobodyAble(exchange: Exchange): GatewayError {
  const { pool, now } = exchange.gateway.services
  const { route, envelope } = exchange
  const resets = targetsOf(route).map(t => pool.earliestReset(t.provider.id, t.model))
  const reset = Math.min(...resets.filter(at => at !== undefined))
  if (Number.isFinite(reset)) {
    const retryAfterMs = Math.max(0, reset - now())
    return new GatewayError(
      'rate-limited',
      `every credential for "${envelope.model}" is resting after a limit; the next is back in ${Math.ceil(retryAfterMs / 1000)} s`,
      { retryAfterMs },
    )
  }
  const reasons = route.passedOver?.map(({ target, reason }) => `${target}: ${reason}`).join('; ')
  return new GatewayError(
    'no-credential',
    `no provider of "${envelope.model}" can be used${reasons ? ` (${reasons})` : ''}; set a key and try again`,
  )
}

function targetsOf(route: Route): Target[] {
  return route.steps.flatMap(step => [...step.members])
}

/** How long to wait before another round; undefined: another round would not help. */
function untilNextRound(exchange: Exchange, error: GatewayError): number | undefined {
  if (!WORTH_A_ROUND.has(error.code) || exchange.inbound.signal.aborted) return undefined
  const { services, table } = exchange.gateway
  const now = services.now()
  let wait = Infinity
  for (const target of targetsOf(exchange.route)) {
    const reset = services.pool.earliestReset(target.provider.id, target.model)
    wait = Math.min(wait, reset === undefined ? 0 : Math.max(0, reset - now))
  }
  const most = table.policy.maxRetryIntervalMs
  if (wait > most) return undefined
  return wait + services.random() * Math.min(wait / 4, 2_000)
}

function pause(ms: number, exchange: Exchange): Promise<void> {
  const { signal } = exchange.inbound
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer)
        reject(new GatewayError('cancelled', 'the client went away'))
      },
      { once: true },
    )
  })
}

async function attemptOnce(exchange: Exchange, target: Target, lease: Lease): Promise<Outcome> {
  exchange.attempts++
  let attempt: Attempt | undefined
  try {
    if (exchange.inbound.signal.aborted) throw new GatewayError('cancelled', 'the client went away')
    attempt = beginAttempt(exchange, target, lease)
    const reply = await send(exchange, attempt, 'generate')
    return { answer: await answer(exchange, attempt, reply) }
  } catch (error) {
    const failure = attempt ? networkError(exchange, attempt, error) : asGatewayError(error)
    if (attempt) endAttempt(exchange, attempt)
    settleFailed(exchange, target, lease, failure)
    return { error: failure }
  }
}

/** Accounts for an attempt that gave the client nothing. */
export function settleFailed(exchange: Exchange, target: Target, lease: Lease, error: GatewayError): void {
  const limits = error instanceof Refusal ? error.limits : undefined
  lease.settle({ ok: false, error, ...(limits ? { limits } : {}) })
  const { log, ledger } = exchange.gateway.services
  if (error.code === 'cancelled') return
  log.write('warn', 'attempt failed', {
    id: exchange.requestId,
    asked: exchange.envelope.model,
    target: `${target.provider.id}/${target.model}`,
    credential: lease.credential,
    code: error.code,
    status: error.status,
    message: error.message,
  })
  ledger.record(entryOf(exchange, target, error.status, {}))
}

export function entryOf(exchange: Exchange, target: Target, status: number, usage: Usage) {
  return {
    caller: exchange.caller.name,
    asked: exchange.envelope.model,
    provider: target.provider.id,
    model: target.model,
    status,
    usage,
  }
}

/** Asks the first target that counts natively; everybody else is counted for here. */
async function countTokens(exchange: Exchange): Promise<Response> {
  const target = exchange.route.steps[0]?.members[0]
  const native = target?.provider.kind.quirks?.countTokens === true
  const speaks = target?.provider.speaks.some(({ protocol }) => protocol === exchange.codec.protocol)
  const lease = native && speaks && exchange.gateway.services.pool.acquire(target.provider.id, target.model, new Set())
  if (!lease) return countLocally(exchange)
  const attempt = beginAttempt(exchange, target, lease)
  try {
    exchange.attempts++
    const reply = await send(exchange, attempt, 'count-tokens')
    const headers = relayedHeaders(reply.headers)
    stamp(headers, exchange, attempt)
    return new Response(await reply.bytes(), { headers })
  } catch (error) {
    // 404 and 405 say that the endpoint is missing; anything else may pass, and a count is an aid.
    const failure = networkError(exchange, attempt, error)
    if (failure.code === 'invalid-request' || failure.code === 'cancelled') throw failure
    return await countLocally(exchange)
  } finally {
    endAttempt(exchange, attempt)
    lease.release()
  }
}

/** Says on the reply what happened. */
export function stamp(headers: Headers, exchange: Exchange, attempt?: { target: Target; losses: readonly Loss[] }): void {
  headers.set('x-jackfield-request-id', exchange.requestId)
  headers.set('x-jackfield-route', headerText(exchange.route.name))
  headers.set('x-jackfield-attempts', String(exchange.attempts))
  if (!attempt) return
  headers.set('x-jackfield-provider', headerText(`${attempt.target.provider.id}/${attempt.target.model}`))
  if (attempt.losses.length > 0) headers.set('x-jackfield-losses', lossesText(attempt.losses))
}

/** Header values are bytes: what is not plain ASCII is escaped as in a URL. */
function headerText(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, character => encodeURIComponent(character))
}

function lossesText(losses: readonly Loss[]): string {
  const text = losses.map(({ path, reason }) => `${path}: ${reason}`).join('; ')
  return headerText(text.length > 2_000 ? `${text.slice(0, 2_000)}… (${losses.length} in all)` : text)
}

function respond(answer: Answer): Response {
  return new Response(bodyOf(answer.body), { status: answer.status, headers: answer.headers })
}

function asGatewayError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error
  return new GatewayError('internal', 'an unexpected fault in the gateway; its log has the details', { cause: error })
}

/** The error as the client's protocol says it; the upstream's own bytes where it is the same one. */
export function failed(gateway: Gateway, ask: Ask, begun: Exchange | undefined, thrown: unknown): Response {
  const error = asGatewayError(thrown)
  const { log } = gateway.services
  if (error.code === 'internal') {
    const cause = error.cause instanceof Error ? (error.cause.stack ?? error.cause.message) : undefined
    log.write('error', error.message, { id: ask.requestId, cause })
  }
  const headers = new Headers()
  headers.set('x-jackfield-request-id', ask.requestId)
  if (error instanceof Refusal && error.protocol === ask.codec.protocol && begun?.passable && error.body.length > 0) {
    const relayed = relayedHeaders(error.headers)
    if (begun) stamp(relayed, begun)
    if (error.retryAfterMs !== undefined && !relayed.has('retry-after')) {
      relayed.set('retry-after', String(Math.ceil(error.retryAfterMs / 1000)))
    }
    return new Response(error.body, { status: error.status, headers: relayed })
  }
  const encoded = ask.codec.encodeError(error)
  for (const name in encoded.headers) headers.set(name, encoded.headers[name] ?? '')
  headers.set('content-type', 'application/json')
  if (begun) stamp(headers, begun)
  return new Response(JSON.stringify(encoded.body), { status: encoded.status, headers })
}
