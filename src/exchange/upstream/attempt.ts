import type { AdaptedTools, ProtocolId } from '../../conversation/index.ts'
import type { Lease } from '../../credentials/pool.ts'
import { GatewayError } from '../../lib/errors.ts'
import { isObject } from '../../lib/json/json.ts'
import type { Codec, Loss } from '../../protocols/codec.ts'
import { createSealScanner, scanSeals } from '../../protocols/seal-scan.ts'
import { ConnectTimeout } from '../../providers/transport.ts'
import type { Target } from '../../routing/table.ts'
import { targetName } from '../../routing/target-name.ts'
import { createReplyTally, type ReplyTally } from '../accounting/reply-tally.ts'
import type { Exchange } from '../context.ts'
import { totalDueAtMs } from '../request.ts'
import type { Watch } from './timers.ts'
import type { Upstream } from './upstream.ts'

/** One send to one target with one credential. */
export type Attempt = {
  target: Target
  lease: Lease
  upstream: Upstream
  codec: Codec
  /** The client's own bytes go through: same protocol on both sides. */
  passing: boolean
  /** Ends the upstream request; also when the client goes away. */
  abort: AbortController
  watch: AttemptWatch
  losses: Loss[]
  /** The request is on its way, and was not refused. */
  sent: boolean
  /** What has come back so far. */
  tally: ReplyTally
  /** The upstream has begun to reply, so it was reached. */
  replied: boolean
  /** How to give tools their names back; absent while the client's bytes pass. */
  adapted?: AdaptedTools | undefined
  /** Notes whose seals the reply's bytes carry; absent: nobody else could meet them. */
  scanSeals: ((chunk: Uint8Array) => void) | undefined
  /** Runs when the client goes away. */
  leave(): void
}

/** Which timer runs, and which one fired. */
export type AttemptWatch = Watch & {
  stage: 'first-byte' | 'idle' | 'total' | 'client'
  fired: boolean
}

export function beginAttempt(exchange: Exchange, target: Target, lease: Lease): Attempt {
  const upstream = upstreamFor(exchange, target)
  if (!upstream) {
    throw new GatewayError(
      'upstream-not-found',
      `${target.provider.id} has no ${exchange.relay ?? 'such service'}: its kind is ${target.provider.kind.id}`,
    )
  }
  const abort = new AbortController()
  exchange.progress.current = abort
  const { signal } = exchange
  const leave = (): void => abort.abort()
  if (signal.aborted) leave()
  else signal.addEventListener('abort', leave)
  const now = exchange.gateway.services.now()
  const watch: AttemptWatch = {
    stage: 'first-byte',
    fired: false,
    dueAtMs: now + target.timeouts.firstByteMs,
    due() {
      watch.fired = true
      watch.dueAtMs = Infinity
      abort.abort()
    },
  }
  withinTotal(exchange, target, watch)
  exchange.gateway.services.watchdog.add(watch)
  const passing =
    passesTo(exchange, target) && !carriesForeignSeals(exchange, upstream.protocol, lease)
  const scanSeals = sealScanner(exchange, upstream.protocol, lease)
  const begun = {
    losses: [],
    sent: false,
    tally: createReplyTally(),
    replied: false,
    scanSeals,
    leave,
  }
  return { target, lease, upstream, codec: upstream.codec, passing, abort, watch, ...begun }
}

/** Whether the client's own bytes may go to this target; the seals in them are not looked at. */
export function passesTo(exchange: Exchange, target: Target): boolean {
  const { action, codec } = exchange
  const { quirks } = target.provider.kind
  return (
    exchange.allowsPassthrough &&
    !exchange.progress.withoutSeals &&
    upstreamFor(exchange, target)?.passes(action, codec.protocol) === true &&
    (target.reasoning === undefined || action === 'relay') &&
    (!exchange.compacts || quirks?.compact === true)
  )
}

/** Whether the client's bytes hold a seal that this credential is known to refuse. */
function carriesForeignSeals(
  { gateway, body, caller }: Exchange,
  protocol: ProtocolId,
  { credential: { id } }: Lease,
): boolean {
  const { sealIssuers } = gateway.services
  if (!sealIssuers.any || !gateway.mixesSeals.has(protocol)) return false
  return scanSeals(body.bytes, protocol).some(seal =>
    sealIssuers.refuses(seal, { credential: id, caller: caller.name }),
  )
}

function sealScanner(
  { gateway, action }: Exchange,
  protocol: ProtocolId,
  { credential: { id } }: Lease,
): Attempt['scanSeals'] {
  if (action === 'relay' || !gateway.mixesSeals.has(protocol)) return undefined
  const { sealIssuers } = gateway.services
  return createSealScanner(protocol, seal => sealIssuers.note(seal, id))
}

/** Who is waited for: a client that does not read its stream says nothing about the upstream. */
export function waitFor(
  exchange: Exchange,
  { target, watch }: Attempt,
  stage: 'idle' | 'client',
): void {
  if (watch.fired) return
  watch.dueAtMs = exchange.gateway.services.now() + target.timeouts.idleMs
  watch.stage = stage
  withinTotal(exchange, target, watch)
}

/** It is sent once more: the upstream has as long to reply as it had before. */
export function waitForReply(exchange: Exchange, { target, watch }: Attempt): void {
  if (watch.fired) return
  watch.dueAtMs = exchange.gateway.services.now() + target.timeouts.firstByteMs
  watch.stage = 'first-byte'
  withinTotal(exchange, target, watch)
}

/** Puts back a timer that ran before, where that one is due later. */
export function waitAtLeast(
  { watch }: Attempt,
  before: Pick<AttemptWatch, 'dueAtMs' | 'stage'>,
): void {
  if (watch.fired || before.dueAtMs <= watch.dueAtMs) return
  watch.dueAtMs = before.dueAtMs
  watch.stage = before.stage
}

/** Whatever is waited for, `timeout.total` holds. */
function withinTotal(exchange: Exchange, target: Target, watch: AttemptWatch): void {
  const total = totalDueAtMs(exchange, target)
  if (total >= watch.dueAtMs) return
  watch.dueAtMs = total
  watch.stage = 'total'
}

function upstreamFor(
  { gateway, action, codec }: Exchange,
  { provider }: Target,
): Upstream | undefined {
  return gateway.upstreams.get(provider)?.for(action, codec.protocol)
}

/**
 * Stops the timers and lets go of the client's signal, which would keep the request's body until it
 * is collected itself. Safe to call twice.
 */
export function endAttempt(exchange: Exchange, attempt: Attempt): void {
  exchange.gateway.services.watchdog.remove(attempt.watch)
  exchange.signal.removeEventListener('abort', attempt.leave)
}

/** The client did not wait for the end. */
export function clientGone(): GatewayError {
  return new GatewayError('cancelled', 'the client went away')
}

/** What an exception from sending or reading means. */
export function networkError(exchange: Exchange, attempt: Attempt, error: unknown): GatewayError {
  if (error instanceof GatewayError) return error
  const { target, watch } = attempt
  const where = targetName(target)
  if (exchange.signal.aborted) return clientGone()
  if (error instanceof ConnectTimeout)
    return new GatewayError(
      'timeout',
      `${where}: ${limitText('connect', target.timeouts.connectMs)}`,
    )
  if (watch.fired && watch.stage === 'client')
    return new GatewayError('cancelled', 'the client stopped reading its stream')
  if (watch.fired) {
    const message = `${where}: ${limitText(watch.stage, limitOf(attempt))}`
    return new GatewayError('timeout', message, watch.stage === 'total' ? { ownLimit: true } : {})
  }
  const details =
    isObject(error) || error instanceof Error
      ? (error as { code?: unknown; message?: unknown })
      : {}
  const reason = typeof details.code === 'string' ? details.code : String(details.message ?? error)
  // Agents know by these words that it is worth asking again (pi 0.87, 2026-11).
  const message = attempt.replied
    ? `${where}: connection lost in mid-stream (${reason}); please retry your request`
    : `${where}: could not be reached (${reason}); is its base-url right and the service up?`
  return new GatewayError('upstream-failed', message, { cause: error })
}

function limitText(stage: AttemptWatch['stage'] | 'connect', limitMs: number): string {
  const seconds = Math.round(limitMs / 100) / 10
  const what =
    stage === 'total'
      ? 'its reply was not complete; raise timeout.total in routes.yaml if it may take longer'
      : 'the upstream was silent'
  return `${stage} timeout after ${seconds} s; ${what}`
}

function limitOf({ target: { timeouts }, watch }: Attempt): number {
  switch (watch.stage) {
    case 'first-byte':
      return timeouts.firstByteMs
    case 'idle':
    case 'client':
      return timeouts.idleMs
    case 'total':
      return timeouts.totalMs
  }
}
