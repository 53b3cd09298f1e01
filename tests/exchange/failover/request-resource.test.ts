import { describe, expect, test } from 'bun:test'
import { localGateway } from '../../support/local-gateway.ts'

const ROUTES = `
version: 1
providers:
  g: { kind: gemini, base-url: "http://g.test", keys: [ g1 ], discover: false }
  o: { kind: openai, base-url: "http://o.test/v1", keys: [ o1 ], discover: false }
models: { gem: g/gemini-2.5-pro, gpt: o/gpt-5 }
policy: { request-retry: 0 }
`
const google = (code: number, status: string, message: string) =>
  Response.json({ error: { code, status, message } }, { status: code })
const openai = (status: number, message: string, code: string | null = null) =>
  Response.json({ error: { message, type: 'invalid_request_error', code } }, { status })
const gemini = (extra: object) => ({
  path: '/v1beta/models/gem:generateContent',
  json: { contents: [{ role: 'user', parts: [{ text: 'hi' }] }], ...extra },
})
const responses = (extra: object) => ({
  path: '/v1/responses',
  json: { model: 'gpt', input: 'hi', store: false, ...extra },
})
const file = { fileData: { fileUri: 'https://generativelanguage.googleapis.com/v1beta/files/x' } }

describe('an error about something that the request names cools down no credential', () => {
  test.each([
    [
      'a cached content that is gone',
      gemini({ cachedContent: 'cachedContents/none' }),
      () => google(403, 'PERMISSION_DENIED', 'CachedContent not found (or permission denied)'),
    ],
    [
      'a file that is not there',
      gemini({ contents: [{ role: 'user', parts: [file] }] }),
      () => google(403, 'PERMISSION_DENIED', 'You do not have permission to access the File x'),
    ],
    [
      'a response of another account',
      responses({ previous_response_id: 'resp_0123456789' }),
      () => openai(404, "Previous response with id 'resp_0123456789' not found."),
    ],
    [
      'an identifier that stands in the request',
      responses({ tools: [{ type: 'file_search', vector_store_ids: ['vs_68a1f0'] }] }),
      () => openai(404, 'vs_68a1f0 does not exist'),
    ],
    [
      'words of the request that read like a missing model',
      responses({ tools: [{ type: 'function', name: 'unsupported model', parameters: {} }] }),
      () => openai(400, "Invalid 'tools[0].name': 'unsupported model' has a blank"),
    ],
  ])('%s', async (_, { path, json }, reply) => {
    const gateway = localGateway(ROUTES, reply)
    expect((await gateway.call(path, { json })).status).toBeGreaterThanOrEqual(400)
    expect(gateway.services.pool.states()).toEqual([])
  })
})

describe('an error about the credential or the model cools it down', () => {
  test.each([
    [
      'a model that is not there',
      responses({}),
      () => openai(404, 'The model `gpt-5` does not exist or you do not have access to it.'),
    ],
    ['an account without access', gemini({}), () => google(403, 'PERMISSION_DENIED', 'Denied.')],
    [
      'a plan without the model, beside a file in the request',
      gemini({ contents: [{ role: 'user', parts: [file] }] }),
      () => google(404, 'NOT_FOUND', 'models/gemini-2.5-pro is not found for API version v1beta'),
    ],
  ])('%s', async (_, { path, json }, reply) => {
    const gateway = localGateway(ROUTES, reply)
    await gateway.call(path, { json })
    expect(gateway.services.pool.states()).toHaveLength(1)
  })
})
