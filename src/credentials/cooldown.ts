import { ERROR_POLICY } from '../lib/error-policy.ts'
import type { ErrorCode, GatewayError } from '../lib/errors.ts'
import type { PoolPolicy } from './credential.ts'

/** A credential's rest from one model, or from all, after errors of one class. */
export type Cooldown = {
  sinceMs: number
  untilMs: number
  /** Rises with each limit hit after the last rest was over. */
  level: number
  code: ErrorCode
  /** How long is only our guess: when nobody else is able the credential may be asked all the same. */
  guessed: boolean
  /** The upstream said how long. */
  told: boolean
}

const FAULT_MS = 30 * 60_000
const UNKNOWN_MODEL_MS = 12 * 3_600_000
const FIRST_LIMIT_MS = 1_000
const JITTER = 0.1

/**
 * The rest that follows a failure; undefined: the request's own fault. `before` is the
 * last one of that class. Limits double
 * while the upstream does not say how long; parallel failures within one rest count once. What is
 * not told is up to a tenth longer by `random` (0 to below 1), and never beyond the policy's limit.
 */
export function cooldownAfter(
  error: GatewayError,
  before: Cooldown | undefined,
  policy: PoolPolicy,
  { nowMs, random }: { nowMs: number; random: number },
  toldMs: number | undefined,
): Cooldown | undefined {
  if (error.ownLimit) return undefined
  const { transientMs, maxMs } = policy.cooldown
  const open = before !== undefined && before.untilMs > nowMs
  const limited = ERROR_POLICY[error.code].cooldown === 'limit'
  const reached = before?.level ?? 0
  const level = limited && (!open || reached === 0) ? reached + 1 : reached
  const rest = (ms: number, guessed: boolean): Cooldown => {
    const spread = toldMs === undefined ? ms * (1 + random * JITTER) : ms
    const untilMs = nowMs + Math.min(Math.max(0, spread), maxMs)
    return {
      sinceMs: open ? before.sinceMs : nowMs,
      untilMs: open ? Math.max(untilMs, before.untilMs) : untilMs,
      level,
      code: error.code,
      guessed,
      told: toldMs !== undefined,
    }
  }
  switch (ERROR_POLICY[error.code].cooldown) {
    case 'limit':
      // It is to be paid for first: that takes longer than a limit does.
      if (error.status === 402)
        return toldMs === undefined ? rest(FAULT_MS, true) : rest(toldMs, false)
      return toldMs === undefined
        ? rest(FIRST_LIMIT_MS * 2 ** Math.min(level - 1, 20), false)
        : rest(toldMs, false)
    case 'auth':
      return rest(FAULT_MS, true)
    case 'no-model':
      return rest(UNKNOWN_MODEL_MS, true)
    case 'transient':
      return toldMs === undefined ? rest(transientMs, true) : rest(toldMs, false)
    case 'none':
      return undefined
  }
}
