import type { ErrorCode, GatewayError } from '../../lib/errors.ts'

/**
 * What follows a failed attempt, before commit: `answer` hands the error to the client, `stop`
 * ends without one, `next` goes on to the next credential or target.
 */
export const AFTER = {
  'invalid-request': 'answer',
  'too-large': 'answer',
  'context-exceeded': 'answer',
  'method-not-allowed': 'answer',
  'path-not-found': 'answer',
  'model-not-found': 'answer',
  unauthenticated: 'answer',
  forbidden: 'answer',
  cancelled: 'stop',
  'upstream-auth': 'next',
  'upstream-forbidden': 'next',
  'upstream-not-found': 'next',
  'quota-exhausted': 'next',
  'rate-limited': 'next',
  overloaded: 'next',
  'upstream-failed': 'next',
  timeout: 'next',
  'no-credential': 'next',
  internal: 'answer',
} as const satisfies Record<ErrorCode, 'answer' | 'stop' | 'next'>

/** Errors after which another round over the same credentials can help. */
export const WORTH_A_ROUND: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'upstream-forbidden',
  'rate-limited',
  'quota-exhausted',
  'overloaded',
  'upstream-failed',
  'timeout',
])

/**
 * Which of several failures tells the client most: one that passes with time over one that needs
 * somebody to change something. Higher wins; the later one on a tie.
 */
const TELLING: Record<ErrorCode, number> = {
  'rate-limited': 6,
  overloaded: 5,
  timeout: 4,
  'upstream-failed': 4,
  'quota-exhausted': 3,
  'upstream-forbidden': 2,
  'upstream-auth': 2,
  'upstream-not-found': 1,
  'no-credential': 0,
  'invalid-request': 7,
  'too-large': 7,
  'context-exceeded': 7,
  'method-not-allowed': 7,
  'path-not-found': 7,
  'model-not-found': 7,
  unauthenticated: 7,
  forbidden: 7,
  cancelled: 7,
  internal: 7,
}

export function moreTelling(a: GatewayError | undefined, b: GatewayError): GatewayError {
  return a && TELLING[a.code] > TELLING[b.code] ? a : b
}
