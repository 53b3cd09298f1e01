import type { Usage } from '../../conversation/index.ts'
import type { Lease } from '../../credentials/pool.ts'
import type { GatewayError } from '../../lib/errors.ts'
import type { Target } from '../../routing/table.ts'
import { targetName } from '../../routing/target-name.ts'
import type { RecentExchange } from '../events.ts'
import { keepAffinity, loosenAffinity } from '../failover/affinity.ts'
import { recordDecision } from '../failover/decisions.ts'
import { redactError } from '../redact-error.ts'
import { type Exchange, lossesText } from '../request.ts'
import { type Attempt, endAttempt } from '../upstream/attempt.ts'
import { UpstreamError } from '../upstream-error.ts'
import { type Bill, charge, offerOf } from './bill.ts'
import type { Entry } from './usage-entry.ts'

/** Ends the attempt well: the credential is healthy, what was received is counted. */
export function settle(exchange: Exchange, attempt: Attempt, status: number): void {
  endAttempt(exchange, attempt)
  attempt.lease.settle({ ok: true })
  keepAffinity(exchange, attempt.target, attempt.lease)
  recordDecision(exchange, attempt.target, {
    verdict: 'served',
    credential: attempt.lease.credential.id,
  })
  exchange.recording?.served(attempt.losses)
  const { services } = exchange.gateway
  const end = { atMs: services.now(), outcome: 'served', status } as const
  charge(exchange, attempt, bill => {
    if (!bill.estimated)
      services.tokenEstimator.learn(exchange.caller.name, exchange.inbound.body, bill.usage)
    services.ledger.record(entryOf(exchange, attempt, end, bill))
    logEnd(exchange, attempt, end, bill)
  })
  remember(exchange, { status, losses: attempt.losses.length })
}

/**
 * Accounts for an answer that broke off: the client has a part of it, and the error. One that was
 * whole when the client went away is an answer like any other.
 */
export function settleCut(exchange: Exchange, attempt: Attempt, failure: GatewayError): void {
  if (failure.code === 'cancelled' && attempt.tally.complete) {
    settle(exchange, attempt, 200)
    return
  }
  endAttempt(exchange, attempt)
  settleFailed(exchange, attempt.target, attempt.lease, failure, attempt)
  rememberFailed(exchange, failure)
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
  lease.settle({ ok: false, error, ...(limits ? { limits } : {}) })
  loosenAffinity(exchange, lease, error)
  exchange.recording?.failed(error)
  const message = redactError(error.message, exchange)
  recordDecision(exchange, target, {
    verdict: 'failed',
    credential: lease.credential.id,
    reason: `${error.code}: ${message}`,
  })
  const cancelled = error.code === 'cancelled'
  const { log, ledger, now } = exchange.gateway.services
  if (!cancelled)
    log.write('warn', 'attempt failed', {
      id: exchange.requestId,
      asked: exchange.envelope.model,
      target: targetName(target),
      credential: lease.credential.id,
      code: error.code,
      status: error.status,
      message,
      cause: error.code === 'internal' ? causeOf(error) : undefined,
    })
  if (attempt && isPaid(attempt, cancelled)) {
    const outcome = cancelled ? 'cancelled' : 'failed'
    const end = { atMs: now(), outcome, status: error.status } as const
    charge(exchange, attempt, bill => {
      ledger.record(entryOf(exchange, attempt, end, bill))
      if (cancelled) logEnd(exchange, attempt, end, bill)
    })
  } else if (cancelled)
    log.write('info', 'cancelled', {
      id: exchange.requestId,
      caller: exchange.caller.name,
      asked: exchange.envelope.model,
      target: targetName(target),
      status: error.status,
    })
  else ledger.record(failedEntry(exchange, target, error))
}

function isPaid({ sent, tally }: Attempt, cancelled: boolean): boolean {
  return (cancelled && sent) || tally.complete || tally.characters > 0
}

function logEnd(
  exchange: Exchange,
  attempt: Attempt,
  { atMs, outcome, status }: AttemptEnd,
  { usage, estimated }: Bill,
): void {
  const { log } = exchange.gateway.services
  if (!log.writes('info')) return
  log.write('info', outcome, {
    id: exchange.requestId,
    caller: exchange.caller.name,
    asked: exchange.envelope.model,
    target: targetName(attempt.target),
    status,
    attempts: exchange.attempts,
    ms: Math.round(atMs - exchange.startedAtMs),
    input: inputOf(usage),
    output: usage.output,
    estimated: estimated ? 'yes' : undefined,
    losses: lossesText(attempt.losses),
  })
}

/** Undefined: it is not known. */
function inputOf({ fresh, cacheRead = 0, cacheWrite = 0 }: Usage): number | undefined {
  return fresh === undefined ? undefined : fresh + cacheRead + cacheWrite
}

/** An estimate comes later than the end. */
type AttemptEnd = Pick<Entry, 'atMs' | 'outcome' | 'status'>

type End = { status: number; losses: number; error?: string }

/**
 * Keeps how a request was decided, and how it ended, among the last ones; once. What it took is
 * added when that is estimated, and then counts in the place of what was reserved.
 */
function remember(exchange: Exchange, end: End): void {
  if (exchange.over) return
  exchange.over = true
  const { recent, now } = exchange.gateway.services
  const record: RecentExchange = {
    id: exchange.requestId,
    atMs: exchange.startedAtMs,
    ms: now() - exchange.startedAtMs,
    caller: exchange.caller.name,
    client: exchange.client,
    protocol: exchange.codec.protocol,
    asked: exchange.envelope.model,
    route: exchange.route.name,
    rules: exchange.trace,
    decisions: exchange.decisions,
    usage: {},
    ...end,
  }
  const close = (): void => {
    const { bill, reservation } = exchange
    if (bill) record.usage = bill.usage
    if (bill?.estimated) record.estimated = true
    if (bill?.usd !== undefined) record.usd = bill.usd
    reservation?.close()
  }
  if (exchange.billing) void exchange.billing.finally(close)
  else close()
  recent.record(record)
}

export function rememberFailed(exchange: Exchange, error: GatewayError): void {
  exchange.recording?.failed(error)
  const { code, status, message } = error
  const words = `${code}: ${redactError(message, exchange)}`
  remember(exchange, { status, losses: 0, error: words })
}

/** Where a fault of our own was thrown, for the log alone. */
export function causeOf({ cause }: GatewayError): string | undefined {
  return cause instanceof Error ? (cause.stack ?? cause.message) : undefined
}

function entryOf(
  exchange: Exchange,
  attempt: Attempt,
  end: AttemptEnd,
  { usage, estimated }: Bill,
): Entry {
  return {
    ...namesOf(exchange, attempt.target),
    ...end,
    usage,
    estimated,
    losses: attempt.losses.length,
    offer: offerOf(attempt),
    ms: end.atMs - exchange.startedAtMs,
  }
}

/** Of an attempt that nothing was paid for. */
function failedEntry(exchange: Exchange, target: Target, { status }: GatewayError): Entry {
  const names = namesOf(exchange, target)
  const atMs = exchange.gateway.services.now()
  return {
    ...names,
    atMs,
    outcome: 'failed',
    status,
    usage: {},
    estimated: false,
    losses: 0,
    ms: 0,
  }
}

function namesOf(exchange: Exchange, { provider, model }: Target) {
  return {
    caller: exchange.caller.name,
    asked: exchange.envelope.model,
    provider: provider.id,
    model,
  }
}
