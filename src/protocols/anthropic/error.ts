import { ERROR_POLICY } from '../../lib/error-policy.ts'
import { codeForStatus, type ErrorCode, GatewayError } from '../../lib/errors.ts'
import { isObject, type JsonObject } from '../../lib/json/json.ts'
import { object, text } from '../../lib/json/read-json.ts'
import { table } from '../../lib/json/table.ts'
import { parseRetryAfter } from '../../lib/net/retry-after.ts'
import { plainText } from '../../lib/plain-text.ts'
import { meansNoModel } from '../shared/error-codes.ts'
import { retryHeaders } from '../shared/error-headers.ts'
import { hasError, parseErrorBody, toGatewayError } from '../shared/upstream-error.ts'
import { THREAD_NOT_FOUND } from './foreign.ts'

/** An error reply: `{ type: 'error', error: { type, message } }`, or whatever a proxy put there. */
export function decodeError(
  status: number,
  headers: Headers,
  body: string,
  nowMs: number,
): GatewayError {
  const { type, message } = upstreamErrorOf(body)
  const retryAfterMs = parseRetryAfter(headers, nowMs)
  return new GatewayError(codeFor(status, type, message), message, {
    status,
    retryAfterMs,
    type,
  })
}

/** An error in the place of a message whose status was 200. */
export function embeddedError(body: JsonObject): GatewayError | undefined {
  const answers = body.type === 'message' || Array.isArray(body.content)
  if (answers && !hasError(body.error)) return undefined
  return failure(body, 'the upstream sent a message without content')
}

/** An `error` event, or the body of a reply that is one. */
export function failure(wire: JsonObject, otherwise?: string): GatewayError {
  const upstreamError = parseErrorBody(wire, otherwise)
  const status = upstreamError.status ?? STATUS_OF[upstreamError.type ?? '']
  return toGatewayError({ ...upstreamError, status })
}

const STATUS_OF = table<number>({
  invalid_request_error: 400,
  authentication_error: 401,
  billing_error: 402,
  permission_error: 403,
  not_found_error: 404,
  request_too_large: 413,
  rate_limit_error: 429,
  api_error: 500,
  timeout_error: 504,
  overloaded_error: 529,
})

function upstreamErrorOf(body: string): { type?: string; message: string } {
  let wire: unknown
  try {
    wire = JSON.parse(body)
  } catch {
    return { message: plainText(body) || 'the upstream gave no reason' }
  }
  if (!isObject(wire)) return { message: plainText(body) }
  const error = object(wire.error)
  const type = text(error?.type) ?? text(error?.code)
  const message =
    text(error?.message) ??
    text(wire.error) ??
    text(wire.message) ??
    text(wire.detail) ??
    plainText(body)
  return { message, type }
}

function codeFor(status: number, type: string | undefined, message: string): ErrorCode {
  if (
    status === 400 &&
    /prompt is too long|context (window|limit)|exceed.{0,200}context/i.test(message)
  )
    return 'context-exceeded'
  if (status === 400 && meansNoModel(message)) return 'upstream-not-found'
  const code = codeForStatus(status)
  const unsure = code === 'upstream-failed' || code === 'invalid-request'
  return unsure && type === 'overloaded_error' ? 'overloaded' : code
}

const SPELLED = {
  'invalid-request': 'invalid_request_error',
  'too-large': 'request_too_large',
  'context-exceeded': 'invalid_request_error',
  'method-not-allowed': 'invalid_request_error',
  'path-not-found': 'not_found_error',
  'model-not-found': 'not_found_error',
  unauthenticated: 'authentication_error',
  forbidden: 'permission_error',
  cancelled: 'invalid_request_error',
  'upstream-auth': 'api_error',
  'upstream-forbidden': 'api_error',
  'upstream-not-found': 'not_found_error',
  'quota-exhausted': 'billing_error',
  'rate-limited': 'rate_limit_error',
  overloaded: 'overloaded_error',
  'upstream-failed': 'api_error',
  timeout: 'timeout_error',
  'no-credential': 'api_error',
  internal: 'api_error',
} as const satisfies Record<ErrorCode, string>

export function errorBody(error: GatewayError): JsonObject {
  const type =
    error.type !== undefined && error.type in STATUS_OF ? error.type : SPELLED[error.code]
  // The SDK's message threads go by the code in `details`.
  const details = error.type === THREAD_NOT_FOUND ? { details: { error_code: error.type } } : {}
  return { type: 'error', error: { type, message: error.message, ...details } }
}

/**
 * An error in a stream. What passes with time is overload, which its type alone can say there. Qwen Code (0.24, 2026-11) asks again after an `overloaded_error` and a
 * `rate_limit_error` alone.
 */
export function streamErrorBody(error: GatewayError): JsonObject {
  if (ERROR_POLICY[error.code].cooldown !== 'transient') return errorBody(error)
  return { type: 'error', error: { type: 'overloaded_error', message: error.message } }
}

export function encodeError(error: GatewayError) {
  return { status: error.status, headers: retryHeaders(error), body: errorBody(error) }
}
