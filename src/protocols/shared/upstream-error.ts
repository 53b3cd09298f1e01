import { codeForStatus, type ErrorCode, GatewayError } from '../../lib/errors.ts'
import { isObject, type JsonObject, type JsonValue } from '../../lib/json/json.ts'
import { number, object, text } from '../../lib/json/read-json.ts'
import { waitIn } from '../../lib/net/retry-after.ts'
import { plainText } from '../../lib/plain-text.ts'
import { codeForMessage, codeForWord, saysContext } from './error-codes.ts'

/** An error in an upstream's words. `status`: told as a number in them, where no status line did. */
export type ToldError = {
  message: string
  type?: string
  code?: string
  param?: string
  status?: number
  retryAfterMs?: number
}

const SILENT = 'the upstream gave no reason'

/** What the body of an error reply tells, in any of the shapes that services use. */
export function toldInText(body: string): ToldError {
  let parsed: unknown
  try {
    parsed = JSON.parse(body)
  } catch {
    return { message: plainText(body) || SILENT }
  }
  const wire = Array.isArray(parsed) ? parsed[0] : parsed
  return isObject(wire) ? toldInBody(wire) : { message: plainText(body) || SILENT }
}

/** `otherwise`: the message where the body has none. */
export function toldInBody(wire: JsonObject, otherwise?: string): ToldError {
  // Ollama and some proxies: a short word in `error`, the sentence beside it.
  if (typeof wire.error === 'string' && typeof wire.message === 'string') return toldIn(wire)
  const told = toldIn(isTold(wire.error) ? wire.error : (wire.detail ?? wire), otherwise)
  const status = told.status ?? statusIn(wire.status) ?? statusIn(wire.status_code)
  return { ...told, ...(status === undefined ? {} : { status }) }
}

/** Whether an `error` member tells one: many replies have it empty. */
export function isTold(error: JsonValue | undefined): error is JsonValue {
  return isObject(error) ? Object.keys(error).length > 0 : Boolean(error)
}

export function toldIn(error: unknown, otherwise?: string): ToldError {
  if (typeof error === 'string') return { message: error }
  if (!isObject(error)) return { message: JSON.stringify(error) }
  // `error` says that it is one, not which.
  const type = [error.type, error.status].map(text).find(word => word && word !== 'error')
  const code = text(error.code)
  const param = text(error.param)
  const message = messageIn(error) ?? otherwise ?? JSON.stringify(error).slice(0, 500)
  const status = statusIn(error.code) ?? statusIn(error.status) ?? statusIn(error.status_code)
  const retryAfterMs = waitToldIn(error, message)
  return {
    message,
    ...(type === undefined ? {} : { type }),
    ...(code === undefined ? {} : { code }),
    ...(param === undefined ? {} : { param }),
    ...(status === undefined ? {} : { status }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  }
}

/** OpenRouter puts the words of the service behind it under `metadata.raw`. */
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

function waitToldIn(error: JsonObject, message: string): number | undefined {
  const seconds = number(error.resets_in_seconds) ?? number(error.retry_after)
  return seconds !== undefined && seconds >= 0 ? seconds * 1000 : waitIn(message)
}

/** An error told with a status line of 200: its class is in its words. */
export function errorInside(told: ToldError): GatewayError {
  const code = codeInside(told)
  const { message, param, retryAfterMs, status } = told
  const type = told.type ?? told.code
  return new GatewayError(code, message, {
    ...(status !== undefined && codeForStatus(status) === code ? { status } : {}),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(type === undefined ? {} : { type }),
    ...(param === undefined ? {} : { param }),
  })
}

/** The first that is sure counts: a `code`, a status, a `type`; last, what the message says. */
function codeInside({ code, type, status, message }: ToldError): ErrorCode {
  const told = [
    codeForWord(code),
    status === undefined ? undefined : codeForStatus(status),
    codeForWord(type),
  ].filter(meaning => meaning !== undefined)
  const sure = told.find(meaning => meaning !== 'upstream-failed' && meaning !== 'invalid-request')
  if (sure) return sure
  const [first = 'upstream-failed'] = told
  if (first === 'invalid-request') return saysContext(message) ? 'context-exceeded' : first
  return codeForMessage(message) ?? first
}
