import { ERROR_POLICY } from '../../lib/error-policy.ts'
import type { GatewayError } from '../../lib/errors.ts'
import type { Target } from '../../routing/table.ts'
import type { Exchange } from '../context.ts'
import { totalDueAtMs } from '../request.ts'
import { clientGone } from '../upstream/network-error.ts'
import { UpstreamError } from '../upstream-error.ts'
import { earliestReset } from './no-target.ts'
import type { Ticket } from './queue.ts'
import { targetsOf } from './targets.ts'

/** How long to wait before another round; undefined: another round would not help. */
export function untilNextRound(
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
export function pause(ms: number, { gateway, signal }: Exchange): Promise<void> {
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
export function placeInQueue(
  { gateway, route }: Exchange,
  { code, ownLimit }: GatewayError,
): Ticket | undefined {
  if (gateway.table.policy.waitingRoomMs <= 0 || !ERROR_POLICY[code].retry || ownLimit)
    return undefined
  return gateway.services.waitingRoom.enter(route.name)
}

/** Waits for the first cooldown that ends in time; false: none does, or the line is too long. */
export function itsTurn(exchange: Exchange, ticket: Ticket): boolean | Promise<boolean> {
  const { gateway, receivedAtMs, signal } = exchange
  const dueAtMs = receivedAtMs + gateway.table.policy.waitingRoomMs
  const reset = earliestReset(exchange)
  if (reset === undefined || reset > dueAtMs) return false
  return ticket.turn(reset, dueAtMs, signal)
}
