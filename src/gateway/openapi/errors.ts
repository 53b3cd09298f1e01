import type { OpenAPIV3 } from 'openapi-types'
import { type ErrorCode, GatewayError } from '../../lib/errors.ts'
import type { ClientCodec } from '../../protocols/codec.ts'
import { schemaLike } from './schema.ts'

/** What a client is most likely to meet; the codec shapes each of them. */
const SAMPLES: readonly (readonly [code: ErrorCode, message: string])[] = [
  ['invalid-request', 'the body is not valid JSON'],
  ['unauthenticated', 'no API key was sent'],
  ['forbidden', 'this key may not ask for the model'],
  ['model-not-found', 'no model of that name in routes.yaml'],
  ['too-large', 'the request body is too large'],
  ['rate-limited', 'all who could serve this cool down'],
  ['upstream-failed', 'no upstream could answer'],
]

/** The errors of a protocol by status, as its codec writes them. */
export function errorResponses(codec: Pick<ClientCodec, 'encodeError'>): OpenAPIV3.ResponsesObject {
  const responses: OpenAPIV3.ResponsesObject = {}
  for (const [code, message] of SAMPLES) {
    const { status, body } = codec.encodeError(new GatewayError(code, message))
    responses[status] = {
      description: `${message.charAt(0).toUpperCase()}${message.slice(1)}`,
      content: { 'application/json': { schema: schemaLike(body), example: body } },
    }
  }
  responses.default = { description: 'Any other error, in the same shape' }
  return responses
}
