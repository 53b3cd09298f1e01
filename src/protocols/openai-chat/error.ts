import { GatewayError } from '../../lib/errors.ts'
import type { JsonObject } from '../../lib/json/json.ts'
import { objects } from '../../lib/json/read-json.ts'
import {
  hasError,
  parseErrorBody,
  parseUpstreamError,
  toGatewayError,
} from '../shared/upstream-error.ts'

export {
  encodeOpenaiError as encodeError,
  errorFromOpenai as decodeError,
  openaiErrorBody as errorBody,
} from '../shared/openai/error.ts'

/** An error in the place of a completion whose status was 200. */
export function embeddedError(body: JsonObject): GatewayError | undefined {
  if (isError(body)) return toGatewayError(parseErrorBody(body))
  const [choice] = objects(body.choices)
  if (choice) {
    const error = choice.error ? choiceError(choice) : undefined
    return error ?? (choice.finish_reason === 'error' ? endedInError() : undefined)
  }
  return toGatewayError(parseErrorBody(body, 'the upstream sent a completion without a choice'))
}

/** An error in the place of a chunk. */
export function chunkError(chunk: JsonObject): GatewayError | undefined {
  return isError(chunk) ? toGatewayError(parseErrorBody(chunk)) : undefined
}

/** vLLM sends it without an `error` around it. */
function isError({ error, object }: JsonObject): boolean {
  return object === 'error' || (error ? hasError(error) : false)
}

/** OpenRouter gives the error of the service behind it in the choice. */
export function choiceError({ error }: JsonObject): GatewayError | undefined {
  return hasError(error) ? toGatewayError(parseUpstreamError(error)) : undefined
}

/** … or only names it as the finish reason. */
export function endedInError(): GatewayError {
  return new GatewayError('upstream-failed', 'the upstream ended the completion with an error')
}
