import { GatewayError } from '../../lib/errors.ts'
import { multipartFields } from '../../lib/net/multipart.ts'
import type { ClientCodec, Envelope, Inbound } from '../codec.ts'
import { peekBody } from '../shared/peek.ts'
import { relayEndpoints } from './endpoints.ts'
import { openaiChat } from './index.ts'

/**
 * What OpenAI's family has beside conversations: never decoded, only routed by its model and passed
 * on as it is.
 */
export const openaiRelays: ClientCodec = {
  ...openaiChat,
  endpoints: relayEndpoints,
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
