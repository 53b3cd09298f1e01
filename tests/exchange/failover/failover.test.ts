import { describe, expect, test } from 'bun:test'
import {
  type LocalGateway,
  type Received,
  renewedGateway,
  streamOf,
} from '../../support/local-gateway.ts'

const ROUTES = `
version: 1
providers:
  a: { kind: openai-compatible, base-url: "http://a.test/v1", keys: [ { key: a1, name: one }, { key: a2, name: two } ] }
  b: { kind: openai-compatible, base-url: "http://b.test/v1", keys: [ b1 ] }
  c: { kind: anthropic-compatible, base-url: "http://c.test", keys: [ c1 ] }
models:
  m: [ a/x, b/y, c/z ]
  pool: [ [ a/x, b/y ] ]
  heavy: { to: [ [ { target: a/x, weight: 3 }, { target: b/y, weight: 1 } ] ], strategy: weighted }
policy: { request-retry: 0 }
`
const OK = {
  id: 'c',
  model: 'x',
  choices: [{ index: 0, message: { role: 'assistant', content: 'ok' }, finish_reason: 'stop' }],
}
const ASK = { max_tokens: 100, model: 'm', messages: [{ role: 'user', content: 'hi' }] }
const key = ({ headers }: Received): string => headers.get('authorization')?.slice(7) ?? ''
const failing = (status: number, headers: Record<string, string> = {}) =>
  Response.json({ error: { message: `upstream said ${status}`, type: 't' } }, { status, headers })

describe('what follows a failed attempt', () => {
  test.each([401, 403, 404, 408, 429, 500, 502, 503, 504, 529])(
    '%d: the next credential, then the next target',
    async status => {
      const gateway = renewedGateway(ROUTES, received =>
        key(received) === 'c1'
          ? Response.json({
              type: 'message',
              id: 'm',
              model: 'z',
              content: [{ type: 'text', text: 'at last' }],
              stop_reason: 'end_turn',
              usage: {},
            })
          : failing(status),
      )
      const response = await gateway.call('/v1/chat/completions', { json: ASK })
      expect(gateway.received.map(key)).toEqual(['a1', 'a2', 'b1', 'c1'])
      expect(response.headers.get('x-jackfield-attempts')).toBe('4')
      expect(response.headers.get('x-jackfield-provider')).toBe('c/z')
      expect(response.headers.get('x-jackfield-route')).toBe('models.m')
      expect((await response.json()).choices[0].message.content).toBe('at last')
    },
  )

  test.each([400, 413, 422])(
    '%d is the request own fault: one attempt, the upstream words',
    async status => {
      const gateway = renewedGateway(ROUTES, () => failing(status))
      const response = await gateway.call('/v1/chat/completions', { json: ASK })
      expect(response.status).toBe(status)
      expect(await response.json()).toEqual({
        error: { message: `upstream said ${status}`, type: 't' },
      })
      expect(gateway.received).toHaveLength(1)
      expect(gateway.services.pool.states()).toEqual([])
    },
  )

  test('a network error goes on to the next', async () => {
    const gateway = renewedGateway(ROUTES, received => {
      if (key(received) !== 'b1')
        throw Object.assign(new TypeError('refused'), { code: 'ECONNREFUSED' })
      return Response.json(OK)
    })
    expect((await gateway.call('/v1/chat/completions', { json: ASK })).status).toBe(200)
    expect(gateway.received.map(key)).toEqual(['a1', 'a2', 'b1'])
  })

  test('all failing: the most telling error, in the client protocol', async () => {
    const gateway = renewedGateway(ROUTES, received =>
      key(received) === 'b1' ? failing(429, { 'retry-after': '7' }) : failing(404),
    )
    const response = await gateway.call('/v1/messages', { json: { ...ASK, max_tokens: 9 } })
    expect(response.status).toBe(429)
    expect(response.headers.get('retry-after')).toBe('7')
    expect(await response.json()).toEqual({
      type: 'error',
      error: { type: 'rate_limit_error', message: 'upstream said 429' },
    })
  })

  test('an error as the first event of a stream is failed over unseen', async () => {
    const gateway = renewedGateway(ROUTES, received =>
      key(received) === 'b1'
        ? streamOf([
            'data: {"id":"c","model":"y","choices":[{"index":0,"delta":{"role":"assistant","content":"fine"}}]}\n\ndata: {"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n',
          ])
        : streamOf(['data: {"error":{"message":"overloaded","code":503}}\n\n']),
    )
    const text = await (
      await gateway.call('/v1/chat/completions', { json: { ...ASK, stream: true } })
    ).text()
    expect(text).toContain('fine')
    expect(text).not.toContain('overloaded')
    expect(gateway.received.map(key)).toEqual(['a1', 'a2', 'b1'])
  })

  test('an error after the first event ends the stream with one', async () => {
    const gateway = renewedGateway(ROUTES, () =>
      streamOf([
        'data: {"id":"c","model":"x","choices":[{"index":0,"delta":{"content":"begun"}}]}\n\n',
        'data: {"error":{"message":"it broke","code":500}}\n\n',
      ]),
    )
    const text = await (
      await gateway.call('/v1/messages', { json: { ...ASK, stream: true } })
    ).text()
    expect(text).toContain('begun')
    expect(text).toContain('event: error')
    expect(text).toContain('it broke')
    expect(text).not.toContain('message_stop')
    expect(gateway.received).toHaveLength(1)
  })

  test.each(['/v1/messages', '/v1/chat/completions'])(
    'a stream that ends early is never a quiet success (%s)',
    async path => {
      const gateway = renewedGateway(ROUTES, () =>
        streamOf([
          'data: {"id":"c","model":"x","choices":[{"index":0,"delta":{"content":"begun"}}]}\n\n',
        ]),
      )
      const text = await (await gateway.call(path, { json: { ...ASK, stream: true } })).text()
      expect(text).toContain('begun')
      expect(text).toContain('stream ended without its terminal event')
      expect(gateway.services.pool.states()).toHaveLength(1)
    },
  )
})

describe('credentials rest after a failure and come back', () => {
  test('429 with Retry-After: skipped until then', async () => {
    let limited = true
    const gateway = renewedGateway(ROUTES, received =>
      key(received) === 'a1' && limited ? failing(429, { 'retry-after': '7' }) : Response.json(OK),
    )
    const ask = () => gateway.call('/v1/chat/completions', { json: ASK })
    await ask()
    await ask()
    await ask()
    expect(gateway.received.map(key)).toEqual(['a1', 'a2', 'a2', 'a2'])
    limited = false
    gateway.advance(7_001)
    await ask()
    await ask()
    expect(gateway.received.slice(4).map(key).sort()).toEqual(['a1', 'a2'])
  })

  test('everybody limited: 429 with the time of the first that is back', async () => {
    const gateway = renewedGateway(ROUTES, received =>
      failing(429, { 'retry-after': key(received) === 'b1' ? '5' : '50' }),
    )
    await gateway.call('/v1/chat/completions', { json: ASK })
    const sent = gateway.received.length
    const response = await gateway.call('/v1/chat/completions', { json: ASK })
    expect(response.status).toBe(429)
    expect(response.headers.get('retry-after')).toBe('5')
    expect(gateway.received).toHaveLength(sent)
  })

  test('after a passing fault the only one is asked again rather than refused', async () => {
    let broken = true
    const routes =
      'version: 1\nproviders: { a: { kind: openai-compatible, base-url: "http://a.test/v1", keys: [ k ] } }\npolicy: { request-retry: 0 }\n'
    const gateway = renewedGateway(routes, () => (broken ? failing(500) : Response.json(OK)))
    expect(
      (await gateway.call('/v1/chat/completions', { json: { ...ASK, model: 'a/x' } })).status,
    ).toBe(500)
    broken = false
    expect(
      (await gateway.call('/v1/chat/completions', { json: { ...ASK, model: 'a/x' } })).status,
    ).toBe(200)
    expect(gateway.services.pool.states()).toEqual([])
  })
})

describe('a fault that lasts', () => {
  const routes =
    'version: 1\nproviders: { a: { kind: openai-compatible, base-url: "http://a.test/v1", keys: [ k ] } }\npolicy: { request-retry: 3 }\n'

  /** Asks, and moves the clock while the gateway waits between its rounds. */
  async function asked(gateway: LocalGateway): Promise<Response> {
    const asking = gateway.call('/v1/chat/completions', { json: { ...ASK, model: 'a/x' } })
    let over = false
    void asking.finally(() => {
      over = true
    })
    while (!over) {
      await new Promise(resolve => setImmediate(resolve))
      gateway.advance(50)
    }
    return asking
  }

  test('is met with rounds once; while the credential cools down, each request tries once', async () => {
    const gateway = renewedGateway(routes, () => failing(529))
    expect((await asked(gateway)).status).toBe(529)
    expect(gateway.received).toHaveLength(4)
    // What a client's own retries come to.
    for (let retry = 0; retry < 9; retry++) expect((await asked(gateway)).status).toBe(529)
    expect(gateway.received).toHaveLength(4 + 9)
  })

  test('is over for everybody as soon as a try succeeds', async () => {
    let broken = true
    const gateway = renewedGateway(routes, () => (broken ? failing(529) : Response.json(OK)))
    await asked(gateway)
    broken = false
    expect((await asked(gateway)).status).toBe(200)
    broken = true
    await asked(gateway)
    expect(gateway.received).toHaveLength(4 + 1 + 4)
  })
})

describe('pools share the load', () => {
  const shares = async (model: string, times: number): Promise<Record<string, number>> => {
    const gateway = renewedGateway(ROUTES, () => Response.json(OK))
    for (let i = 0; i < times; i++)
      await gateway.call('/v1/chat/completions', { json: { ...ASK, model } })
    const counts: Record<string, number> = {}
    for (const { url } of gateway.received)
      counts[new URL(url).host] = (counts[new URL(url).host] ?? 0) + 1
    return counts
  }
  test('round robin', async () =>
    expect(await shares('pool', 10)).toEqual({ 'a.test': 5, 'b.test': 5 }))
  test('weighted', async () =>
    expect(await shares('heavy', 12)).toEqual({ 'a.test': 9, 'b.test': 3 }))
})

describe('timers', () => {
  test('a silent upstream is given up after first-byte, by name', async () => {
    const routes = ROUTES.replace('keys: [ b1 ] }', 'keys: [ b1 ], timeout: { first-byte: 5s } }')
    const gateway = renewedGateway(
      `${routes}logging: { level: error }\n`,
      () => new Promise<Response>(() => {}),
    )
    const asking = gateway.call('/v1/chat/completions', { json: { ...ASK, model: 'b/y' } })
    while (gateway.received.length === 0) await Promise.resolve()
    await new Promise(resolve => setImmediate(resolve))
    gateway.advance(5_001)
    const response = await asking
    expect(response.status).toBe(504)
    expect((await response.json()).error.message).toContain('first-byte timeout after 5 s')
    expect(gateway.received[0]?.signal.aborted).toBe(true)
  })

  test('a stream that waits is kept warm, failover goes on behind it, and the error is an event', async () => {
    let release: (response: Response) => void = () => {}
    const gateway = renewedGateway(
      ROUTES,
      () =>
        new Promise<Response>(resolve => {
          release = resolve
        }),
    )
    const asking = gateway.call('/v1/messages', { json: { ...ASK, model: 'b/y', stream: true } })
    while (gateway.received.length === 0) await new Promise(resolve => setImmediate(resolve))
    gateway.advance(15_001)
    const response = await asking
    expect(response.status).toBe(200)
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
    expect((await reader.read()).value).toContain('event: ping')
    release(failing(400))
    let rest = ''
    for (let read = await reader.read(); !read.done; read = await reader.read()) rest += read.value
    expect(rest).toContain('event: error')
    expect(rest).toContain('upstream said 400')
  })

  test('a client that goes away takes the upstream request with it', async () => {
    const gateway = renewedGateway(ROUTES, () => new Promise<Response>(() => {}))
    const client = new AbortController()
    const asking = gateway.call('/v1/chat/completions', { json: ASK, signal: client.signal })
    while (gateway.received.length === 0) await new Promise(resolve => setImmediate(resolve))
    client.abort()
    await asking
    expect(gateway.received).toHaveLength(1)
    expect(gateway.received[0]?.signal.aborted).toBe(true)
    expect(gateway.services.pool.states()).toEqual([])
  })
})

test('an upstream that repeats the key it refuses does not show it to the client or the log', async () => {
  const routes = ROUTES.replace('keys: [ b1 ]', 'keys: [ sk-very-secret-key ]').replace(
    'm: [ a/x, b/y, c/z ]',
    'm: b/y',
  )
  const gateway = renewedGateway(routes, ({ headers }) =>
    Response.json(
      { error: { message: `wrong key: ${headers.get('authorization')}` } },
      { status: 401 },
    ),
  )
  const response = await gateway.call('/v1/chat/completions', { json: ASK })
  const text = await response.text()
  expect(text).toContain('wrong key: Bearer [credential];')
  expect(text).not.toContain('sk-very')
  expect(gateway.logged()).toContain('wrong key: Bearer [credential]')
  expect(JSON.stringify(gateway.services.recent.list())).not.toContain('sk-very')
})

describe('a model that this credential does not have', () => {
  test.each<[number, object, number]>([
    [400, { message: 'The requested model is not supported.', code: 'model_not_supported' }, 2],
    [400, { message: 'model "x" is not supported' }, 2],
    [422, { message: 'Unsupported model: x' }, 2],
    [400, { message: 'x is not available for your plan' }, 2],
    [400, { message: 'gone', code: 'model_not_found' }, 2],
    [400, { message: 'Function calling with this model is not supported' }, 1],
    [400, { message: "'temperature' is not supported with this model" }, 1],
    [400, { message: 'the stop parameter is not available' }, 1],
  ])('%d %o: %d asked', async (status, error, asked) => {
    const gateway = renewedGateway(ROUTES, received =>
      key(received).startsWith('a1') ? Response.json({ error }, { status }) : Response.json(OK),
    )
    const response = await gateway.call('/v1/chat/completions', { json: ASK })
    expect(response.status).toBe(asked === 2 ? 200 : status)
    expect(gateway.received).toHaveLength(asked)
  })

  test.each<[string, object]>([
    [
      'anthropic',
      { type: 'error', error: { type: 'invalid_request_error', message: 'unsupported model x' } },
    ],
    [
      'gemini',
      { error: { code: 400, message: 'model x is not available', status: 'INVALID_ARGUMENT' } },
    ],
  ])('as %s says it', async (kind, error) => {
    const routes = `
providers:
  a: { kind: ${kind}, keys: [ { key: a1, name: one } ] }
  b: { kind: openai-compatible, base-url: "http://b.test/v1", keys: [ b1 ] }
models: { m: [ a/x, b/y ] }
`
    const gateway = renewedGateway(routes, ({ url }) =>
      url.includes('b.test') ? Response.json(OK) : Response.json(error, { status: 400 }),
    )
    expect((await gateway.call('/v1/chat/completions', { json: ASK })).status).toBe(200)
  })
})
