import { describe, expect, test } from 'bun:test'
import { renewedGateway } from '../../support/local-gateway.ts'

const ROUTES = `
version: 1
providers:
  a: { kind: openai-compatible, base-url: "http://a.test/v1", keys: [ k ] }
  b: { kind: openai-compatible, base-url: "http://b.test/v1", keys: [ k ] }
models: { m: [ TARGETS ] }
policy: { request-retry: 0 }
logging: { level: error }
`
const CLIENTS = [
  ['/v1/chat/completions', { model: 'm', messages: [{ role: 'user', content: 'hi' }] }],
  ['/v1/messages', { model: 'm', max_tokens: 9, messages: [{ role: 'user', content: 'hi' }] }],
  ['/v1beta/models/m:generateContent', { contents: [{ parts: [{ text: 'hi' }] }] }],
  ['/v1/embeddings', { model: 'm', input: 'hi' }],
] as const
const OK = {
  id: 'c',
  model: 'x',
  choices: [{ index: 0, message: { role: 'assistant', content: 'ok' }, finish_reason: 'stop' }],
  data: [],
}

/** `Response` itself refuses such a status; sockets deliver it. */
function withStatus(status: number, body: string): Response {
  const reply = new Response(body, { headers: { 'content-type': 'application/json' } })
  return Object.defineProperty(reply, 'status', { value: status })
}

const gatewayOver = (reply: () => Response, targets = 'a/x') =>
  renewedGateway(ROUTES.replace('TARGETS', targets), ({ url }) =>
    url.startsWith('http://a.test') ? reply() : Response.json(OK),
  )

describe.each(CLIENTS)('%s', (path, json) => {
  describe.each([0, 99, 199, 302, 304, 399, 600, 999])('a status of %d', status => {
    test.each(['{"error":{"message":"odd"}}', '{"choices":[]}', 'odd', ''])(
      'with %j is a 502',
      async body => {
        const gateway = gatewayOver(() => withStatus(status, body))
        const response = await gateway.call(path, { json })
        expect(response.status).toBe(502)
        expect(await response.json()).toBeObject()
      },
    )

    test('goes on to the next target', async () => {
      const gateway = gatewayOver(() => withStatus(status, '{}'), 'a/x, b/x')
      expect((await gateway.call(path, { json })).status).toBe(200)
    })
  })

  describe.each([400, 404, 429, 502, 503])('a page behind a status of %d', status => {
    test.each(['text/html; charset=utf-8', 'text/plain', 'application/json', ''])(
      'as %j is an error of ours with its words',
      async type => {
        const page = '<html><script>alert(1)</script><body><h1>Sorry</h1> no luck</body></html>'
        const headers: Record<string, string> = type === '' ? {} : { 'content-type': type }
        const gateway = gatewayOver(() => new Response(page, { status, headers }))
        const response = await gateway.call(path, { json })
        expect(response.status).toBe(status)
        expect(response.headers.get('content-type')).toStartWith('application/json')
        const text = await response.text()
        expect(JSON.parse(text).error.message).toContain('Sorry no luck')
        expect(text).not.toContain('script')
      },
    )
  })

  test('an error in JSON that calls itself a page is JSON', async () => {
    const error = '{"error":{"message":"<b>no</b>","type":"t"}}'
    const headers = { 'content-type': 'text/html' }
    const gateway = gatewayOver(() => new Response(error, { status: 400, headers }))
    const response = await gateway.call(path, { json })
    expect(response.headers.get('content-type')).toStartWith('application/json')
    expect(await response.text()).toContain('<b>no</b>')
  })
})

test('an answer in JSON that calls itself a page is JSON', async () => {
  const gateway = gatewayOver(
    () => new Response(JSON.stringify(OK), { headers: { 'content-type': 'text/html' } }),
  )
  const response = await gateway.call(CLIENTS[0][0], { json: CLIENTS[0][1] })
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toBe('application/json')
})

test('broken strings in usage are usage that is not told', async () => {
  const reply = `${JSON.stringify(OK).slice(0, -1)},"usage":{"prompt_tokens":1,"x":"\\x"}}`
  const gateway = gatewayOver(() => new Response(reply))
  const response = await gateway.call(CLIENTS[0][0], { json: CLIENTS[0][1] })
  expect([response.status, await response.text()]).toEqual([
    200,
    reply.replace('"model":"x"', '"model":"m"'),
  ])
})

test('a status inside a stream that HTTP does not have is a 502', async () => {
  const gateway = gatewayOver(
    () =>
      new Response('data: {"error":{"message":"odd","code":600}}\n\n', {
        headers: { 'content-type': 'text/event-stream' },
      }),
  )
  const response = await gateway.call(CLIENTS[0][0], { json: { ...CLIENTS[0][1], stream: true } })
  expect(response.status).toBe(502)
})
