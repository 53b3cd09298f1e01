import type { ErrorCode, GatewayError } from '../../lib/errors.ts'
import type { JsonObject } from '../../lib/json/json.ts'
import { hasError, parseErrorBody, toGatewayError } from '../shared/upstream-error.ts'

export {
  encodeOpenaiError as encodeError,
  errorFromOpenai as decodeError,
} from '../shared/openai/error.ts'

/** An error in the place of a response whose status was 200. */
export function embeddedError(body: JsonObject): GatewayError | undefined {
  const answers = Array.isArray(body.output) && body.status !== 'failed' && !hasError(body.error)
  if (answers) return undefined
  const failed = 'the upstream sent a failed response without a reason'
  return failure(
    body,
    body.status === 'failed' ? failed : 'the upstream sent a response without output',
  )
}

/** A failed response, or an `error` event, whose members may be in an `error` or beside the type. */
export function failure(wire: JsonObject, otherwise = 'the response failed'): GatewayError {
  return toGatewayError(parseErrorBody(wire, otherwise))
}

/**
 * Codes of a failed response. Agents give up at once on those for an overloaded service,
 * so what passes with time is sent as the one they retry.
 */
const FAILED_CODE: Partial<Record<ErrorCode, string>> = {
  'rate-limited': 'rate_limit_exceeded',
  'quota-exhausted': 'insufficient_quota',
  'context-exceeded': 'context_length_exceeded',
  'invalid-request': 'invalid_prompt',
}

export function failureOf(error: GatewayError): { code: string; message: string } {
  const code = FAILED_CODE[error.code] ?? 'server_error'
  const { message, retryAfterMs } = error
  if (error.code !== 'rate-limited' || retryAfterMs === undefined) return { code, message }
  const sentence = /[.!?]\s*$/.test(message) ? message.trimEnd() : `${message}.`
  const seconds = Math.ceil(retryAfterMs / 1000)
  return { code, message: `${sentence} Please try again in ${seconds}s.` }
}
