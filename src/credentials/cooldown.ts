import { ERROR_POLICY } from '../lib/error-policy.ts'
import type { ErrorCode, GatewayError } from '../lib/errors.ts'
import type { PoolPolicy } from './credential.ts'

/** For how long a credential is not used, for one model or for all, after errors of one class. */
export type Cooldown = {
  sinceMs: number
  untilMs: number
  /** Rises with each limit hit after the last cooldown was over. */
  level: number
  code: ErrorCode
  /** How long is only our guess: when no other credential is able this one may be used all the same. */
  guessed: boolean
  /** The upstream said how long. */
  told: boolean
}

const FAULT_MS = 30 * 60_000
const UNKNOWN_MODEL_MS = 12 * 3_600_000
const FIRST_LIMIT_MS = 1_000
const JITTER = 0.1

/**
 * The cooldown that follows a failure; undefined: the request's own fault. `before` is the
 * last one of that class. Limits double
 * while the upstream does not say how long; parallel failures within one cooldown count once. What is
 * not given by the upstream is up to a tenth longer by `random` (0 to below 1), and never beyond the policy's limit.
 */
export function cooldownAfter(
  error: GatewayError,
  before: Cooldown | undefined,
  policy: PoolPolicy,
  { nowMs, random }: { nowMs: number; random: number },
  retryAfterMs: number | undefined,
): Cooldown | undefined {
  if (error.ownLimit) return undefined
  const { transientMs, maxMs } = policy.cooldown
  const open = before !== undefined && before.untilMs > nowMs
  const limited = ERROR_POLICY[error.code].cooldown === 'limit'
  const reached = before?.level ?? 0
  const level = limited && (!open || reached === 0) ? reached + 1 : reached
  const cooldownFor = (ms: number, guessed: boolean): Cooldown => {
    const spread = retryAfterMs === undefined ? ms * (1 + random * JITTER) : ms
    const untilMs = nowMs + Math.min(Math.max(0, spread), maxMs)
    return {
      sinceMs: open ? before.sinceMs : nowMs,
      untilMs: open ? Math.max(untilMs, before.untilMs) : untilMs,
      level,
      code: error.code,
      guessed,
      told: retryAfterMs !== undefined,
    }
  }
  switch (ERROR_POLICY[error.code].cooldown) {
    case 'limit':
      // It is to be paid for first: that takes longer than a limit does.
      if (error.status === 402)
        return retryAfterMs === undefined
          ? cooldownFor(FAULT_MS, true)
          : cooldownFor(retryAfterMs, false)
      return retryAfterMs === undefined
        ? cooldownFor(FIRST_LIMIT_MS * 2 ** Math.min(level - 1, 20), false)
        : cooldownFor(retryAfterMs, false)
    case 'auth':
      return cooldownFor(FAULT_MS, true)
    case 'no-model':
      return cooldownFor(UNKNOWN_MODEL_MS, true)
    case 'transient':
      return retryAfterMs === undefined
        ? cooldownFor(transientMs, true)
        : cooldownFor(retryAfterMs, false)
    case 'none':
      return undefined
  }
}
