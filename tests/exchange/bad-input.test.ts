import { describe, expect, test } from 'bun:test'
import { gzipSync } from 'bun'
import { renewedGateway } from '../support/local-gateway.ts'

const ROUTES = `
version: 1
providers: { a: { kind: openai-compatible, base-url: "http://a.test/v1", keys: [ secret-upstream-key ] } }
models: { m: a/x }
server: { body-limit: 20kB }
api-keys: [ { name: alice, key: alices-own-key } ]
`
const MESSAGES = '"messages":[{"role":"user","content":"hi"}]'
const AUTH = { authorization: 'Bearer alices-own-key' }

const gateway = () =>
  renewedGateway(ROUTES, () =>
    Response.json({
      id: 'c',
      model: 'x',
      choices: [{ index: 0, message: { content: 'ok' }, finish_reason: 'stop' }],
    }),
  )

describe.each([
  [
    '/v1/messages',
    (body: { type?: string; error: { type: string; message: string } }) => body.type === 'error',
  ],
  [
    '/v1/chat/completions',
    (body: { error: { type: string; message: string } }) => 'code' in body.error,
  ],
])('bad input gets the error of its protocol and nothing else happens: %s', (path, isOwn) => {
  test.each<[string, BodyInit, number, string]>([
    ['empty', '', 400, 'body is empty'],
    ['not JSON', 'hello', 400, 'not a valid JSON object'],
    ['cut JSON', `{"model":"m",${MESSAGES}`, 400, 'ends in the middle'],
    ['an array', '[]', 400, 'not a valid JSON object'],
    ['broken UTF-8', new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x7d]), 400, 'UTF-8'],
    ['no model', `{${MESSAGES}}`, 400, 'model: field required'],
    ['an empty model', `{"model":"",${MESSAGES}}`, 400, 'non-empty string'],
    ['a model that is a number', `{"model":7,${MESSAGES}}`, 400, 'non-empty string'],
    ['a doubled model', `{"model":"m","model":"m",${MESSAGES}}`, 400, 'given twice'],
    [
      'a doubled model in disguise',
      `{"model":"m","mod\\u0065l":"x",${MESSAGES}}`,
      400,
      'given twice',
    ],
    [
      'absurd nesting',
      `{"model":"m","x":${'['.repeat(4_000)}${']'.repeat(4_000)}}`,
      400,
      'nested deeper',
    ],
    ['an unknown model', `{"model":"mm",${MESSAGES}}`, 404, 'did you mean \\"m\\"'],
    ['too large', `{"model":"m","x":"${'x'.repeat(21_000)}"}`, 413, 'larger than 20000 bytes'],
  ])('%s', async (_, body, status, words) => {
    const local = gateway()
    const response = await local.call(path, { method: 'POST', body, headers: AUTH })
    expect(response.status).toBe(status)
    expect(response.headers.get('content-type')).toContain('application/json')
    const text = await response.text()
    expect(text).toContain(words)
    expect(isOwn(JSON.parse(text))).toBe(true)
    expect(local.received).toEqual([])
  })

  test('the limit holds for what a small body unpacks to', async () => {
    const packed = gzipSync(`{"model":"m","x":"${'x'.repeat(900_000)}"}`)
    expect(packed.length).toBeLessThan(2_000)
    const response = await gateway().call(path, {
      method: 'POST',
      body: packed,
      headers: { ...AUTH, 'content-encoding': 'gzip' },
    })
    expect(response.status).toBe(413)
  })

  test('a packed body is unpacked', async () => {
    const local = gateway()
    const packed = gzipSync(`{"model":"m","max_tokens":5,${MESSAGES}}`)
    const response = await local.call(path, {
      method: 'POST',
      body: packed,
      headers: { ...AUTH, 'content-encoding': 'gzip' },
    })
    expect(response.status).toBe(200)
    expect(local.received).toHaveLength(1)
  })

  test.each([
    ['an unknown coding', 'lzw', 'not known'],
    ['a lie', 'gzip', 'not valid gzip'],
  ])('%s', async (_, coding, words) => {
    const response = await gateway().call(path, {
      method: 'POST',
      body: '{}',
      headers: { ...AUTH, 'content-encoding': coding },
    })
    expect(response.status).toBe(400)
    expect(await response.text()).toContain(words)
  })

  test('a wrong method', async () => {
    const response = await gateway().call(path, { method: 'DELETE', headers: AUTH })
    expect(response.status).toBe(405)
    expect(response.headers.get('allow')).toBe('POST')
  })

  test('a wrong path below it', async () =>
    expect(
      (await gateway().call(`${path}/nope`, { method: 'POST', headers: AUTH, body: '{}' })).status,
    ).toBe(404))
})

describe('who may call', () => {
  const ask = { json: { model: 'm', messages: [{ role: 'user', content: 'hi' }] } }
  test.each([
    ['authorization', 'Bearer alices-own-key'],
    ['authorization', 'alices-own-key'],
    ['x-api-key', 'alices-own-key'],
    ['x-goog-api-key', 'alices-own-key'],
    ['api-key', 'alices-own-key'],
  ])('a key in %s: %s', async (name, value) =>
    expect(
      (await gateway().call('/v1/chat/completions', { ...ask, headers: { [name]: value } })).status,
    ).toBe(200),
  )

  test('a real key beside a placeholder', async () => {
    const headers = { authorization: 'Bearer placeholder', 'x-api-key': 'alices-own-key' }
    expect((await gateway().call('/v1/chat/completions', { ...ask, headers })).status).toBe(200)
  })

  test.each([[{}], [{ 'x-api-key': 'wrong' }], [{ authorization: 'Bearer alices-own-ke' }]])(
    '%j is refused',
    async headers => {
      const local = gateway()
      const response = await local.call('/v1/messages', { ...ask, headers })
      expect(response.status).toBe(401)
      expect((await response.json()).error.type).toBe('authentication_error')
      expect((await local.call('/v1/models', { headers })).status).toBe(401)
      expect(local.received).toEqual([])
    },
  )

  test('the key of the client stays here, ours stays upstream', async () => {
    const local = gateway()
    const response = await local.call('/v1/chat/completions', {
      ...ask,
      headers: { ...AUTH, cookie: 'a=b' },
    })
    const sent = JSON.stringify([...(local.received[0]?.headers ?? [])])
    expect(sent).not.toContain('alices-own-key')
    expect(sent).not.toContain('a=b')
    expect(sent).toContain('secret-upstream-key')
    expect(
      JSON.stringify([...response.headers]) + (await response.text()) + local.logged(),
    ).not.toContain('secret-upstream-key')
  })

  test.each([
    [{ host: 'evil.example' }, 403],
    [{ origin: 'https://evil.example' }, 403],
    [{ origin: 'http://localhost:3000' }, 403],
    [{ 'sec-fetch-site': 'cross-site' }, 403],
    [{}, 200],
  ])('without keys, a local call with %j is %d', async (headers, status) => {
    const open = renewedGateway(ROUTES.replace(/api-keys.*/, ''), () =>
      Response.json({
        id: 'c',
        model: 'x',
        choices: [{ index: 0, message: { content: 'ok' }, finish_reason: 'stop' }],
      }),
    )
    expect(
      (
        await open.call('/v1/chat/completions', {
          ...ask,
          headers: headers as Record<string, string>,
        })
      ).status,
    ).toBe(status)
  })
})
