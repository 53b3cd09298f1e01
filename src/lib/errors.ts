/** Everything that can go wrong with an exchange; what follows from each: `error-policy.ts`. */
export type ErrorCode =
  // the request's own fault
  | 'invalid-request'
  | 'too-large'
  | 'context-exceeded'
  | 'method-not-allowed'
  | 'path-not-found'
  | 'model-not-found'
  // the caller
  | 'unauthenticated'
  | 'forbidden'
  | 'cancelled'
  // the upstream or its credential
  | 'upstream-auth'
  | 'upstream-forbidden'
  | 'upstream-not-found'
  | 'quota-exhausted'
  | 'rate-limited'
  | 'overloaded'
  | 'upstream-failed'
  | 'timeout'
  // ours
  | 'no-credential'
  | 'internal'

/** The HTTP status a client sees when the error is our own or the upstream gave none. */
const STATUS = {
  'invalid-request': 400,
  'too-large': 413,
  'context-exceeded': 400,
  'method-not-allowed': 405,
  'path-not-found': 404,
  'model-not-found': 404,
  unauthenticated: 401,
  forbidden: 403,
  cancelled: 499,
  // 401 and 403 are for the client's own key.
  'upstream-auth': 502,
  'upstream-forbidden': 502,
  'upstream-not-found': 404,
  'quota-exhausted': 429,
  'rate-limited': 429,
  overloaded: 503,
  'upstream-failed': 502,
  timeout: 504,
  'no-credential': 503,
  internal: 500,
} as const satisfies Record<ErrorCode, number>

type ErrorDetails = {
  /** The upstream's own HTTP status; a client of any protocol sees the same one, from 400 to 599. */
  status?: number
  retryAfterMs?: number
  /** The upstream's own type of the error (`overloaded_error`, `insufficient_quota`). */
  type?: string
  /** Which request member is at fault, where the upstream says so. */
  param?: string
  /** A limit of ours ended it: that says nothing about the credential, and would happen again. */
  ownLimit?: true
  cause?: unknown
}

/**
 * The one error family. The message says what was attempted, on what, and what to do; it is shown
 * to clients, so it never holds a secret (credentials appear by id).
 */
export class GatewayError extends Error {
  readonly code: ErrorCode
  readonly status: number
  readonly retryAfterMs: number | undefined
  readonly type: string | undefined
  readonly param: string | undefined
  readonly ownLimit: boolean

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = 'GatewayError'
    this.code = code
    const { status } = details
    this.status = status !== undefined && isErrorStatus(status) ? status : STATUS[code]
    this.retryAfterMs = details.retryAfterMs
    this.type = details.type
    this.param = details.param
    this.ownLimit = details.ownLimit === true
  }
}

/** A status that can be answered with; upstreams send 600 and 999 as well. */
function isErrorStatus(status: number): boolean {
  return Number.isInteger(status) && status >= 400 && status <= 599
}

/** What was thrown, as one of ours: anything unexpected is an `internal` fault. */
export function asGatewayError(thrown: unknown): GatewayError {
  if (thrown instanceof GatewayError) return thrown
  return new GatewayError(
    'internal',
    'an unexpected fault in the gateway; its log has the details',
    { cause: thrown },
  )
}

/** What an upstream's status means where its words say nothing more. */
export function codeForStatus(status: number): ErrorCode {
  switch (status) {
    case 401:
      return 'upstream-auth'
    case 402:
      return 'quota-exhausted'
    case 403:
      return 'upstream-forbidden'
    case 404:
      return 'upstream-not-found'
    case 408:
    case 504:
      return 'timeout'
    case 413:
      return 'too-large'
    case 429:
      return 'rate-limited'
    case 503:
    case 529:
      return 'overloaded'
    default:
      return status >= 500 ? 'upstream-failed' : 'invalid-request'
  }
}

/** Where a fault of the gateway's own was thrown, for the log alone. */
export function causeOf({ cause }: GatewayError): string | undefined {
  return cause instanceof Error ? (cause.stack ?? cause.message) : undefined
}
