import { codeForStatus, type ErrorCode, GatewayError } from '../../lib/errors.ts'
import { isObject, type JsonObject, type JsonValue } from '../../lib/json/json.ts'
import { number, object, text } from '../../lib/json/read-json.ts'
import { waitIn } from '../../lib/net/retry-after.ts'
import { plainText } from '../../lib/plain-text.ts'
import { codeForMessage, codeForType, meansContextExceeded } from './error-codes.ts'

/** An error as an upstream's body describes it. `status`: from the body, not from a status line. */
export type UpstreamErrorBody = {
  message: string
  type?: string
  code?: string
  param?: string
  status?: number
  retryAfterMs?: number
}

const NO_REASON = 'the upstream gave no reason'

/** What is read from the body of an error reply, in any of the shapes that services use. */
export function parseErrorText(body: string): UpstreamErrorBody {
  let parsed: unknown
  try {
    parsed = JSON.parse(body)
  } catch {
    return { message: plainText(body) || NO_REASON }
  }
  const wire = Array.isArray(parsed) ? parsed[0] : parsed
  return isObject(wire) ? parseErrorBody(wire) : { message: plainText(body) || NO_REASON }
}

/** `otherwise`: the message where the body has none. */
export function parseErrorBody(wire: JsonObject, otherwise?: string): UpstreamErrorBody {
  // Ollama and some proxies: a short type in `error`, the message beside it.
  if (typeof wire.error === 'string' && typeof wire.message === 'string')
    return parseUpstreamError(wire)
  const upstreamError = parseUpstreamError(
    hasError(wire.error) ? wire.error : (wire.detail ?? wire),
    otherwise,
  )
  const status = upstreamError.status ?? statusIn(wire.status) ?? statusIn(wire.status_code)
  return { ...upstreamError, status }
}

/** Whether an `error` member holds an error: many replies have it empty. */
export function hasError(error: JsonValue | undefined): error is JsonValue {
  return isObject(error) ? Object.keys(error).length > 0 : Boolean(error)
}

export function parseUpstreamError(error: unknown, otherwise?: string): UpstreamErrorBody {
  if (typeof error === 'string') return { message: error }
  if (!isObject(error)) return { message: JSON.stringify(error) }
  // The type `error` does not distinguish errors.
  const type = [error.type, error.status].map(text).find(word => word && word !== 'error')
  const code = text(error.code)
  const param = text(error.param)
  const message = messageIn(error) ?? otherwise ?? JSON.stringify(error).slice(0, 500)
  const status = statusIn(error.code) ?? statusIn(error.status) ?? statusIn(error.status_code)
  const retryAfterMs = retryAfterOf(error, message)
  return {
    message,
    type,
    code,
    param,
    status,
    retryAfterMs,
  }
}

/** OpenRouter puts the body of the service behind it under `metadata.raw`. */
function messageIn(error: JsonObject): string | undefined {
  const raw = text(object(error.metadata)?.raw)
  const message = text(error.message) ?? text(error.msg) ?? text(error.detail)
  return message !== undefined && raw && raw !== message
    ? `${message}: ${raw.slice(0, 500)}`
    : message
}

/** Some write the status as a number, some as digits. */
function statusIn(value: JsonValue | undefined): number | undefined {
  const status = typeof value === 'string' && /^\d{3}$/.test(value) ? Number(value) : value
  return typeof status === 'number' && status >= 400 && status <= 599 ? status : undefined
}

function retryAfterOf(error: JsonObject, message: string): number | undefined {
  const seconds = number(error.resets_in_seconds) ?? number(error.retry_after)
  return seconds !== undefined && seconds >= 0 ? seconds * 1000 : waitIn(message)
}

/** An error behind a status line of 200: its class is in its body. */
export function toGatewayError(upstreamError: UpstreamErrorBody): GatewayError {
  const code = codeOf(upstreamError)
  const { message, param, retryAfterMs, status } = upstreamError
  const type = upstreamError.type ?? upstreamError.code
  return new GatewayError(code, message, {
    status: status !== undefined && codeForStatus(status) === code ? status : undefined,
    retryAfterMs,
    type,
    param,
  })
}

/** The first that decides counts: a `code`, a status, a `type`; last, the text of the message. */
function codeOf({ code, type, status, message }: UpstreamErrorBody): ErrorCode {
  const codes = [
    codeForType(code),
    status === undefined ? undefined : codeForStatus(status),
    codeForType(type),
  ].filter(meaning => meaning !== undefined)
  const sure = codes.find(meaning => meaning !== 'upstream-failed' && meaning !== 'invalid-request')
  if (sure) return sure
  const [first = 'upstream-failed'] = codes
  if (first === 'invalid-request') return meansContextExceeded(message) ? 'context-exceeded' : first
  return codeForMessage(message) ?? first
}
