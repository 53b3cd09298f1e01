import type { AdaptedTools, ProtocolId } from '../../conversation/index.ts'
import type { Lease } from '../../credentials/pool.ts'
import { GatewayError } from '../../lib/errors.ts'
import type { Codec, Loss } from '../../protocols/codec.ts'
import { createSealScanner, scanSeals } from '../../protocols/seal-scan.ts'
import type { Target } from '../../routing/table.ts'
import type { ReplyTally } from '../accounting/reply-tally.ts'
import type { Exchange } from '../context.ts'
import { type AttemptWatch, withinTotal } from './attempt-timer.ts'
import type { Passage, Upstream } from './upstream.ts'

/** One send to one target with one credential. */
export type Attempt = {
  target: Target
  lease: Lease
  upstream: Upstream
  codec: Codec
  /** The client speaks the upstream's protocol: what its headers say of that counts. */
  sameProtocol: boolean
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
  adapted: AdaptedTools | undefined
  /** Notes whose seals the reply's bytes carry; absent: no other credential could meet them. */
  scanSeals: ((chunk: Uint8Array) => void) | undefined
  /** Runs when the client goes away. */
  leave(): void
}

/** A target with the credential that is leased for it, and how the request goes there. */
export type Candidate = {
  readonly target: Target
  readonly lease: Lease
  /** Undefined: its provider has nothing that such a request needs. */
  readonly passage: Passage | undefined
  /** The client's own bytes go through, if no seal in them is in the way. */
  readonly passing: boolean
}

export function beginAttempt(
  exchange: Exchange,
  { target, lease, passage, passing }: Candidate,
): Attempt {
  if (!passage) throw noSuchService(exchange, target)
  const { gateway, progress, signal, receivedAtMs } = exchange
  const { upstream } = passage
  const abort = new AbortController()
  progress.current = abort
  const leave = (): void => abort.abort()
  if (signal.aborted) leave()
  else signal.addEventListener('abort', leave)
  const { now, watchdog } = gateway.services
  const { firstByteMs, totalMs } = target.timeouts
  const watch: AttemptWatch = {
    stage: 'first-byte',
    fired: false,
    dueAtMs: now() + firstByteMs,
    due() {
      watch.fired = true
      watch.dueAtMs = Infinity
      abort.abort()
    },
  }
  if (totalMs > 0 && receivedAtMs + totalMs < watch.dueAtMs) withinTotal(exchange, target, watch)
  watchdog.add(watch)
  const mixesSeals = gateway.mixesSeals.has(upstream.protocol)
  return {
    target,
    lease,
    upstream,
    codec: upstream.codec,
    sameProtocol: passage.sameProtocol,
    passing: passing && !(mixesSeals && carriesForeignSeals(exchange, upstream.protocol, lease)),
    abort,
    watch,
    losses: [],
    sent: false,
    tally: { usage: {}, complete: false, sample: '', characters: 0 },
    replied: false,
    adapted: undefined,
    scanSeals: mixesSeals ? sealScanner(exchange, upstream.protocol, lease) : undefined,
    leave,
  }
}

function noSuchService({ relay }: Exchange, { provider }: Target): GatewayError {
  return new GatewayError(
    'upstream-not-found',
    `${provider.id} has no ${relay ?? 'such service'}: its kind is ${provider.kind.id}`,
  )
}

/** Whether the client's bytes hold a seal that this credential is known to refuse. */
function carriesForeignSeals(
  { gateway, body, caller }: Exchange,
  protocol: ProtocolId,
  { credential: { id } }: Lease,
): boolean {
  const { sealIssuers } = gateway.services
  if (!sealIssuers.any) return false
  return scanSeals(body.bytes, protocol).some(seal =>
    sealIssuers.refuses(seal, { credential: id, caller: caller.name }),
  )
}

function sealScanner(
  { gateway, action }: Exchange,
  protocol: ProtocolId,
  { credential: { id } }: Lease,
): Attempt['scanSeals'] {
  if (action === 'relay') return undefined
  const { sealIssuers } = gateway.services
  return createSealScanner(protocol, seal => sealIssuers.note(seal, id))
}
