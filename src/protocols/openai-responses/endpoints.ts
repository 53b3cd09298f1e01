import type { JsonObject } from '../../lib/json/json.ts'
import type { Endpoint } from '../codec.ts'
import { PIXEL } from '../shared/sample-image.ts'

const hello: JsonObject = { input: 'Hello' }

const examples: Record<string, JsonObject> = {
  plain: hello,
  streamed: { ...hello, stream: true },
  tool: {
    input: 'How warm is it in Oslo?',
    tools: [
      {
        type: 'function',
        name: 'temperature',
        description: 'The temperature of a city, in degrees Celsius',
        parameters: {
          type: 'object',
          properties: { city: { type: 'string' } },
          required: ['city'],
        },
      },
    ],
  },
  image: {
    input: [
      {
        role: 'user',
        content: [
          { type: 'input_text', text: 'Which colour is this?' },
          { type: 'input_image', image_url: `data:image/png;base64,${PIXEL}` },
        ],
      },
    ],
  },
}

/** What clients of Responses may call. A new endpoint is one entry. */
export const endpoints: readonly Endpoint[] = [
  {
    method: 'POST',
    path: '/v1/responses',
    action: 'generate',
    title: 'Create a response (OpenAI); also over a WebSocket',
    replies: ['application/json', 'text/event-stream'],
    examples,
  },
  {
    method: 'POST',
    path: '/v1/responses/compact',
    action: 'compact',
    title: 'Compact a conversation (OpenAI)',
    examples: { plain: hello },
  },
  {
    method: 'POST',
    path: '/v1/responses/input_tokens',
    action: 'count-tokens',
    title: 'Count the tokens of a request (OpenAI)',
    examples: { plain: hello },
  },
]
