import { type ErrorCode, GatewayError } from '../../lib/errors.ts'
import { isObject, type JsonObject } from '../../lib/json.ts'
import { plainText } from '../../lib/plain-text.ts'
import { parseRetryAfter } from '../../lib/retry-after.ts'
import { object, text } from '../../lib/wire.ts'

/** An error reply, in any of the shapes that services of this protocol use. */
export function decodeError(status: number, headers: Headers, body: string): GatewayError {
  const told = toldError(body)
  const retryAfterMs = parseRetryAfter(headers, Date.now())
  return errorFrom(told, status, retryAfterMs)
}

type Told = { message: string; type?: string; code?: string; param?: string; status?: number }

/** An `error` member, of a reply or of a stream's chunk, whose status line said 200. */
export function errorInside(error: unknown): GatewayError {
  const told = toldIn(error)
  const status = told.status ?? 500
  return errorFrom(told, status, undefined)
}

function errorFrom(told: Told, status: number, retryAfterMs: number | undefined): GatewayError {
  const type = told.type ?? told.code
  return new GatewayError(codeFor(status, told), told.message, {
    status,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(type === undefined ? {} : { type }),
    ...(told.param === undefined ? {} : { param: told.param }),
  })
}

function toldError(body: string): Told {
  let parsed: unknown
  try {
    parsed = JSON.parse(body)
  } catch {
    return { message: plainText(body) || 'the upstream gave no reason' }
  }
  const wire = Array.isArray(parsed) ? parsed[0] : parsed
  if (!isObject(wire)) return { message: plainText(body) }
  return toldIn(wire.error ?? wire.detail ?? wire)
}

function toldIn(error: unknown): Told {
  if (!isObject(error))
    return { message: typeof error === 'string' ? error : JSON.stringify(error) }
  const raw = text(object(error.metadata)?.raw)
  const message = text(error.message) ?? text(error.msg) ?? JSON.stringify(error)
  const told: Told = {
    message: raw && raw !== message ? `${message}: ${raw.slice(0, 500)}` : message,
  }
  const type = text(error.type)
  if (type !== undefined) told.type = type
  const code = text(error.code)
  if (code !== undefined) told.code = code
  const param = text(error.param)
  if (param !== undefined) told.param = param
  const status =
    typeof error.code === 'number'
      ? error.code
      : typeof error.status === 'number'
        ? error.status
        : undefined
  if (status !== undefined && status >= 400 && status <= 599) told.status = status
  return told
}

function codeFor(status: number, told: Told): ErrorCode {
  if (told.code === 'context_length_exceeded') return 'context-exceeded'
  if (told.code === 'insufficient_quota' || told.type === 'insufficient_quota')
    return 'quota-exhausted'
  if (told.code === 'rate_limit_exceeded' || told.type === 'rate_limit_error') return 'rate-limited'
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

const SPELLED = {
  'invalid-request': { type: 'invalid_request_error', code: null },
  'too-large': { type: 'invalid_request_error', code: 'request_too_large' },
  'context-exceeded': { type: 'invalid_request_error', code: 'context_length_exceeded' },
  'method-not-allowed': { type: 'invalid_request_error', code: 'method_not_allowed' },
  'path-not-found': { type: 'invalid_request_error', code: 'unknown_url' },
  'model-not-found': { type: 'invalid_request_error', code: 'model_not_found' },
  unauthenticated: { type: 'authentication_error', code: 'invalid_api_key' },
  forbidden: { type: 'permission_error', code: null },
  cancelled: { type: 'invalid_request_error', code: 'cancelled' },
  'upstream-auth': { type: 'authentication_error', code: 'invalid_api_key' },
  'upstream-forbidden': { type: 'permission_error', code: null },
  'upstream-not-found': { type: 'invalid_request_error', code: 'model_not_found' },
  'quota-exhausted': { type: 'insufficient_quota', code: 'insufficient_quota' },
  'rate-limited': { type: 'rate_limit_error', code: 'rate_limit_exceeded' },
  overloaded: { type: 'server_error', code: 'overloaded' },
  'upstream-failed': { type: 'server_error', code: null },
  timeout: { type: 'server_error', code: 'timeout' },
  'no-credential': { type: 'server_error', code: 'no_credential' },
  internal: { type: 'server_error', code: 'internal_error' },
} as const satisfies Record<ErrorCode, { type: string; code: string | null }>

export function errorBody(error: GatewayError): JsonObject {
  const { type, code } = SPELLED[error.code]
  return { error: { message: error.message, type, param: error.param ?? null, code } }
}

export function encodeError(error: GatewayError) {
  const headers: Record<string, string> = {}
  if (error.retryAfterMs !== undefined)
    headers['retry-after'] = String(Math.ceil(error.retryAfterMs / 1000))
  return { status: error.status, headers, body: errorBody(error) }
}
