import { type TObject, type TProperties, Type } from '@sinclair/typebox'
import { GatewayError } from '../../lib/errors.ts'
import { multipartFields } from '../../lib/net/multipart.ts'
import type { ClientCodec, Endpoint, Envelope, Inbound, Operation } from '../codec.ts'
import { peekBody } from '../shared/peek.ts'
import { openaiChat } from './index.ts'

const File = Type.String({ format: 'binary' })
const Model = Type.String()
const speech = { model: Model, file: File }

/** A picture's file with what to do to it. */
const picture = (fields: TProperties): TObject =>
  Type.Object({ model: Model, image: File, ...fields })

const relay = (
  path: string,
  title: string,
  more: Partial<Operation> & Pick<Operation, 'examples'>,
): Endpoint => ({
  method: 'POST',
  path,
  action: 'relay',
  title: `${title}; passed on to an OpenAI-like provider`,
  ...more,
})

/** What clients of OpenAI's family may call beside conversations. A new endpoint is one line. */
const endpoints: readonly Endpoint[] = [
  relay('/v1/embeddings', 'Embed texts', { examples: { plain: { input: 'Hello' } } }),
  relay('/v1/images/generations', 'Make a picture', {
    examples: { plain: { prompt: 'A red house' } },
  }),
  relay('/v1/images/edits', 'Change a picture', {
    form: picture({ prompt: Type.String() }),
    examples: { form: { prompt: 'Paint the house blue' } },
  }),
  relay('/v1/images/variations', 'Vary a picture', { form: picture({}), examples: { form: {} } }),
  relay('/v1/audio/speech', 'Speak a text', {
    replies: ['audio/*'],
    examples: { plain: { input: 'Hello', voice: 'alloy' } },
  }),
  relay('/v1/audio/transcriptions', 'Write down speech', {
    replies: ['application/json', 'text/plain', 'text/event-stream'],
    form: Type.Object(speech),
    examples: { form: {} },
  }),
  relay('/v1/audio/translations', 'Translate speech', {
    replies: ['application/json', 'text/plain'],
    form: Type.Object(speech),
    examples: { form: {} },
  }),
]

/**
 * What OpenAI's family has beside conversations: never decoded, only routed by its model and passed
 * on as it is.
 */
export const openaiRelays: ClientCodec = {
  ...openaiChat,
  endpoints,
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
