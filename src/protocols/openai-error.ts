import { codeForStatus, type ErrorCode, GatewayError } from '../lib/errors.ts'
import { isObject, type JsonObject } from '../lib/json.ts'
import { plainText } from '../lib/plain-text.ts'
import { parseRetryAfter } from '../lib/retry-after.ts'
import { object, text } from '../lib/wire.ts'

/** An error reply, in any of the shapes that OpenAI and the services like it use. */
export function errorFromOpenai(status: number, headers: Headers, body: string): GatewayError {
  return errorFrom(toldError(body), status, parseRetryAfter(headers, Date.now()))
}

type Told = { message: string; type?: string; code?: string; param?: string; status?: number }

/** An `error` member, of a reply or of a stream's chunk, whose status line said 200. */
export function openaiErrorInside(error: unknown): GatewayError {
  const told = toldIn(error)
  return errorFrom(told, told.status, undefined)
}

function errorFrom(
  told: Told,
  status: number | undefined,
  retryAfterMs: number | undefined,
): GatewayError {
  const type = told.type ?? told.code
  return new GatewayError(codeFor(status, told), told.message, {
    ...(status === undefined ? {} : { status }),
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
  if (!isObject(wire)) return { message: plainText(body) || 'the upstream gave no reason' }
  // Ollama and some proxies: a short word in `error`, the sentence beside it.
  if (typeof wire.error === 'string' && typeof wire.message === 'string') return toldIn(wire)
  return toldIn(wire.error ?? wire.detail ?? wire)
}

function toldIn(error: unknown): Told {
  if (typeof error === 'string') return { message: error }
  if (!isObject(error)) return { message: JSON.stringify(error) }
  const type = text(error.type)
  const code = text(error.code)
  const param = text(error.param)
  const status = statusIn(error.code) ?? statusIn(error.status)
  return {
    message: messageIn(error),
    ...(type === undefined ? {} : { type }),
    ...(code === undefined ? {} : { code }),
    ...(param === undefined ? {} : { param }),
    ...(status === undefined ? {} : { status }),
  }
}

/** OpenRouter puts the words of the service behind it under `metadata.raw`. */
function messageIn(error: JsonObject): string {
  const raw = text(object(error.metadata)?.raw)
  const message =
    text(error.message) ?? text(error.msg) ?? text(error.detail) ?? JSON.stringify(error)
  return raw && raw !== message ? `${message}: ${raw.slice(0, 500)}` : message
}

/** Some write the status as a number in `code`, some as digits. */
function statusIn(value: unknown): number | undefined {
  const status = typeof value === 'string' && /^\d{3}$/.test(value) ? Number(value) : value
  return typeof status === 'number' && status >= 400 && status <= 599 ? status : undefined
}

/** What the words say, where they are surer than the status. */
const WORDS: Record<string, ErrorCode> = {
  context_length_exceeded: 'context-exceeded',
  exceed_context_size_error: 'context-exceeded', // llama.cpp
  insufficient_quota: 'quota-exhausted',
  rate_limit_exceeded: 'rate-limited',
  rate_limit_error: 'rate-limited',
}

/** What they say where there is no status: an error told in a 200. */
const WORDS_IN_200: Record<string, ErrorCode> = {
  invalid_request_error: 'invalid-request',
  authentication_error: 'upstream-auth',
  invalid_api_key: 'upstream-auth',
  permission_error: 'upstream-forbidden',
  model_not_found: 'upstream-not-found',
  not_found_error: 'upstream-not-found',
  overloaded_error: 'overloaded',
}

/** Compatible services report a full context in words alone. */
const CONTEXT_WORDS = /maximum context length|context (length|window|size)|prompt is too long/i

function codeFor(status: number | undefined, told: Told): ErrorCode {
  const { code = '', type = '', message } = told
  const sure = WORDS[code] ?? WORDS[type]
  if (sure) return sure
  if (status === undefined) return WORDS_IN_200[code] ?? WORDS_IN_200[type] ?? 'upstream-failed'
  if ((status === 400 || status === 422) && CONTEXT_WORDS.test(message)) return 'context-exceeded'
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

/** Words of our own errors that clients of this family know. */
const OWN_CODES: ReadonlySet<string> = new Set(['previous_response_not_found', 'item_not_found'])

export function openaiErrorBody(error: GatewayError): JsonObject {
  const { type, code } = SPELLED[error.code]
  const own = error.type !== undefined && OWN_CODES.has(error.type) ? error.type : null
  return { error: { message: error.message, type, param: error.param ?? null, code: code ?? own } }
}

/** An error reply as clients of this family get it. */
export function encodeOpenaiError(error: GatewayError) {
  const headers: Record<string, string> = {}
  if (error.retryAfterMs !== undefined)
    headers['retry-after'] = String(Math.ceil(error.retryAfterMs / 1000))
  return { status: error.status, headers, body: openaiErrorBody(error) }
}
