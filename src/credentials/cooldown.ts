import type { ErrorCode, GatewayError } from '../lib/errors.ts'
import type { PoolPolicy } from './spec.ts'

/** A credential's rest from one model (or from all: `scope`). */
export type Cooldown = {
  untilMs: number
  /** Rises with each limit hit after the last rest was over. */
  level: number
  code: ErrorCode
  /** How long is only our guess: when nobody else is able the credential may be asked all the same. */
  guessed: boolean
}

const FAULT_MS = 30 * 60_000
const UNKNOWN_MODEL_MS = 12 * 3_600_000
const FIRST_LIMIT_MS = 1_000

/**
 * The rest that follows a failure; undefined: the request's own fault, nobody rests. Limits double
 * while the upstream does not say how long; parallel failures within one rest count once.
 */
export function cooldownAfter(
  error: GatewayError,
  before: Cooldown | undefined,
  policy: PoolPolicy,
  nowMs: number,
  toldMs: number | undefined,
): Cooldown | undefined {
  const { transientMs, maxMs } = policy.cooldown
  const open = before !== undefined && before.untilMs > nowMs
  const level = open ? before.level : (before?.level ?? 0) + 1
  const rest = (ms: number, guessed: boolean): Cooldown => {
    const untilMs = nowMs + Math.min(ms, maxMs)
    return {
      untilMs: open ? Math.max(untilMs, before.untilMs) : untilMs,
      level,
      code: error.code,
      guessed,
    }
  }
  switch (error.code) {
    case 'rate-limited':
    case 'quota-exhausted':
      return toldMs === undefined
        ? rest(FIRST_LIMIT_MS * 2 ** Math.min(level - 1, 20), false)
        : rest(toldMs, false)
    case 'upstream-auth':
    case 'upstream-forbidden':
      return rest(FAULT_MS, true)
    case 'upstream-not-found':
      return rest(UNKNOWN_MODEL_MS, true)
    case 'overloaded':
    case 'upstream-failed':
    case 'timeout':
      return toldMs === undefined ? rest(transientMs, true) : rest(toldMs, false)
    default:
      return undefined
  }
}
