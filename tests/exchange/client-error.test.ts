import { describe, expect, test } from 'bun:test'
import { type LocalGateway, renewedGateway } from '../support/local-gateway.ts'

const ROUTES = `
version: 1
providers:
  a: { kind: anthropic-compatible, base-url: "http://a.test", keys: [ a1 ] }
  o: { kind: openai-compatible, base-url: "http://o.test/v1", keys: [ o1 ] }
  r: { kind: openai-responses-compatible, base-url: "http://r.test/v1", keys: [ r1 ] }
  g: { kind: gemini, base-url: "http://g.test", keys: [ g1 ], discover: false }
  unset: { kind: openai-compatible, base-url: "http://u.test/v1", keys: [ "\${UNSET_KEY}" ] }
models: { anthropic: a/m, openai-chat: o/m, openai-responses: r/m, gemini: g/m, none: unset/m }
api-keys: [ good ]
policy: { request-retry: 0 }
`
const words = (message: string) => ({
  type: 'error',
  error: { type: 'authentication_error', message, code: 401 },
})
const hi = [{ role: 'user', content: 'hi' }]

/** One request in each protocol. */
const ask: Record<string, (model: string) => { path: string; json: object }> = {
  anthropic: model => ({ path: '/v1/messages', json: { model, max_tokens: 9, messages: hi } }),
  'openai-chat': model => ({ path: '/v1/chat/completions', json: { model, messages: hi } }),
  'openai-responses': model => ({ path: '/v1/responses', json: { model, input: 'hi' } }),
  gemini: model => ({
    path: `/v1beta/models/${model}:generateContent`,
    json: { contents: [{ role: 'user', parts: [{ text: 'hi' }] }] },
  }),
}
const protocols = Object.keys(ask)
const send = (gateway: LocalGateway, client: string, model: string, key = 'good') => {
  const { path, json } = ask[client]!(model)
  return gateway.call(path, { json, headers: { authorization: `Bearer ${key}` } })
}

describe('an upstream that refuses our credential', () => {
  const pairs = protocols.flatMap(client => protocols.map(target => [client, target] as const))
  test.each(pairs)('is not the client’s own 401 (%s onto %s)', async (client, target) => {
    for (const status of [401, 403]) {
      const gateway = renewedGateway(ROUTES, () =>
        Response.json(words('invalid x-api-key'), { status }),
      )
      const reply = await send(gateway, client, target)
      // Gemini CLI repeats every 5xx for minutes.
      expect(reply.status).toBe(client === 'gemini' ? 400 : 502)
      expect(reply.headers.get('x-should-retry')).toBe('false')
      const text = await reply.text()
      expect(text).toContain('invalid x-api-key')
      expect(text).toContain('check the one of that provider in routes.yaml')
      expect(text).not.toContain('authentication_error')
      expect(text).not.toContain('invalid_api_key"')
    }
  })
})

describe('whether to try again is said', () => {
  const retry = (reply: Response) => reply.headers.get('x-should-retry')
  test.each(protocols)('a wrong key: no (%s)', async client => {
    const gateway = renewedGateway(ROUTES, () => Response.json({}))
    const reply = await send(gateway, client, client, 'wrong')
    expect([reply.status, retry(reply)]).toEqual([401, 'false'])
  })

  test.each(protocols)('a provider without a key: no (%s)', async client => {
    const reply = await send(
      renewedGateway(ROUTES, () => Response.json({})),
      client,
      'none',
    )
    expect([reply.status, retry(reply)]).toEqual([client === 'gemini' ? 400 : 503, 'false'])
  })

  test.each(protocols)('a limit that lasts for hours: no; for seconds: yes (%s)', async client => {
    for (const [seconds, expected] of [
      ['7200', 'false'],
      ['7', null],
    ] as const) {
      const gateway = renewedGateway(ROUTES, () =>
        Response.json(words('slow down'), { status: 429, headers: { 'retry-after': seconds } }),
      )
      const reply = await send(gateway, client, client)
      expect([reply.status, retry(reply)]).toEqual([429, expected])
      // The next one is told by the cooldown, without asking.
      const next = await send(gateway, client, client)
      expect([next.status, retry(next)]).toEqual([429, expected])
      expect(gateway.received).toHaveLength(1)
    }
  })

  test.each(protocols)('an overload: as the client likes (%s)', async client => {
    const gateway = renewedGateway(ROUTES, () =>
      Response.json({ error: { type: 'overloaded_error', message: 'busy' } }, { status: 529 }),
    )
    expect(retry(await send(gateway, client, client))).toBeNull()
  })
})
