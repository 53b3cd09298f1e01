import type { GatewayError } from '../../lib/errors.ts'
import { errorFromOpenai, openaiErrorBody, openaiErrorInside } from '../openai-error.ts'

export const decodeError = errorFromOpenai
export const errorInside = openaiErrorInside
export const errorBody = openaiErrorBody

export function encodeError(error: GatewayError) {
  const headers: Record<string, string> = {}
  if (error.retryAfterMs !== undefined)
    headers['retry-after'] = String(Math.ceil(error.retryAfterMs / 1000))
  return { status: error.status, headers, body: openaiErrorBody(error) }
}
