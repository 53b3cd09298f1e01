import { GatewayError } from '../../lib/errors.ts'
import { multipartFields } from '../../lib/net/multipart.ts'
import type { ClientCodec, Endpoint, Envelope, Inbound } from '../codec.ts'
import { peekBody } from '../shared/peek.ts'
import { openaiChat } from './index.ts'

const PATHS = [
  '/v1/embeddings',
  '/v1/images/generations',
  '/v1/images/edits',
  '/v1/images/variations',
  '/v1/audio/speech',
  '/v1/audio/transcriptions',
  '/v1/audio/translations',
]

/**
 * What OpenAI's family has beside conversations: never decoded, only routed by its model and passed
 * on as it is.
 */
export const openaiRelays: ClientCodec = {
  ...openaiChat,
  endpoints: PATHS.map((path): Endpoint => ({ method: 'POST', path, action: 'relay' })),
  peek,
}

/** A form carries the model as a field, everything else as a member. */
function peek(inbound: Inbound): Envelope {
  const { body, headers } = inbound
  const type = headers.get('content-type') ?? ''
  if (!/^multipart\/form-data/i.test(type)) return peekBody(inbound)
  const [field, another] = multipartFields(body, type, 'model')
  if (another) throw wrongModel('model: given more than once; send it once')
  if (!field || field.value.trim() === '')
    throw wrongModel('model: field required (the name of the model to ask)')
  return { model: field.value.trim(), stream: false, modelAt: field.at, modelAs: 'text' }
}

function wrongModel(message: string): GatewayError {
  return new GatewayError('invalid-request', message, { param: 'model' })
}
