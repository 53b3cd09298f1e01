import type { ErrorCode } from '../../lib/errors.ts'

/**
 * What upstreams call their errors in `type`, `code` and `status`. One list for all protocols:
 * services pass on the words of those behind them.
 */
const WORDS = {
  'rate-limited': [
    'rate_limit_error',
    'rate_limit_exceeded',
    'rate_limit_reached',
    'rate_limit_reached_error',
    'rate_limit',
    'rate_limited',
    'too_many_requests',
    'resource_exhausted',
    'usage_limit_reached',
    'throttling',
    'throttling_rate_quota',
    'throttling_exception',
    'limit_requests',
  ],
  'quota-exhausted': [
    'insufficient_quota',
    'insufficient_balance',
    'billing_error',
    'billing_hard_limit_reached',
    'quota_exceeded',
    'exceeded_current_quota_error',
    'payment_required',
    'arrearage',
  ],
  overloaded: [
    'overloaded_error',
    'overloaded',
    'server_overloaded',
    'server_is_overloaded',
    'engine_overloaded',
    'engine_overloaded_error',
    'model_overloaded',
    'slow_down',
    'service_unavailable',
    'service_unavailable_error',
    'unavailable',
  ],
  timeout: [
    'timeout_error',
    'timeout',
    'request_timeout',
    'gateway_timeout',
    'deadline_exceeded',
    'vector_store_timeout',
  ],
  'upstream-auth': [
    'authentication_error',
    'invalid_authentication_error',
    'invalid_api_key',
    'unauthenticated',
    'unauthorized',
  ],
  'upstream-forbidden': ['permission_error', 'permission_denied', 'permission_denied_error'],
  'upstream-not-found': ['model_not_found', 'model_not_supported', 'not_found_error', 'not_found'],
  'too-large': ['request_too_large', 'message_too_big'],
  'context-exceeded': ['context_length_exceeded', 'exceed_context_size_error'],
  'invalid-request': [
    'invalid_request_error',
    'invalid_request',
    'bad_request_error',
    'bad_request',
    'unprocessable_entity_error',
    'invalid_argument',
    'failed_precondition',
    'invalid_prompt',
    'invalid_value',
    'unsupported_value',
    'unsupported_parameter',
    'missing_required_parameter',
    'string_above_max_length',
    'previous_response_not_found',
    'content_policy_violation',
    'cyber_policy',
    // Responses' messages on images; all of these images came with the request.
    'invalid_image',
    'invalid_image_format',
    'invalid_image_mode',
    'invalid_image_url',
    'invalid_base64_image',
    'image_too_large',
    'image_too_small',
    'image_parse_error',
    'image_content_policy_violation',
    'image_file_too_large',
    'image_file_not_found',
    'unsupported_image_media_type',
    'empty_image_file',
    'failed_to_download_image',
  ],
  'upstream-failed': [
    'server_error',
    'api_error',
    'internal',
    'internal_error',
    'internal_server_error',
    'bad_gateway',
  ],
} as const satisfies Partial<Record<ErrorCode, readonly string[]>>

const MEANING = new Map<string, ErrorCode>()
for (const [code, words] of Object.entries(WORDS))
  for (const word of words) MEANING.set(word, code as keyof typeof WORDS)

/** Undefined: an unknown type. `RateLimitError` and `RESOURCE_EXHAUSTED` are such words, too. */
export function codeForType(word: string | undefined): ErrorCode | undefined {
  if (word === undefined) return undefined
  const snake = word.replace(/([a-z0-9])([A-Z])/g, '$1_$2').replace(/[\s.-]+/g, '_')
  return MEANING.get(snake.toLowerCase())
}

const LIMITED = /rate.?limit|too many requests|at capacity/i
const OVERLOADED = /overloaded|service unavailable|temporarily unavailable|high demand/i
const CONTEXT = /maximum context length|context (length|window|size)|prompt is too long/i

/** The code that a message shows, for an error without a type, or with no more than "server error". */
export function codeForMessage(message: string): ErrorCode | undefined {
  if (CONTEXT.test(message)) return 'context-exceeded'
  if (LIMITED.test(message)) return 'rate-limited'
  return OVERLOADED.test(message) ? 'overloaded' : undefined
}

/** Compatible services report a full context in the message only. */
export function meansContextExceeded(message: string): boolean {
  return CONTEXT.test(message)
}

const NO_MODEL =
  /(?<!\b(with|for|by|of|on|from) (this|the|your) )\bmodel( ['"`]?[\w./:@-]+['"`]?)? (is )?(not supported|unsupported|unavailable|not available)\b|\bunsupported model\b|not available (for|on|to) your (plan|account)/i

/** Comes with a 400: this credential has no such model, and another one may. */
export function meansNoModel(message: string): boolean {
  return NO_MODEL.test(message)
}
