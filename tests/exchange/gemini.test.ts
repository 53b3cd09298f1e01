import { describe, expect, test } from 'bun:test'
import type { JsonObject } from '../../src/lib/json/json.ts'
import { renewedGateway, streamOf } from '../support/local-gateway.ts'
import { list, object } from '../support/readers/seen.ts'

const ROUTES = `
version: 1
providers:
  google: { kind: gemini, base-url: "http://google.test", keys: [ secret-key ], models: [ gemini-2.5-flash, text-embedding ] }
  chat: { kind: openai-compatible, base-url: "http://chat.test/v1", keys: [ k ], models: [ m ] }
models:
  fast: google/gemini-2.5-flash
  "team/fast": google/gemini-2.5-flash
  other: chat/m
policy: { request-retry: 0 }
logging: { level: error }
`

const QUESTION = { contents: [{ role: 'user', parts: [{ text: 'hi' }] }] }
const CHUNKS = [
  { candidates: [{ content: { role: 'model', parts: [{ text: 'Hel' }] }, index: 0 }] },
  {
    candidates: [
      { content: { role: 'model', parts: [{ text: 'lo' }] }, finishReason: 'STOP', index: 0 },
    ],
    usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 2, totalTokenCount: 5 },
  },
].map(chunk => ({ ...chunk, modelVersion: 'gemini-2.5-flash', responseId: 'r' }))
const SSE = CHUNKS.map(chunk => `data: ${JSON.stringify(chunk)}\r\n\r\n`)

const google = () => renewedGateway(ROUTES, () => streamOf(SSE))

describe('paths of Gemini clients', () => {
  for (const root of [
    '/v1beta/models',
    '/v1/models',
    '/v1beta1/publishers/google/models',
    '/v1/publishers/google/models',
    '/v1/projects/p/locations/global/publishers/google/models',
  ]) {
    test(root, async () => {
      const gateway = google()
      const response = await gateway.call(`${root}/fast:streamGenerateContent?alt=sse`, {
        json: QUESTION,
      })
      expect(response.status).toBe(200)
      expect(response.headers.get('content-type')).toStartWith('text/event-stream')
      const text = await response.text()
      expect(text).toContain('"Hel"')
      expect(text).toContain('"modelVersion":"fast"')
      expect(gateway.received[0]?.url).toBe(
        'http://google.test/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse',
      )
      expect(gateway.received[0]?.headers.get('x-goog-api-key')).toBe('secret-key')
      expect(gateway.received[0]?.headers.get('authorization')).toBeNull()
    })
  }

  test('a name with a slash, escaped or not', async () => {
    for (const name of ['team/fast', 'team%2Ffast']) {
      const gateway = google()
      const response = await gateway.call(`/v1beta/models/${name}:streamGenerateContent?alt=sse`, {
        json: QUESTION,
      })
      expect(response.status).toBe(200)
    }
  })

  test('an unknown verb is told what there is', async () => {
    const response = await google().call('/v1beta/models/fast:predict', { json: QUESTION })
    expect(response.status).toBe(404)
    expect(object((await response.json()) as JsonObject).error).toMatchObject({
      code: 404,
      status: 'NOT_FOUND',
      message: expect.stringContaining('generateContent'),
    })
  })

  test('an unknown model, and broken JSON, in the protocol’s own words', async () => {
    const unknown = await google().call('/v1beta/models/fats:generateContent', { json: QUESTION })
    expect(unknown.status).toBe(404)
    expect(JSON.stringify(await unknown.json())).toContain('did you mean')
    const broken = await google().call('/v1beta/models/fast:generateContent', {
      method: 'POST',
      body: '{"contents": [',
    })
    expect(broken.status).toBe(400)
    expect(((await broken.json()) as { error: JsonObject }).error.status).toBe('INVALID_ARGUMENT')
  })

  test('the key may stand in the address', async () => {
    const gateway = renewedGateway(`${ROUTES}\napi-keys: [ { name: me, key: my-own-key } ]`, () =>
      streamOf(SSE),
    )
    const path = '/v1beta/models/fast:streamGenerateContent?alt=sse'
    expect((await gateway.call(`${path}&key=my-own-key`, { json: QUESTION })).status).toBe(200)
    expect((await gateway.call(`${path}&key=wrong`, { json: QUESTION })).status).toBe(401)
    expect(gateway.received[0]?.url).not.toContain('my-own-key')
  })
})

describe('a stream without alt=sse is one array', () => {
  test('passed through', async () => {
    const response = await google().call('/v1beta/models/fast:streamGenerateContent', {
      json: QUESTION,
    })
    expect(response.headers.get('content-type')).toStartWith('application/json')
    const chunks = (await response.json()) as JsonObject[]
    expect(chunks).toEqual(CHUNKS.map(chunk => ({ ...chunk, modelVersion: 'fast' })))
  })

  test('wherever the upstream’s bytes are cut', async () => {
    const bytes = new TextEncoder().encode(SSE.join(''))
    for (let at = 1; at < bytes.length; at += 13) {
      const gateway = renewedGateway(ROUTES, () => streamOf([bytes.slice(0, at), bytes.slice(at)]))
      const response = await gateway.call('/v1beta/models/fast:streamGenerateContent', {
        json: QUESTION,
      })
      expect((await response.json()) as JsonObject[]).toHaveLength(2)
    }
  })

  test('translated, and when it breaks off', async () => {
    const chunk = (delta: JsonObject, finish: string | null = null): string =>
      `data: ${JSON.stringify({ id: 'c', model: 'm', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`
    const whole = renewedGateway(ROUTES, () =>
      streamOf([chunk({ content: 'ok' }), chunk({}, 'stop'), 'data: [DONE]\n\n']),
    )
    const said = await whole.call('/v1beta/models/other:streamGenerateContent', { json: QUESTION })
    const chunks = (await said.json()) as JsonObject[]
    expect(list(object(list(chunks[0]?.candidates)[0]?.content).parts)[0]?.text).toBe('ok')
    const cut = renewedGateway(ROUTES, () => streamOf([chunk({ content: 'ok' })]))
    const broken = await cut.call('/v1beta/models/other:streamGenerateContent', { json: QUESTION })
    const last = ((await broken.json()) as JsonObject[]).at(-1)
    expect(object(last?.error).code).toBe(503)
  })
})

describe('models', () => {
  test('listed and one by one', async () => {
    const gateway = google()
    const { models } = (await (await gateway.call('/v1beta/models')).json()) as {
      models: JsonObject[]
    }
    expect(models.map(({ name }) => name)).toContain('models/fast')
    expect(await (await gateway.call('/v1beta/models/fast')).json()).toMatchObject({
      name: 'models/fast',
      inputTokenLimit: expect.any(Number),
    })
    // The newest SDK asks here, and is known by its key's header.
    const listed = await gateway.call('/v1/models', { headers: { 'x-goog-api-key': 'k' } })
    expect(((await listed.json()) as JsonObject).models).toBeArray()
    expect((await gateway.call('/v1beta/models/nobody')).status).toBe(404)
  })
})

describe('tokens', () => {
  test('are counted by the service where it can', async () => {
    const gateway = renewedGateway(ROUTES, () => Response.json({ totalTokens: 7 }))
    const response = await gateway.call('/v1beta/models/fast:countTokens', { json: QUESTION })
    expect(await response.json()).toEqual({ totalTokens: 7 })
    expect(gateway.received[0]?.path).toBe('/v1beta/models/gemini-2.5-flash:countTokens')
  })

  test('and here where it cannot', async () => {
    const gateway = google()
    const response = await gateway.call('/v1beta/models/other:countTokens', { json: QUESTION })
    expect(((await response.json()) as JsonObject).totalTokens).toBeGreaterThan(3)
    expect(gateway.received).toHaveLength(0)
  })
})

describe('what is only passed on', () => {
  test('embeddings go to Gemini providers', async () => {
    const reply = { embedding: { values: [0.1] } }
    const gateway = renewedGateway(ROUTES, () => Response.json(reply))
    const body = { content: { parts: [{ text: 'hi' }] } }
    const response = await gateway.call('/v1beta/models/google%2Ftext-embedding:embedContent', {
      json: body,
    })
    expect(await response.json()).toEqual(reply)
    expect(gateway.received[0]?.path).toBe('/v1beta/models/text-embedding:embedContent')
    expect(JSON.parse(gateway.received[0]?.text ?? '')).toEqual(body)
  })

  test('and nowhere else', async () => {
    const gateway = google()
    const response = await gateway.call('/v1beta/models/other:batchEmbedContents', {
      json: { requests: [] },
    })
    expect(response.status).toBe(404)
    expect(await response.text()).toContain('chat has no batchEmbedContents')
    expect(gateway.received).toHaveLength(0)
  })
})
