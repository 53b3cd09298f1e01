import { describe, expect, test } from 'bun:test'
import type { JsonObject } from '../../../src/lib/json/json.ts'
import type { ClientCodec, Endpoint, Operation } from '../../../src/protocols/codec.ts'
import { clientCodecs } from '../../../src/protocols/index.ts'

type Example = { name: string; codec: ClientCodec; operation: Operation; body: JsonObject }

function operationsOf(endpoint: Endpoint): Operation[] {
  return 'verbs' in endpoint ? Object.values(endpoint.verbs) : [endpoint]
}

const EXAMPLES = clientCodecs.flatMap(codec =>
  codec.endpoints.flatMap(operationsOf).flatMap(operation =>
    Object.entries(operation.examples).map(
      ([name, body]): Example => ({
        name: `${operation.title}, ${name}`,
        codec,
        operation,
        body: { model: 'm', ...body },
      }),
    ),
  ),
)

describe('every example is a request that its protocol takes', () => {
  const checked = EXAMPLES.filter(({ codec, operation }) => codec.requests[operation.action])
  test.each(checked)('$name', ({ codec, operation, body }) => {
    codec.requests[operation.action]?.check(body)
    const streams = operation.title.includes('stream') || body.stream === true
    expect(codec.decodeRequest(body, { model: 'm', stream: streams })).toMatchObject({
      messages: expect.any(Array),
    })
  })

  test('each protocol shows a plain, a streamed, a tool and an image request', () => {
    for (const protocol of ['anthropic', 'openai-chat', 'openai-responses', 'gemini']) {
      const shown = EXAMPLES.filter(({ codec }) => codec.protocol === protocol)
      const kinds = new Set(shown.map(({ name }) => name.split(', ').at(-1)))
      expect([protocol, ...['plain', 'streamed', 'tool', 'image'].filter(kind => !kinds.has(kind))])
        // Nothing is missing.
        .toEqual([protocol])
    }
  })
})
