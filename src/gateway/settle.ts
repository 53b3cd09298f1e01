import type { Target } from '../config/table.ts'
import { targetName } from '../config/target-name.ts'
import type { Usage } from '../conversation/index.ts'
import type { Lease } from '../credentials/pool.ts'
import type { GatewayError } from '../lib/errors.ts'
import type { Loss } from '../protocols/codec.ts'
import { knownCost, type Offer } from '../providers/prices.ts'
import { type Attempt, endAttempt } from './attempt.ts'
import { bind, unbind } from './bond.ts'
import { decide } from './decide.ts'
import { type Exchange, lossesText } from './exchange.ts'
import type { Entry } from './ledger.ts'
import { cleaned } from './recording/secrets.ts'
import { Refusal } from './refusal.ts'

/** Ends the attempt well: the credential is healthy, the usage is counted. */
export function settle(exchange: Exchange, attempt: Attempt, status: number, usage: Usage): void {
  endAttempt(exchange, attempt)
  attempt.lease.settle({ ok: true })
  bind(exchange, attempt.target, attempt.lease)
  const { services } = exchange.gateway
  const { name, limits } = exchange.caller
  const usd = limits?.usdPerDay === undefined ? undefined : costOf(exchange, attempt, usage)
  exchange.reservation?.spend({ tokens: tokensOf(usage), usd })
  services.densities.learn(name, exchange.inbound.body, usage)
  services.ledger.record({
    ...entryOf(exchange, attempt.target, status, usage, attempt.losses),
    served: { offer: offerOf(attempt), ms: services.now() - exchange.startedAtMs },
  })
  decide(exchange, attempt.target, { verdict: 'served', credential: attempt.lease.credential })
  exchange.recording?.served(usage, attempt.losses)
  remember(exchange, { status, usage, usd, losses: attempt.losses.length })
  if (!services.log.writes('info')) return
  services.log.write('info', 'served', {
    id: exchange.requestId,
    caller: exchange.caller.name,
    asked: exchange.envelope.model,
    target: targetName(attempt.target),
    status,
    attempts: exchange.attempts,
    ms: Math.round(services.now() - exchange.startedAtMs),
    input: sum(usage.fresh, usage.cacheRead, usage.cacheWrite),
    output: usage.output,
    losses: lossesText(attempt.losses),
  })
}

/** In USD; undefined: nobody knows, which the log says, since a budget does not see it. */
function costOf({ gateway, requestId }: Exchange, attempt: Attempt, usage: Usage) {
  const { prices, now, log } = gateway.services
  const usd = knownCost(prices, offerOf(attempt), usage, now())
  if (usd === undefined)
    log.write('warn', 'the cost of a request is unknown and not counted; give the model a price', {
      id: requestId,
      target: targetName(attempt.target),
    })
  return usd
}

function offerOf({ target, speech }: Attempt): Offer {
  return { baseUrl: speech.baseUrl, model: target.model, price: target.facts.price }
}

/** What the upstream told; what it did not tell is not made up. */
function tokensOf({ fresh = 0, cacheRead = 0, cacheWrite = 0, output = 0 }: Usage): number {
  return fresh + cacheRead + cacheWrite + output
}

function sum(...counts: (number | undefined)[]): number | undefined {
  const told = counts.filter(count => count !== undefined)
  return told.length === 0 ? undefined : told.reduce((a, b) => a + b, 0)
}

type End = {
  status: number
  usage: Usage
  usd?: number | undefined
  losses: number
  error?: string
}

/** Keeps how a request was decided, and how it ended, among the last ones. */
function remember(exchange: Exchange, { usd, ...end }: End): void {
  exchange.reservation?.close()
  const { recent, now } = exchange.gateway.services
  recent.record({
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
    ...end,
    ...(usd === undefined ? {} : { usd }),
  })
}

export function rememberFailed(exchange: Exchange, error: GatewayError): void {
  exchange.recording?.failed(error)
  const { code, status, message } = error
  const words = `${code}: ${cleaned(message, exchange)}`
  remember(exchange, { status, usage: {}, losses: 0, error: words })
}

/** Accounts for an answer that broke off: the client has a part of it, and the error. */
export function settleCut(exchange: Exchange, attempt: Attempt, failure: GatewayError): void {
  endAttempt(exchange, attempt)
  settleFailed(exchange, attempt.target, attempt.lease, failure)
  rememberFailed(exchange, failure)
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
  exchange.recording?.failed(error)
  const message = cleaned(error.message, exchange)
  decide(exchange, target, {
    verdict: 'failed',
    credential: lease.credential,
    reason: `${error.code}: ${message}`,
  })
  const { log, ledger } = exchange.gateway.services
  if (error.code === 'cancelled') return
  log.write('warn', 'attempt failed', {
    id: exchange.requestId,
    asked: exchange.envelope.model,
    target: targetName(target),
    credential: lease.credential,
    code: error.code,
    status: error.status,
    message,
    cause: error.code === 'internal' ? causeOf(error) : undefined,
  })
  ledger.record(entryOf(exchange, target, error.status, {}, []))
}

/** Where a fault of our own was thrown, for the log alone. */
export function causeOf({ cause }: GatewayError): string | undefined {
  return cause instanceof Error ? (cause.stack ?? cause.message) : undefined
}

function entryOf(
  exchange: Exchange,
  target: Target,
  status: number,
  usage: Usage,
  losses: readonly Loss[],
): Entry {
  return {
    atMs: exchange.gateway.services.now(),
    caller: exchange.caller.name,
    asked: exchange.envelope.model,
    provider: target.provider.id,
    model: target.model,
    status,
    usage,
    losses: losses.length,
  }
}
