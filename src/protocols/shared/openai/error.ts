import { codeForStatus, type ErrorCode, GatewayError } from '../../../lib/errors.ts'
import type { JsonObject } from '../../../lib/json/json.ts'
import { table } from '../../../lib/json/table.ts'
import { parseRetryAfter } from '../../../lib/net/retry-after.ts'
import { meansContextExceeded, meansNoModel } from '../error-codes.ts'
import { retryHeaders } from '../error-headers.ts'
import { parseErrorText, type UpstreamErrorBody } from '../upstream-error.ts'

/** An error reply, in any of the shapes that OpenAI and the services like it use. */
export function errorFromOpenai(
  status: number,
  headers: Headers,
  body: string,
  nowMs: number,
): GatewayError {
  const upstreamError = parseErrorText(body)
  const code = codeFor(status, upstreamError)
  const retryAfterMs = parseRetryAfter(headers, nowMs) ?? upstreamError.retryAfterMs
  const type = upstreamError.type ?? upstreamError.code
  return new GatewayError(code, upstreamError.message, {
    status,
    retryAfterMs,
    type,
    param: upstreamError.param,
  })
}

/** The code that the message shows, where it decides more than the status. */
const WORDS = table<ErrorCode>({
  context_length_exceeded: 'context-exceeded',
  exceed_context_size_error: 'context-exceeded', // llama.cpp
  insufficient_quota: 'quota-exhausted',
  rate_limit_exceeded: 'rate-limited',
  rate_limit_error: 'rate-limited',
  usage_limit_reached: 'rate-limited', // ChatGPT
  model_not_found: 'upstream-not-found',
  model_not_supported: 'upstream-not-found',
})

function codeFor(status: number, { code = '', type = '', message }: UpstreamErrorBody): ErrorCode {
  const sure = WORDS[code] ?? WORDS[type]
  if (sure) return sure
  if (status !== 400 && status !== 422) return codeForStatus(status)
  if (meansContextExceeded(message)) return 'context-exceeded'
  if (meansNoModel(message)) return 'upstream-not-found'
  return codeForStatus(status)
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
  'upstream-auth': { type: 'server_error', code: 'upstream_auth' },
  'upstream-forbidden': { type: 'server_error', code: 'upstream_forbidden' },
  'upstream-not-found': { type: 'invalid_request_error', code: 'model_not_found' },
  'quota-exhausted': { type: 'insufficient_quota', code: 'insufficient_quota' },
  'rate-limited': { type: 'rate_limit_error', code: 'rate_limit_exceeded' },
  overloaded: { type: 'server_error', code: 'overloaded' },
  'upstream-failed': { type: 'server_error', code: null },
  timeout: { type: 'server_error', code: 'timeout' },
  'no-credential': { type: 'server_error', code: 'no_credential' },
  internal: { type: 'server_error', code: 'internal_error' },
} as const satisfies Record<ErrorCode, { type: string; code: string | null }>

/** Types of the gateway's own errors that clients of this family know. */
const OWN_CODES: ReadonlySet<string> = new Set(['previous_response_not_found', 'item_not_found'])

export function openaiErrorBody(error: GatewayError): JsonObject {
  const { type, code } = SPELLED[error.code]
  const own = error.type !== undefined && OWN_CODES.has(error.type) ? error.type : null
  return { error: { message: error.message, type, param: error.param ?? null, code: code ?? own } }
}

/** An error reply as clients of this family get it. */
export function encodeOpenaiError(error: GatewayError) {
  return { status: error.status, headers: retryHeaders(error), body: openaiErrorBody(error) }
}
