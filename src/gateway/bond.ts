import type { Target } from '../config/table.ts'
import type { Bond } from '../credentials/affinity.ts'
import type { Lease } from '../credentials/pool.ts'
import type { ErrorCode, GatewayError } from '../lib/errors.ts'
import type { Exchange } from './exchange.ts'

/** Failures that say nothing about the credential: the conversation comes back to it. */
const PASSING: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'overloaded',
  'upstream-failed',
  'timeout',
  'cancelled',
  'invalid-request',
  'too-large',
  'context-exceeded',
])

/** Callers never share a conversation, whatever they call it. */
function keyOf({ envelope, caller, route }: Exchange): string | undefined {
  const { session } = envelope
  return session === undefined ? undefined : `${caller.name}\t${route.name}\t${session}`
}

/** To whom the conversation is bound; undefined: to nobody, or it names none. */
export function bondOf(exchange: Exchange): Bond | undefined {
  const { services, table } = exchange.gateway
  const key = table.policy.sessionAffinityMs > 0 ? keyOf(exchange) : undefined
  return key === undefined ? undefined : services.affinity.bound(key)
}

/** The conversation stays here from now on, unless it is only here while its own place is down. */
export function bind(exchange: Exchange, { provider, model }: Target, lease: Lease): void {
  const { services, table } = exchange.gateway
  const { sessionAffinityMs } = table.policy
  const key = keyOf(exchange)
  if (key === undefined || sessionAffinityMs <= 0 || exchange.escaped) return
  const bond = { provider: provider.id, model, credential: lease.credential }
  services.affinity.bind(key, bond, sessionAffinityMs)
}

export function unbind(exchange: Exchange, lease: Lease, error: GatewayError): void {
  const key = keyOf(exchange)
  if (key === undefined || bondOf(exchange)?.credential !== lease.credential) return
  if (PASSING.has(error.code)) exchange.escaped = true
  else exchange.gateway.services.affinity.release(key)
}
