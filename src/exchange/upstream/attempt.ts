import type { AdaptedTools, ProtocolId } from '../../conversation/index.ts'
import type { Lease } from '../../credentials/pool.ts'
import { GatewayError } from '../../lib/errors.ts'
import type { Codec, Loss } from '../../protocols/codec.ts'
import { createSealScanner, scanSeals } from '../../protocols/seal-scan.ts'
import type { Target } from '../../routing/table.ts'
import { createReplyTally, type ReplyTally } from '../accounting/reply-tally.ts'
import type { Exchange } from '../context.ts'
import { type AttemptWatch, withinTotal } from './attempt-timer.ts'
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
  /** Notes whose seals the reply's bytes carry; absent: no other credential could meet them. */
  scanSeals: ((chunk: Uint8Array) => void) | undefined
  /** Runs when the client goes away. */
  leave(): void
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
