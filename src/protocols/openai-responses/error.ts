import type { ErrorCode, GatewayError } from '../../lib/errors.ts'
import type { JsonObject } from '../../lib/json.ts'
import { object, text } from '../../lib/wire.ts'
import { openaiErrorInside } from '../openai-error.ts'

export {
  encodeOpenaiError as encodeError,
  errorFromOpenai as decodeError,
} from '../openai-error.ts'

/** A failed response, or an `error` event: told in a 200. */
export function errorInside(wire: JsonObject): GatewayError {
  return openaiErrorInside(
    object(wire.error) ?? { message: text(wire.message) ?? 'failed', ...wire },
  )
}

/**
 * Codes of a failed response. Agents give up at once on those that say the service is overloaded,
 * so what passes with time is said as the one they retry.
 */
const FAILED_CODE: Partial<Record<ErrorCode, string>> = {
  'rate-limited': 'rate_limit_exceeded',
  'quota-exhausted': 'insufficient_quota',
  'context-exceeded': 'context_length_exceeded',
  'invalid-request': 'invalid_prompt',
}

export function failureOf(error: GatewayError): { code: string; message: string } {
  const code = FAILED_CODE[error.code] ?? 'server_error'
  const wait =
    error.code === 'rate-limited' && error.retryAfterMs !== undefined
      ? ` Please try again in ${Math.ceil(error.retryAfterMs / 1000)}s.`
      : ''
  return { code, message: `${error.message}${wait}` }
}
