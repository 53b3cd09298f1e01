import type { AffinityTarget } from '../../credentials/affinity.ts'
import type { Lease } from '../../credentials/pool.ts'
import { ERROR_POLICY } from '../../lib/error-policy.ts'
import type { ErrorCode, GatewayError } from '../../lib/errors.ts'
import type { Target } from '../../routing/table.ts'
import type { Exchange } from '../context.ts'
import type { ResolvedRequest } from '../request.ts'

/** Callers never share a conversation, whatever they call it. */
function sessionKey({ envelope, caller, route }: ResolvedRequest): string | undefined {
  const { session } = envelope
  return session === undefined ? undefined : `${caller.name}\t${route.name}\t${session}`
}

/** What should serve the conversation next; undefined: any target, or no conversation is named. */
export function preferredTarget(exchange: Exchange): AffinityTarget | undefined {
  const key = affinityKey(exchange)
  const primary = key === undefined ? undefined : exchange.gateway.services.affinity.get(key)
  return primary?.fallback && cooldownOf(exchange, primary) ? primary.fallback : primary
}

function affinityKey(exchange: Exchange): string | undefined {
  return exchange.gateway.table.policy.sessionAffinityMs > 0 ? sessionKey(exchange) : undefined
}

function cooldownOf(
  { gateway }: Exchange,
  { provider, model, credential }: AffinityTarget,
): ErrorCode | undefined {
  return gateway.services.pool.cooldownOf(provider, model, credential)
}

/** Makes a target the primary of the conversation, or its fallback while its primary is down. */
export function keepAffinity(exchange: Exchange, { provider, model }: Target, lease: Lease): void {
  const key = affinityKey(exchange)
  if (key === undefined) return
  const { services, table } = exchange.gateway
  const target = { provider: provider.id, model, credential: lease.credential.id }
  const primary = services.affinity.get(key)
  if (primary && primary.credential !== lease.credential.id && primaryIsBackSoon(exchange, primary))
    services.affinity.setFallback(key, target)
  else services.affinity.setPrimary(key, target, table.policy.sessionAffinityMs)
}

/** Whether the primary cannot serve at the moment, and will soon. */
function primaryIsBackSoon(exchange: Exchange, primary: AffinityTarget): boolean {
  const cooldown = cooldownOf(exchange, primary)
  return (
    exchange.progress.primaryFailed ||
    (cooldown !== undefined && ERROR_POLICY[cooldown].affinity === 'leave-for-now')
  )
}

/** After a failure: the primary stays, gives way to its fallback or is forgotten. */
export function loosenAffinity(exchange: Exchange, lease: Lease, error: GatewayError): void {
  const key = affinityKey(exchange)
  if (key === undefined) return
  const { services, table } = exchange.gateway
  const { affinity } = services
  const primary = affinity.get(key)
  const policy = ERROR_POLICY[error.code].affinity
  if (primary?.credential === lease.credential.id) {
    if (policy !== 'move') exchange.progress.primaryFailed = true
    else if (primary.fallback)
      affinity.setPrimary(key, primary.fallback, table.policy.sessionAffinityMs)
    else affinity.release(key)
  } else if (primary?.fallback?.credential === lease.credential.id && policy !== 'keep')
    affinity.setFallback(key, undefined)
}
