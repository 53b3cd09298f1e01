import { afterAll, describe, expect, test } from 'bun:test'
import { listening } from '../support/listening.ts'

const gateway = listening(
  `version: 1
providers: { a: { kind: openai-compatible, base-url: "http://a.test/v1", keys: [ k ], discover: false } }
models: { m: a/x }
policy: { request-retry: 0 }
`,
  ({ text }) =>
    text.includes('fail')
      ? new Response('<h1>Bad Gateway</h1>', {
          status: 502,
          headers: { 'content-type': 'text/html' },
        })
      : Response.json({
          id: 'c',
          model: 'x',
          choices: [{ index: 0, message: { content: 'ok' }, finish_reason: 'stop' }],
        }),
)
afterAll(() => gateway.listener.cut())

const post = (words: string) => ({
  method: 'POST',
  body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: words }] }),
})

describe('every answer says that its type is what its header says', () => {
  test.each<[string, RequestInit, number]>([
    ['/', {}, 200],
    ['/healthz', {}, 200],
    ['/swagger', {}, 200],
    ['/swagger/json', {}, 200],
    ['/routes.schema.json', {}, 200],
    ['/v1/models', {}, 200],
    ['/v1/models/none', {}, 404],
    ['/nowhere', {}, 404],
    ['/v1/chat/completions', {}, 405],
    ['/v1/chat/completions', post('hi'), 200],
    ['/v1/chat/completions', post('fail'), 502],
    ['/v1/chat/completions', { method: 'POST', body: '{' }, 400],
    ['/v1/responses', { headers: { upgrade: 'websocket', connection: 'upgrade' } }, 400],
  ])('%s %j', async (path, init, status) => {
    const response = await fetch(`${gateway.listener.url}${path}`, init)
    expect(response.status).toBe(status)
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
    await response.bytes()
  })

  test('also of a host that is none', async () => {
    const reply = await gateway.raw('GET / HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n')
    expect(reply.toLowerCase()).toContain('x-content-type-options: nosniff')
  })
})
