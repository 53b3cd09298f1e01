import type { JsonObject } from '../../lib/json/json.ts'
import type { Endpoint } from '../codec.ts'
import { PIXEL } from '../shared/sample-image.ts'

const hello: JsonObject = { max_tokens: 1024, messages: [{ role: 'user', content: 'Hello' }] }

const examples: Record<string, JsonObject> = {
  plain: hello,
  streamed: { ...hello, stream: true },
  tool: {
    max_tokens: 1024,
    messages: [{ role: 'user', content: 'How warm is it in Oslo?' }],
    tools: [
      {
        name: 'temperature',
        description: 'The temperature of a city, in degrees Celsius',
        input_schema: {
          type: 'object',
          properties: { city: { type: 'string' } },
          required: ['city'],
        },
      },
    ],
  },
  image: {
    max_tokens: 1024,
    messages: [
      {
        role: 'user',
        content: [
          { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PIXEL } },
          { type: 'text', text: 'Which colour is this?' },
        ],
      },
    ],
  },
}

/** What clients of Anthropic Messages may call. A new endpoint is one entry. */
export const endpoints: readonly Endpoint[] = [
  {
    method: 'POST',
    path: '/v1/messages',
    action: 'generate',
    title: 'Send messages (Anthropic)',
    replies: ['application/json', 'text/event-stream'],
    examples,
  },
  {
    method: 'POST',
    path: '/v1/messages/count_tokens',
    action: 'count-tokens',
    title: 'Count the tokens of a request (Anthropic)',
    examples: { plain: { messages: [{ role: 'user', content: 'Hello' }] } },
  },
]
