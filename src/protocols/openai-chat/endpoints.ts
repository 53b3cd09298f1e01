import type { JsonObject } from '../../lib/json/json.ts'
import type { Endpoint } from '../codec.ts'
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
