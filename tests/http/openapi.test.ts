import { expect, test } from 'bun:test'
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

type Documented = {
  paths: Record<string, { post?: { requestBody?: { content: Record<string, JsonObject> } } }>
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
      example: { model: 'first-model' },
    })
  }
})
