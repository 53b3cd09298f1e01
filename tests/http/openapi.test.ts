import { describe, expect, test } from 'bun:test'
import type { JsonObject } from '../../src/lib/json/json.ts'
import { localGateway } from '../support/local-gateway.ts'

const routes = (model: string): string => `
version: 1
providers: { echo: { kind: echo } }
models: { ${model}: echo/echo }
`

async function documented(model: string): Promise<string> {
  const gateway = localGateway(routes(model), () => new Response())
  return (await gateway.call('/swagger/json')).text()
}

type Operation = {
  operationId: string
  requestBody?: { content: Record<string, JsonObject> }
  responses: Record<string, { content?: Record<string, { example?: unknown }> }>
}
type Documented = {
  paths: Record<string, { post?: Operation; get?: Operation; delete?: Operation }>
  components: { schemas: Record<string, unknown> }
}

test('each snapshot documents its own models, though most of the text is written once', async () => {
  const before = await documented('first-model')
  const other = await documented('other-model')
  expect(other).not.toContain('first-model')
  expect(other.replaceAll('other-model', 'first-model')).toBe(before)
  expect(await documented('first-model')).toBe(before)
})

test('every endpoint that takes a model in its body shows which there are', async () => {
  const { paths }: Documented = JSON.parse(await documented('first-model'))
  for (const path of ['/v1/messages', '/v1/chat/completions', '/v1/responses', '/v1/embeddings']) {
    const body = paths[path]?.post?.requestBody?.content['application/json']
    expect(body).toMatchObject({
      schema: {
        type: 'object',
        required: expect.arrayContaining(['model']),
        properties: {
          model: {
            type: 'string',
            examples: ['first-model', 'echo'],
            description: 'One of: first-model, echo; or provider/model',
          },
        },
        additionalProperties: true,
      },
      examples: { plain: { value: { model: 'first-model' } } },
    })
  }
})

describe('the document is true', () => {
  test('every reference leads to a schema of its own', async () => {
    const text = await documented('m')
    const { components }: Documented = JSON.parse(text)
    const named = [...text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)]
    expect(named.length).toBeGreaterThan(10)
    for (const [, name = ''] of named) expect(Object.keys(components.schemas)).toContain(name)
  })

  test('streams are events, forms are forms, and a WebSocket is an upgrade', async () => {
    const { paths }: Documented = JSON.parse(await documented('m'))
    const replies = (path: string) => paths[path]?.post?.responses[200]?.content ?? {}
    expect(Object.keys(replies('/v1/messages'))).toEqual(['application/json', 'text/event-stream'])
    expect(replies('/v1/messages')['text/event-stream']?.example).toStartWith(
      'event: message_start',
    )
    expect(Object.keys(replies('/v1/audio/speech'))).toEqual(['audio/*'])
    const form = paths['/v1/images/edits']?.post?.requestBody?.content ?? {}
    expect(Object.keys(form)).toEqual(['multipart/form-data'])
    expect(Object.keys(paths['/v1/responses']?.get?.responses ?? {})).toContain('101')
  })

  test('errors have the shape of their protocol', async () => {
    const { paths }: Documented = JSON.parse(await documented('m'))
    const error = (path: string) =>
      paths[path]?.post?.responses[429]?.content?.['application/json']?.example
    expect(error('/v1/messages')).toMatchObject({ error: { type: 'rate_limit_error' } })
    expect(error('/v1beta/models/{model}:generateContent')).toMatchObject({
      error: { code: 429, status: 'RESOURCE_EXHAUSTED' },
    })
  })

  test('every operation has a name of its own', async () => {
    const { paths }: Documented = JSON.parse(await documented('m'))
    const names = Object.values(paths).flatMap(methods =>
      Object.values(methods).map(({ operationId }) => operationId),
    )
    expect(names).toContain('postV1Messages')
    expect(names).toContain('getV1ModelsById')
    expect(new Set(names).size).toBe(names.length)
  })
})
