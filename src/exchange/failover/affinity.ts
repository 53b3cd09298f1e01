import type { Bond } from '../../credentials/affinity.ts'
import type { Lease } from '../../credentials/pool.ts'
import { ERROR_POLICY } from '../../lib/error-policy.ts'
import type { ErrorCode, GatewayError } from '../../lib/errors.ts'
import type { Target } from '../../routing/table.ts'
import type { Exchange } from '../request.ts'

/** Callers never share a conversation, whatever they call it. */
function keyOf({ envelope, caller, route }: Exchange): string | undefined {
  const { session } = envelope
  return session === undefined ? undefined : `${caller.name}\t${route.name}\t${session}`
}

/** With whom the conversation goes on; undefined: with anybody, or it names none. */
export function bondOf(exchange: Exchange): Bond | undefined {
  const key = boundKeyOf(exchange)
  const home = key === undefined ? undefined : exchange.gateway.services.affinity.bound(key)
  return home?.refuge && restOf(exchange, home) ? home.refuge : home
}

function boundKeyOf(exchange: Exchange): string | undefined {
  return exchange.gateway.table.policy.sessionAffinityMs > 0 ? keyOf(exchange) : undefined
}

function restOf(
  { gateway }: Exchange,
  { provider, model, credential }: Bond,
): ErrorCode | undefined {
  return gateway.services.pool.restOf(provider, model, credential)
}

/** The conversation stays here from now on, or only until its own place is up again. */
export function bind(exchange: Exchange, { provider, model }: Target, lease: Lease): void {
  const key = boundKeyOf(exchange)
  if (key === undefined) return
  const { services, table } = exchange.gateway
  const bond = { provider: provider.id, model, credential: lease.credential }
  const home = services.affinity.bound(key)
  if (home && home.credential !== lease.credential && willPass(exchange, home))
    services.affinity.shelter(key, bond)
  else services.affinity.bind(key, bond, table.policy.sessionAffinityMs)
}

/** Whether it cannot serve at the moment, and will soon. */
function willPass(exchange: Exchange, home: Bond): boolean {
  const rest = restOf(exchange, home)
  return exchange.escaped || (rest !== undefined && ERROR_POLICY[rest].affinity === 'leave-for-now')
}

export function unbind(exchange: Exchange, lease: Lease, error: GatewayError): void {
  const key = boundKeyOf(exchange)
  if (key === undefined) return
  const { services, table } = exchange.gateway
  const { affinity } = services
  const home = affinity.bound(key)
  const policy = ERROR_POLICY[error.code].affinity
  if (home?.credential === lease.credential) {
    if (policy !== 'move') exchange.escaped = true
    else if (home.refuge) affinity.bind(key, home.refuge, table.policy.sessionAffinityMs)
    else affinity.release(key)
  } else if (home?.refuge?.credential === lease.credential && policy !== 'keep')
    affinity.shelter(key, undefined)
}
