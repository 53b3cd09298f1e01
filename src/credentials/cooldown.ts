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

/** Rests of different classes stand side by side: none of them says anything about the others. */
export type RestClass = 'limit' | 'refusal' | 'no-model' | 'fault'

/** Undefined: after such an error nobody rests. */
export function restClass(code: ErrorCode): RestClass | undefined {
  switch (code) {
    case 'rate-limited':
    case 'quota-exhausted':
      return 'limit'
    case 'upstream-auth':
    case 'upstream-forbidden':
      return 'refusal'
    case 'upstream-not-found':
      return 'no-model'
    case 'overloaded':
    case 'upstream-failed':
    case 'timeout':
      return 'fault'
    default:
      return undefined
  }
}

/** Faults of the upstream as a whole, soon over; they say nothing about the credential. */
export const PASSING_FAULTS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'overloaded',
  'upstream-failed',
  'timeout',
])

const FAULT_MS = 30 * 60_000
const UNKNOWN_MODEL_MS = 12 * 3_600_000
const FIRST_LIMIT_MS = 1_000
const JITTER = 0.1

/**
 * The rest that follows a failure; undefined: the request's own fault, nobody rests. `before` is the
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
  const limited = error.code === 'rate-limited' || error.code === 'quota-exhausted'
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
  switch (error.code) {
    case 'rate-limited':
    case 'quota-exhausted':
      // It is to be paid for first: that takes longer than a limit does.
      if (error.status === 402)
        return toldMs === undefined ? rest(FAULT_MS, true) : rest(toldMs, false)
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
