import { type TObject, type TProperties, Type } from '@sinclair/typebox'
import type { JsonObject } from '../../lib/json/json.ts'
import type { Endpoint, Operation } from '../codec.ts'
import { PIXEL } from '../shared/sample-image.ts'

const hello: JsonObject = { messages: [{ role: 'user', content: 'Hello' }] }

const examples: Record<string, JsonObject> = {
  plain: hello,
  streamed: { ...hello, stream: true, stream_options: { include_usage: true } },
  tool: {
    messages: [{ role: 'user', content: 'How warm is it in Oslo?' }],
    tools: [
      {
        type: 'function',
        function: {
          name: 'temperature',
          description: 'The temperature of a city, in degrees Celsius',
          parameters: {
            type: 'object',
            properties: { city: { type: 'string' } },
            required: ['city'],
          },
        },
      },
    ],
  },
  image: {
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Which colour is this?' },
          { type: 'image_url', image_url: { url: `data:image/png;base64,${PIXEL}` } },
        ],
      },
    ],
  },
}

/** What clients of Chat Completions may call. A new endpoint is one entry. */
export const endpoints: readonly Endpoint[] = [
  {
    method: 'POST',
    path: '/v1/chat/completions',
    action: 'generate',
    title: 'Complete a chat (OpenAI)',
    replies: ['application/json', 'text/event-stream'],
    examples,
  },
]

/** The legacy text endpoint. */
export const completionEndpoints: readonly Endpoint[] = [
  {
    method: 'POST',
    path: '/v1/completions',
    action: 'generate',
    title: 'Complete a text (OpenAI, legacy; served through chat)',
    replies: ['application/json', 'text/event-stream'],
    examples: { plain: { prompt: 'Hello' }, streamed: { prompt: 'Hello', stream: true } },
  },
]

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
export const relayEndpoints: readonly Endpoint[] = [
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
