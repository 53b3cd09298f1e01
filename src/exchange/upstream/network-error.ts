import { GatewayError } from '../../lib/errors.ts'
import { isObject } from '../../lib/json/json.ts'
import { ConnectTimeout } from '../../providers/transport.ts'
import type { Target } from '../../routing/table.ts'
import { targetName } from '../../routing/target-name.ts'
import type { ResolvedRequest } from '../request.ts'
import type { AttemptWatch } from './attempt-timer.ts'

/** An attempt, as far as its errors depend on it. `replied`: the upstream has begun to. */
type Failed = { target: Target; watch: AttemptWatch; replied: boolean }

/** The client did not wait for the end. */
export function clientGone(): GatewayError {
  return new GatewayError('cancelled', 'the client went away')
}

/** What an exception from sending or reading means. */
export function networkError(
  { signal }: Pick<ResolvedRequest, 'signal'>,
  attempt: Failed,
  error: unknown,
): GatewayError {
  if (error instanceof GatewayError) return error
  const { target, watch } = attempt
  const where = targetName(target)
  if (signal.aborted) return clientGone()
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

function limitOf({ target: { timeouts }, watch }: Failed): number {
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
