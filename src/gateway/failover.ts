import type { Route, Target } from '../config/table.ts'
import { isReasoning } from '../conversation/index.ts'
import type { Lease } from '../credentials/pool.ts'
import { asGatewayError, GatewayError } from '../lib/errors.ts'
import type { Action } from '../protocols/codec.ts'
import { AFTER, TELLING, WORTH_A_ROUND } from './after.ts'
import { answer } from './answer.ts'
import { type Attempt, beginAttempt, endAttempt, networkError } from './attempt.ts'
import { bondOf } from './bond.ts'
import type { Exchange } from './exchange.ts'
import { inOrder, targetName } from './order.ts'
import type { Answer } from './reply.ts'
import { send } from './send.ts'
import { settleFailed } from './settle.ts'

/** Tries targets in order, and rounds of them, until one has something to say. */
export async function firstToAnswer(exchange: Exchange): Promise<Answer> {
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
  const { pool, turns, latencies } = exchange.gateway.services
  let worst = before
  let attempted = false
  for (const step of exchange.route.steps) {
    for (const target of inOrder(step, turns, bondOf(exchange), latencies)) {
      const tried = new Set<string>()
      for (;;) {
        const lease = pool.acquire(target.provider.id, target.model, tried, {
          evenIfCooling,
          prefer: bondOf(exchange)?.credential,
        })
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
    const { now, latencies } = exchange.gateway.services
    const sentAtMs = now()
    const reply = await send(exchange, attempt, actionFor(exchange, attempt))
    const answered = await answer(exchange, attempt, reply)
    lease.answered()
    // A stream is answered with its first words, a body when it is whole.
    if (exchange.envelope.stream) latencies.record(targetName(target), now() - sentAtMs)
    return { answer: answered }
  } catch (error) {
    const failure = attempt ? networkError(exchange, attempt, error) : asGatewayError(error)
    if (attempt) endAttempt(exchange, attempt)
    if (refusesSeals(exchange, failure)) {
      exchange.unsealed = true
      return attemptOnce(exchange, target, lease)
    }
    settleFailed(exchange, target, lease, failure)
    return { error: failure }
  }
}

/** A compaction that the upstream cannot do itself is an ordinary question to it. */
function actionFor({ action }: Exchange, { passing }: Attempt): Action {
  return action === 'compact' && !passing ? 'generate' : action
}

/** What upstreams say of reasoning that is not theirs, or not as they sealed it. */
const SEAL_WORDS =
  /signature|encrypted_content|encrypted content|redacted_thinking|thinking block|thinking_blocks|reasoning.{0,40}(item|content)/i

/** Whether the same target may take the request without anything sealed in it. */
function refusesSeals(exchange: Exchange, error: GatewayError): boolean {
  if (exchange.unsealed || error.code !== 'invalid-request' || !SEAL_WORDS.test(error.message))
    return false
  const { messages, thinking } = exchange.conversation()
  return (
    thinking !== undefined ||
    messages.some(({ parts }) => parts.some(part => part.seal?.value || isReasoning(part)))
  )
}
