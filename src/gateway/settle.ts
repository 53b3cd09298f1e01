import type { Target } from '../config/table.ts'
import type { Usage } from '../conversation/index.ts'
import type { Lease } from '../credentials/pool.ts'
import type { GatewayError } from '../lib/errors.ts'
import type { Loss } from '../protocols/codec.ts'
import { type Attempt, endAttempt } from './attempt.ts'
import { bind, unbind } from './bond.ts'
import { type Exchange, lossesText } from './exchange.ts'
import type { Entry } from './ledger.ts'
import { Refusal } from './refusal.ts'

/** Ends the attempt well: the credential is healthy, the usage is counted. */
export function settle(exchange: Exchange, attempt: Attempt, status: number, usage: Usage): void {
  endAttempt(exchange, attempt)
  attempt.lease.settle({ ok: true })
  bind(exchange, attempt.target, attempt.lease)
  const { services } = exchange.gateway
  const { name, limits } = exchange.caller
  if (limits) services.quotas.spend(name, limits, spentOn(usage))
  services.ledger.record(entryOf(exchange, attempt.target, status, usage, attempt.losses))
  if (!services.log.writes('info')) return
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
    losses: lossesText(attempt.losses),
  })
}

/** What the upstream told; what it did not tell is not made up. */
function spentOn({ fresh = 0, cacheRead = 0, cacheWrite = 0, output = 0 }: Usage): number {
  return fresh + cacheRead + cacheWrite + output
}

function sum(...counts: (number | undefined)[]): number | undefined {
  const told = counts.filter(count => count !== undefined)
  return told.length === 0 ? undefined : told.reduce((a, b) => a + b, 0)
}

/** Accounts for an attempt that gave the client nothing. */
export function settleFailed(
  exchange: Exchange,
  target: Target,
  lease: Lease,
  error: GatewayError,
): void {
  const limits = error instanceof Refusal ? error.limits : undefined
  lease.settle({ ok: false, error, ...(limits ? { limits } : {}) })
  unbind(exchange, lease, error)
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
  ledger.record(entryOf(exchange, target, error.status, {}, []))
}

function entryOf(
  exchange: Exchange,
  target: Target,
  status: number,
  usage: Usage,
  losses: readonly Loss[],
): Entry {
  return {
    caller: exchange.caller.name,
    asked: exchange.envelope.model,
    provider: target.provider.id,
    model: target.model,
    status,
    usage,
    losses: losses.length,
  }
}
