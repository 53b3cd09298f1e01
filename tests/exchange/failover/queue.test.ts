import { describe, expect, test } from 'bun:test'
import {
  type LocalGateway,
  localGateway,
  type Received,
  streamOf,
} from '../../support/local-gateway.ts'

const routes = (room: string, more = '') => `
version: 1
providers:
  a: { kind: openai-compatible, base-url: "http://a.test/v1", keys: [ a1 ] }
models: { m: a/x }
policy: { request-retry: 0, waiting-room: ${room}, keepalive: 5s }
${more}`
const OK = {
  id: 'c',
  model: 'x',
  choices: [{ index: 0, message: { role: 'assistant', content: 'ok' }, finish_reason: 'stop' }],
}
const CHUNKS = [
  'data: {"id":"c","model":"x","choices":[{"index":0,"delta":{"role":"assistant","content":"ok"}}]}\n\n',
  'data: {"id":"c","model":"x","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n',
]
const limited = (seconds: number) =>
  Response.json(
    { error: { message: 'slow down' } },
    { status: 429, headers: { 'retry-after': String(seconds) } },
  )

function ask(gateway: LocalGateway, more: object = {}, init: RequestInit = {}) {
  const json = { model: 'm', messages: [{ role: 'user', content: 'hi' }], ...more }
  return gateway.call('/v1/chat/completions', { ...init, json })
}

/** Lets everything that is ready happen: no time passes. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve()
  await new Promise(resolve => setImmediate(resolve))
}

describe('the waiting room', () => {
  test('is off unless asked for', async () => {
    const gateway = localGateway(routes('false'), () => limited(7))
    expect((await ask(gateway)).status).toBe(429)
    expect((await ask(gateway)).status).toBe(429)
    expect(gateway.received).toHaveLength(1)
  })

  test('holds a request until the first rest is over, then runs it', async () => {
    let replies = 0
    const gateway = localGateway(routes('2m'), () =>
      replies++ === 0 ? limited(20) : Response.json(OK),
    )
    const asked = ask(gateway)
    await settled()
    expect(gateway.received).toHaveLength(1)
    gateway.advance(19_000)
    await settled()
    expect(gateway.received).toHaveLength(1)
    gateway.advance(1_000)
    expect((await asked).status).toBe(200)
    expect(gateway.received).toHaveLength(2)
    expect(gateway.services.waitingRoom.size()).toBe(0)
  })

  test('a request that comes while every credential cools down waits too', async () => {
    let replies = 0
    const gateway = localGateway(routes('30s'), () =>
      replies++ === 0 ? limited(60) : Response.json(OK),
    )
    expect((await ask(gateway)).status).toBe(429)
    gateway.advance(35_000)
    const later = ask(gateway)
    await settled()
    gateway.advance(25_000)
    expect((await later).status).toBe(200)
  })

  test('what takes longer than allowed is refused at once', async () => {
    const gateway = localGateway(routes('10s'), () => limited(20))
    const refused = await ask(gateway)
    expect(refused.status).toBe(429)
    expect(refused.headers.get('retry-after')).toBe('20')
  })

  test.each([
    ['then has its words', () => streamOf(CHUNKS), CHUNKS.join('').replaceAll('"x"', '"m"')],
    ['or the error as an event', () => limited(600), '"code":"rate_limit_exceeded"'],
  ])('a stream is kept warm meanwhile, %s', async (_, second, said) => {
    let replies = 0
    const gateway = localGateway(routes('30s'), () => (replies++ === 0 ? limited(20) : second()))
    const asking = ask(gateway, { stream: true })
    await settled()
    gateway.advance(5_000)
    const response = await asking
    expect(response.status).toBe(200)
    const text = response.text()
    await settled()
    gateway.advance(15_000)
    const [, kept, rest = ''] = /^((?:: keep-alive\n\n)+)(.*)$/s.exec(await text) ?? []
    expect(kept).toBeDefined()
    expect(rest).toContain(said)
  })

  test('the first in line tries; the others follow when there is something to be had', async () => {
    let replies = 0
    let release: (response: Response) => void = () => {}
    const gateway = localGateway(routes('5m'), () => {
      replies++
      if (replies <= 1) return limited(20)
      if (replies === 2) return limited(30)
      if (replies === 3) return new Promise(resolve => (release = resolve))
      return Response.json(OK)
    })
    const asked = [ask(gateway)]
    await settled()
    asked.push(ask(gateway), ask(gateway))
    await settled()
    expect(gateway.received).toHaveLength(1)
    gateway.advance(20_000)
    await settled()
    // Only one of the three found out that it is not over yet.
    expect(gateway.received).toHaveLength(2)
    gateway.advance(30_000)
    await settled()
    expect(gateway.received).toHaveLength(3)
    release(Response.json(OK))
    for (const response of await Promise.all(asked)) expect(response.status).toBe(200)
    expect(gateway.received).toHaveLength(5)
    expect(gateway.services.waitingRoom.size()).toBe(0)
  })

  test('who stands behind does not wait longer than allowed', async () => {
    let release: (response: Response) => void = () => {}
    let replies = 0
    const gateway = localGateway(routes('30s'), () =>
      replies++ === 0 ? limited(20) : new Promise(resolve => (release = resolve)),
    )
    const first = ask(gateway)
    await settled()
    const second = ask(gateway)
    await settled()
    gateway.advance(20_000)
    await settled()
    gateway.advance(10_000)
    expect((await second).status).toBe(429)
    release(Response.json(OK))
    expect((await first).status).toBe(200)
  })

  test('a client that goes away leaves its place to the next', async () => {
    let replies = 0
    const gateway = localGateway(routes('1m'), () =>
      replies++ === 0 ? limited(20) : Response.json(OK),
    )
    const leaving = new AbortController()
    const first = ask(gateway, {}, { signal: leaving.signal })
    await settled()
    const second = ask(gateway)
    await settled()
    leaving.abort()
    expect((await first).status).toBe(499)
    gateway.advance(20_000)
    expect((await second).status).toBe(200)
    expect(gateway.services.waitingRoom.size()).toBe(0)
  })

  test('when cooldowns are ended by hand, what waits goes on at once', async () => {
    let replies = 0
    const gateway = localGateway(routes('5m'), () =>
      replies++ === 0 ? limited(200) : Response.json(OK),
    )
    const first = ask(gateway)
    await settled()
    const second = ask(gateway)
    await settled()
    gateway.services.pool.reset()
    gateway.services.waitingRoom.wake()
    expect((await first).status).toBe(200)
    expect((await second).status).toBe(200)
  })

  test('a request that is at fault itself does not wait', async () => {
    const gateway = localGateway(routes('1m'), () =>
      Response.json({ error: { message: 'no' } }, { status: 400 }),
    )
    expect((await ask(gateway)).status).toBe(400)
  })

  test('waits for those only who can take the request', async () => {
    const more = `  b: { kind: openai-compatible, base-url: "http://b.test/v1", keys: [ b1 ], models: [ { name: y, lacks: [ tools ] } ] }\n`
    const yaml = routes('1m').replace('models: { m: a/x }', `${more}models: { m: [ a/x, b/y ] }`)
    const busy = (received: Received) => limited(received.url.includes('a.test') ? 600 : 20)
    const gateway = localGateway(yaml, busy)
    const tools = [{ type: 'function', function: { name: 'f', parameters: {} } }]
    expect((await ask(gateway, { tools })).status).toBe(429)
    expect(gateway.received).toHaveLength(1)
  })
})
