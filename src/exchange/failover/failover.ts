import { ERROR_POLICY, moreInformative } from '../../lib/error-policy.ts'
import { asGatewayError, GatewayError } from '../../lib/errors.ts'
import type { Target } from '../../routing/table.ts'
import { clientError } from '../client-error.ts'
import type { Exchange } from '../context.ts'
import type { Answer } from '../reply/answer.ts'
import { totalDueAtMs } from '../request.ts'
import { clientGone } from '../upstream/attempt.ts'
import { UpstreamError } from '../upstream-error.ts'
import { noEligibleTarget } from './capabilities.ts'
import type { Ticket } from './queue.ts'
import { type RoundOutcome, runRound } from './round.ts'
import { targetsOf } from './targets.ts'

/** Tries targets in order, and rounds of them, until one of them answers. */
export async function failover(exchange: Exchange): Promise<Answer> {
  let rounds = exchange.gateway.table.policy.requestRetry
  let worst: GatewayError | undefined
  let ticket: Ticket | undefined
  let served = false
  try {
    for (let round = 0; ; round++) {
      const outcome = await fullRound(exchange)
      if ('answer' in outcome) {
        served = true
        return outcome.answer
      }
      worst = outcome.error
        ? moreInformative(worst, outcome.error)
        : (worst ?? noTargetAble(exchange, outcome.ineligible))
      // An earlier request met the fault and spent its rounds on it: one try is enough here, or the
      // client's own retries would multiply with ours.
      if (round === 0 && outcome.coolingDown && ERROR_POLICY[worst.code].cooldown === 'transient')
        rounds = 0
      const waitMs = round < rounds ? untilNextRound(exchange, worst, round) : undefined
      if (waitMs !== undefined) {
        await pause(waitMs, exchange)
        continue
      }
      ticket ??= place(exchange, worst)
      if (!ticket || !(await itsTurn(exchange, ticket))) throw worst
      // Errors from before the wait no longer count.
      worst = undefined
    }
  } catch (error) {
    throw clientError(exchange, asGatewayError(error))
  } finally {
    ticket?.leave(served)
  }
}

/** `coolingDown`: only credentials in a cooldown that is a guess were left to ask. */
async function fullRound(exchange: Exchange): Promise<RoundOutcome & { coolingDown?: true }> {
  const outcome = await runRound(exchange, { includeCoolingDown: false })
  if ('answer' in outcome || outcome.error) return outcome
  // All credentials cool down. After a passing fault that is a guess, so we ask rather than refuse.
  return { ...(await runRound(exchange, { includeCoolingDown: true })), coolingDown: true }
}

/** No target was asked: all that could serve cool down, none can take the request, or there is none. */
function noTargetAble(
  exchange: Exchange,
  ineligible: Parameters<typeof noEligibleTarget>[1],
): GatewayError {
  const { route, envelope, gateway } = exchange
  const reset = earliestReset(exchange)
  if (reset !== undefined) {
    const retryAfterMs = Math.max(0, reset - gateway.services.now())
    return new GatewayError(
      'rate-limited',
      `every credential for "${envelope.model}" is cooling down after a limit; the next is back in ${Math.ceil(retryAfterMs / 1000)} s`,
      { retryAfterMs },
    )
  }
  if (ineligible.length > 0) return noEligibleTarget(exchange, ineligible)
  if (route.steps.length === 0 && route.passedOver.length === 0)
    return new GatewayError(
      'no-credential',
      `nobody is named for a request like this: no "when" of ${route.name} holds; give it a step without one`,
    )
  const reasons = route.passedOver.map(({ target, reason }) => `${target}: ${reason}`).join('; ')
  return new GatewayError(
    'no-credential',
    `no provider of "${envelope.model}" can be used${reasons ? ` (${reasons})` : ''}; set a key and try again`,
  )
}

/** When the first cooldown of those who may serve this request is over; undefined: there is none. */
function earliestReset({ route, gateway, progress }: Exchange): number | undefined {
  const resets = targetsOf(route)
    .filter(target => !progress.isRuledOut(target))
    .map(target => gateway.services.pool.earliestReset(target.provider.id, target.model))
    .filter(at => at !== undefined)
  return resets.length > 0 ? Math.min(...resets) : undefined
}

/** How long to wait before another round; undefined: another round would not help. */
function untilNextRound(
  exchange: Exchange,
  error: GatewayError,
  round: number,
): number | undefined {
  if (!ERROR_POLICY[error.code].retry || error.status === UNPAID || error.ownLimit) return undefined
  if (exchange.signal.aborted) return undefined
  const { services, table } = exchange.gateway
  const waits = targetsOf(exchange.route)
    .filter(target => !exchange.progress.isRuledOut(target))
    .map(target => ({ target, waitMs: untilAsked(exchange, target, error, round) }))
    .filter(({ target, waitMs }) => services.now() + waitMs < totalDueAtMs(exchange, target))
    .map(({ waitMs }) => waitMs)
  const wait = Math.min(...waits)
  if (wait > table.policy.maxRetryIntervalMs) return undefined
  return wait + services.random() * Math.min(wait / 4, 2_000)
}

/** 402: retrying soon cannot help. */
const UNPAID = 402
const FIRST_PAUSE_MS = 250

/**
 * A cooldown that the upstream set is waited for. One that is a guess only keeps others away: a
 * request without another candidate is tried again soon, unless we gave up waiting for an answer.
 */
function untilAsked(
  { gateway, progress }: Exchange,
  target: Target,
  error: GatewayError,
  round: number,
): number {
  const { pool, now } = gateway.services
  const { provider, model } = target
  const reset = pool.earliestReset(provider.id, model)
  if (reset === undefined) return 0
  const cooldownMs = Math.max(0, reset - now())
  const gaveUp = error.code === 'timeout' && !(error instanceof UpstreamError)
  if (gaveUp || !pool.guesses(provider.id, model, progress.excludedOf(target))) return cooldownMs
  return Math.min(cooldownMs, FIRST_PAUSE_MS * 2 ** round, gateway.table.policy.maxRetryIntervalMs)
}

/** Throws `cancelled` when the client goes away meanwhile. */
function pause(ms: number, { gateway, signal }: Exchange): Promise<void> {
  if (ms <= 0) return Promise.resolve()
  const { watchdog, now } = gateway.services
  return new Promise((resolve, reject) => {
    const end = (act: () => void): void => {
      watchdog.remove(watch)
      signal.removeEventListener('abort', away)
      act()
    }
    const away = (): void => end(() => reject(clientGone()))
    const watch = { dueAtMs: now() + ms, due: () => end(resolve) }
    watchdog.add(watch)
    signal.addEventListener('abort', away, { once: true })
  })
}

/** A place in the waiting room; undefined: it is off or full, or waiting would not help. */
function place({ gateway, route }: Exchange, { code, ownLimit }: GatewayError): Ticket | undefined {
  if (gateway.table.policy.waitingRoomMs <= 0 || !ERROR_POLICY[code].retry || ownLimit)
    return undefined
  return gateway.services.waitingRoom.enter(route.name)
}

/** Waits for the first cooldown that ends in time; false: none does, or the line is too long. */
async function itsTurn(exchange: Exchange, ticket: Ticket): Promise<boolean> {
  const { gateway, receivedAtMs, signal } = exchange
  const dueAtMs = receivedAtMs + gateway.table.policy.waitingRoomMs
  const reset = earliestReset(exchange)
  if (reset === undefined || reset > dueAtMs) return false
  return ticket.turn(reset, dueAtMs, signal)
}
