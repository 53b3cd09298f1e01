import type { Lease } from '../../credentials/pool.ts'
import type { GatewayError } from '../../lib/errors.ts'
import type { Target } from '../../routing/table.ts'
import { type Exchange, emit } from '../context.ts'
import { keepAffinity, loosenAffinity } from '../failover/affinity.ts'
import { recordDecision } from '../failover/decisions.ts'
import type { Attempt } from '../upstream/attempt.ts'
import { redactError, UpstreamError } from '../upstream-error.ts'
import { charge } from './bill.ts'
import type { Entry } from './usage-entry.ts'

/** Ends the attempt well: the credential is healthy, what was received is counted. */
export function settle(exchange: Exchange, attempt: Attempt, status: number): void {
  endAttempt(exchange, attempt)
  const { lease, losses, target } = attempt
  lease.settle({ ok: true })
  if (exchange.envelope.session !== undefined) keepAffinity(exchange, target, lease)
  recordDecision(exchange.progress, target, { verdict: 'served', credential: lease.credential.id })
  charge(exchange, attempt, 'served', status)
  end(exchange, status, losses)
}

/**
 * Accounts for an answer that broke off: the client has a part of it, and the error. One that was
 * complete when the client went away is an answer like any other.
 */
export function settleCut(exchange: Exchange, attempt: Attempt, failure: GatewayError): void {
  if (failure.code === 'cancelled' && attempt.tally.complete) {
    settle(exchange, attempt, 200)
    return
  }
  endAttempt(exchange, attempt)
  settleFailed(exchange, attempt.target, attempt.lease, failure, attempt)
  settleEnd(exchange, failure)
}

/**
 * Accounts for an attempt that failed. `attempt` is absent where it did not begin. What was sent and
 * given up by the client is paid for, and so is what the upstream sent before it failed; an error
 * in the place of a reply is not.
 */
export function settleFailed(
  exchange: Exchange,
  target: Target,
  lease: Lease,
  error: GatewayError,
  attempt?: Attempt,
): void {
  const limits = error instanceof UpstreamError ? error.limits : undefined
  const credential = lease.credential.id
  lease.settle({ ok: false, error, limits })
  loosenAffinity(exchange, lease, error)
  const message = redactError(error.message, exchange, exchange.gateway)
  const reason = `${error.code}: ${message}`
  recordDecision(exchange.progress, target, { verdict: 'failed', credential, reason })
  emit(exchange, { type: 'attempt-failure', target, credential, error, message })
  const outcome = error.code === 'cancelled' ? 'cancelled' : 'failed'
  if (attempt && isPaid(attempt, outcome)) charge(exchange, attempt, outcome, error.status)
  else {
    const atMs = exchange.gateway.services.now()
    const unpaid = { target, losses: [], atMs, outcome, status: error.status } as const
    emit(exchange, { type: 'attempt-end', attempt: unpaid, bill: undefined })
  }
}

/** Ends the exchange without an answer. Only its first end counts. */
export function settleEnd(exchange: Exchange, error: GatewayError): void {
  const message = redactError(error.message, exchange, exchange.gateway)
  end(exchange, error.status, [], { error, message })
}

/**
 * Stops the timers and lets go of the client's signal, which would keep the request's body until it
 * is collected itself. Safe to call twice.
 */
export function endAttempt({ gateway, signal }: Exchange, { watch, leave }: Attempt): void {
  gateway.services.watchdog.remove(watch)
  signal.removeEventListener('abort', leave)
}

function isPaid({ sent, tally }: Attempt, outcome: Entry['outcome']): boolean {
  return (outcome === 'cancelled' && sent) || tally.complete || tally.characters > 0
}

function end(
  exchange: Exchange,
  status: number,
  losses: Attempt['losses'],
  failure?: { error: GatewayError; message: string },
): void {
  if (exchange.progress.ended) return
  exchange.progress.ended = true
  const atMs = exchange.gateway.services.now()
  emit(exchange, { type: 'exchange-end', status, atMs, losses, error: failure })
}
