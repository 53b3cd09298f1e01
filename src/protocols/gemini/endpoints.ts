import type { JsonObject } from '../../lib/json/json.ts'
import { table } from '../../lib/json/table.ts'
import type { Endpoint, Operation } from '../codec.ts'
import { PIXEL } from '../shared/sample-image.ts'

const user = (...parts: JsonObject[]): JsonObject => ({ contents: [{ role: 'user', parts }] })

const hello = user({ text: 'Hello' })

const examples: Record<string, JsonObject> = {
  plain: hello,
  tool: {
    ...user({ text: 'How warm is it in Oslo?' }),
    tools: [
      {
        functionDeclarations: [
          {
            name: 'temperature',
            description: 'The temperature of a city, in degrees Celsius',
            parameters: {
              type: 'OBJECT',
              properties: { city: { type: 'STRING' } },
              required: ['city'],
            },
          },
        ],
      },
    ],
  },
  image: user(
    { inlineData: { mimeType: 'image/png', data: PIXEL } },
    { text: 'Which colour is this?' },
  ),
}

const sentence: JsonObject = { content: { parts: [{ text: 'Hello' }] } }

const VERBS = table<Operation>({
  generateContent: { action: 'generate', title: 'Generate content (Gemini)', examples },
  streamGenerateContent: {
    action: 'generate',
    title: 'Generate content as a stream; events with ?alt=sse, else one array (Gemini)',
    replies: ['text/event-stream', 'application/json'],
    examples: { streamed: hello, tool: examples.tool ?? {}, image: examples.image ?? {} },
  },
  countTokens: {
    action: 'count-tokens',
    title: 'Count the tokens of a request (Gemini)',
    examples: { plain: hello },
  },
  embedContent: {
    action: 'relay',
    title: 'Embed a text; passed on to a Gemini provider (Gemini)',
    examples: { plain: sentence },
  },
  batchEmbedContents: {
    action: 'relay',
    title: 'Embed several texts; passed on to a Gemini provider (Gemini)',
    examples: { plain: { requests: [sentence] } },
  },
})

/** Where clients of Google's two services look for models. */
const ROOTS = [
  '/v1beta/models',
  '/v1/models',
  '/v1beta1/publishers/google/models',
  '/v1/publishers/google/models',
  '/v1beta1/projects/:project/locations/:location/publishers/google/models',
  '/v1/projects/:project/locations/:location/publishers/google/models',
]

/** What clients of Gemini may call: a verb behind a model's name. A new one is one entry of `VERBS`. */
export const endpoints: readonly Endpoint[] = ROOTS.map(
  (root): Endpoint => ({ method: 'POST', path: `${root}/*`, verbs: VERBS }),
)
