import { ERROR_POLICY } from '../../lib/error-policy.ts'
import { codeForStatus, type ErrorCode, GatewayError } from '../../lib/errors.ts'
import { isObject, type JsonObject } from '../../lib/json/json.ts'
import { object, objects, text } from '../../lib/json/read-json.ts'
import { parseRetryAfter } from '../../lib/net/retry-after.ts'
import { plainText } from '../../lib/plain-text.ts'
import { meansNoModel } from '../shared/error-codes.ts'
import { retryHeaders } from '../shared/error-headers.ts'
import { hasError, parseErrorBody, toGatewayError } from '../shared/upstream-error.ts'
import { blockOf } from './stop.ts'

/** An error reply: an object, or the array form of a stream with one in it. */
export function decodeError(
  status: number,
  headers: Headers,
  body: string,
  nowMs: number,
): GatewayError {
  const after = parseRetryAfter(headers, nowMs)
  let parsed: unknown
  try {
    parsed = JSON.parse(body)
  } catch {
    const message = plainText(body) || 'the upstream gave no reason'
    return new GatewayError(codeForStatus(status), message, errorOptions(status, after, undefined))
  }
  const wire = Array.isArray(parsed) ? parsed[0] : parsed
  const error = isObject(wire) ? (object(wire.error) ?? wire) : { message: body.slice(0, 500) }
  const message = text(error.message) ?? JSON.stringify(error)
  const details = objects(error.details)
  return new GatewayError(
    codeFor(status, message, details),
    message,
    errorOptions(status, after ?? delayIn(details), text(error.status)),
  )
}

/** An error in the place of a reply whose status was 200. */
export function embeddedError(body: JsonObject): GatewayError | undefined {
  const blocked = blockOf(object(body.promptFeedback)?.blockReason)
  const answers = objects(body.candidates).length > 0 || blocked !== undefined
  if (answers && !hasError(body.error)) return undefined
  return failure(body, 'the upstream sent a reply without a candidate')
}

/** A reply or a chunk that holds an error. */
export function failure(wire: JsonObject, otherwise?: string): GatewayError {
  const inside = parseErrorBody(wire, otherwise)
  const details = objects(object(wire.error)?.details)
  const { code, status, message, type, retryAfterMs } = toGatewayError(inside)
  // Details can decide more than a status; a code that no status implies decides more than both.
  const detailed = code === codeForStatus(status) ? codeFor(status, message, details) : code
  return new GatewayError(
    detailed,
    message,
    errorOptions(status, delayIn(details) ?? retryAfterMs, type),
  )
}

function errorOptions(status: number, retryAfterMs: number | undefined, type: string | undefined) {
  return {
    status,
    retryAfterMs,
    type,
  }
}

function codeFor(status: number, message: string, details: readonly JsonObject[]): ErrorCode {
  // A wrong key is reported as a wrong request.
  if (details.some(({ reason }) => reason === 'API_KEY_INVALID')) return 'upstream-auth'
  if (status === 400 && /API key (not valid|expired)/i.test(message)) return 'upstream-auth'
  if (
    status === 400 &&
    /token count.{0,200}exceeds|exceeds the maximum number of tokens/i.test(message)
  )
    return 'context-exceeded'
  if (status === 400 && meansNoModel(message)) return 'upstream-not-found'
  const quotas = details.flatMap(({ violations }) => objects(violations))
  if (status === 429 && quotas.some(({ quotaId }) => /PerDay/i.test(text(quotaId) ?? '')))
    return 'quota-exhausted'
  return codeForStatus(status)
}

/** `retryDelay: "34.07s"`. */
function delayIn(details: readonly JsonObject[]): number | undefined {
  for (const { retryDelay } of details) {
    const seconds = /^(\d+(?:\.\d+)?)s$/.exec(text(retryDelay) ?? '')?.[1]
    if (seconds !== undefined) return Math.ceil(Number(seconds) * 1000)
  }
  return undefined
}

const STATUSES: Record<number, string> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  402: 'RESOURCE_EXHAUSTED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  405: 'UNIMPLEMENTED',
  408: 'DEADLINE_EXCEEDED',
  409: 'ABORTED',
  413: 'INVALID_ARGUMENT',
  429: 'RESOURCE_EXHAUSTED',
  499: 'CANCELLED',
  500: 'INTERNAL',
  501: 'UNIMPLEMENTED',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
}

function statusName(status: number): string {
  return STATUSES[status] ?? (status >= 500 ? 'UNAVAILABLE' : 'INVALID_ARGUMENT')
}

/** FAILED_PRECONDITION: Gemini CLI repeats every 5xx for minutes, and obeys no header against it. */
const isPrecondition = ({ code }: GatewayError): boolean => ERROR_POLICY[code].lasting === 'gateway'

function clientStatus(error: GatewayError): number {
  return isPrecondition(error) ? 400 : error.status
}

export function errorBody(error: GatewayError): JsonObject {
  const status = clientStatus(error)
  const seconds =
    error.retryAfterMs === undefined ? undefined : Math.ceil(error.retryAfterMs / 1000)
  return {
    error: {
      code: status,
      message: error.message,
      status: isPrecondition(error) ? 'FAILED_PRECONDITION' : statusName(status),
      ...(seconds === undefined
        ? {}
        : {
            details: [
              { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: `${seconds}s` },
            ],
          }),
    },
  }
}

/** An error in a stream; a connection that was lost is `UNAVAILABLE`, since asking again may help. */
export function streamErrorBody(error: GatewayError): JsonObject {
  if (error.code !== 'upstream-failed') return errorBody(error)
  return { error: { ...object(errorBody(error).error), code: 503, status: statusName(503) } }
}

export function encodeError(error: GatewayError) {
  return {
    status: clientStatus(error),
    headers: retryHeaders(error),
    body: errorBody(error),
  }
}
