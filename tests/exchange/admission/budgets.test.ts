import { describe, expect, test } from 'bun:test'
import type { JsonObject } from '../../../src/lib/json/json.ts'
import { createMemoryState } from '../../../src/store/state/memory.ts'
import { type LocalGateway, localGateway, type Upstream } from '../../support/local-gateway.ts'

const ROUTES = `
version: 1
providers:
  own:
    kind: openai-compatible
    base-url: http://own.test/v1
    keys: [ o1 ]
    models: [ { name: m, price: { input: 2, output: 10 } } ]
models: { m: own/m }
api-keys:
  - { name: tokens, key: key-of-tokens, limits: { tokens-per-day: 30 } }
  - { name: money, key: key-of-money, limits: { cost-per-day: 0.01 USD } }
  - { name: minute, key: key-of-minute, limits: { requests-per-minute: 5 } }
policy: { request-retry: 0 }
logging: { level: error }
`
const REPLY = {
  id: 'c',
  model: 'x',
  choices: [{ index: 0, message: { role: 'assistant', content: 'ok' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 6, completion_tokens: 4 },
}

function ask(gateway: LocalGateway, key: string, more: JsonObject = {}): Promise<Response> {
  return gateway.call('/v1/chat/completions', {
    json: { model: 'm', messages: [{ role: 'user', content: 'x' }], ...more },
    headers: { authorization: `Bearer key-of-${key}` },
  })
}

async function statuses(asked: Promise<Response>[]): Promise<Record<number, number>> {
  const counts: Record<number, number> = {}
  for (const { status } of await Promise.all(asked)) counts[status] = (counts[status] ?? 0) + 1
  return counts
}

/** An upstream that answers only once it is told to. */
function held(answer: Upstream) {
  let open = (): void => {}
  const opened = new Promise<void>(resolve => {
    open = resolve
  })
  const upstream: Upstream = async received => {
    await opened
    return answer(received)
  }
  return { upstream, open: () => open() }
}

describe('a hundred requests at once', () => {
  test.each([
    ['tokens', 1],
    ['money', 2],
    ['minute', 5],
  ])('on a budget of %s: as many are served as it holds', async (key, served) => {
    const { upstream, open } = held(() => Response.json(REPLY))
    const gateway = localGateway(ROUTES, upstream)
    const asked = Array.from({ length: 100 }, () => ask(gateway, key))
    open()
    expect(await statuses(asked)).toEqual({ 200: served, 429: 100 - served })
  })

  test('on one budget of two gateways', async () => {
    const state = createMemoryState(() => Date.UTC(2026, 0, 1))
    const { upstream, open } = held(() => Response.json(REPLY))
    const gateways = [1, 2].map(() => localGateway(ROUTES, upstream, {}, state))
    const asked = gateways.flatMap(gateway =>
      ['tokens', 'minute'].flatMap(key => Array.from({ length: 50 }, () => ask(gateway, key))),
    )
    open()
    expect(await statuses(asked)).toEqual({ 200: 6, 429: 194 })
    for (const { services } of gateways) expect(services.quotas.today('tokens').tokens).toBe(10)
  })

  test('one after the other, all that the budget holds are served', async () => {
    const gateway = localGateway(ROUTES, () => Response.json(REPLY))
    const codes: number[] = []
    for (let at = 0; at < 5; at++) codes.push((await ask(gateway, 'tokens')).status)
    expect(codes).toEqual([200, 200, 200, 429, 429])
    expect(gateway.services.quotas.today('tokens').tokens).toBe(30)
  })
})

describe('what was reserved is given back', () => {
  const failing = (status: number): Upstream => {
    return () => Response.json({ error: { message: 'no' } }, { status })
  }
  test.each<[string, Upstream, JsonObject]>([
    ['the upstream refuses the request', failing(400), {}],
    ['the upstream fails', failing(500), {}],
    ['a stream fails', failing(500), { stream: true }],
    ['the upstream cannot be reached', () => Promise.reject(new Error('ECONNREFUSED')), {}],
    ['the upstream sends nothing', () => new Response(''), {}],
    ['the request cannot be read', failing(500), { messages: 5 }],
  ])('where %s', async (_, upstream, more) => {
    const gateway = localGateway(ROUTES, upstream)
    const response = await ask(gateway, 'tokens', more)
    await response.text()
    expect(response.status).toBeGreaterThanOrEqual(400)
    expect(gateway.services.quotas.today('tokens').tokens).toBe(0)
  })
})

describe('what a request is expected to take', () => {
  const LARGE = ROUTES.replace('tokens-per-day: 30', 'tokens-per-day: 1M')
  const reservedFor = async (content: JsonObject[] | string): Promise<number> => {
    const { upstream, open } = held(() => Response.json(REPLY))
    const gateway = localGateway(LARGE, upstream)
    const running = ask(gateway, 'tokens', { messages: [{ role: 'user', content }] })
    await new Promise(resolve => setImmediate(resolve))
    const { tokens } = gateway.services.quotas.today('tokens')
    open()
    await running
    return tokens
  }
  const picture = (bytes: number): JsonObject => ({
    type: 'image_url',
    image_url: { url: `data:image/png;base64,${Buffer.alloc(bytes, 7).toString('base64')}` },
  })

  test('grows with its text', async () => {
    const short = await reservedFor('x')
    const long = await reservedFor('a word or two, again. '.repeat(10_000))
    expect(short).toBeLessThan(1_000)
    expect(long).toBeGreaterThan(40_000)
    expect(long).toBeLessThan(80_000)
  })

  test('is little for pictures, however large', async () => {
    const tokens = await reservedFor([picture(500_000), picture(500_000)])
    expect(tokens).toBeGreaterThan(500)
    expect(tokens).toBeLessThan(6_000)
  })

  test('is learnt from what the last ones took', async () => {
    const usage = { prompt_tokens: 100_000, completion_tokens: 20_000 }
    const gateway = localGateway(LARGE, () => Response.json({ ...REPLY, usage }))
    await ask(gateway, 'tokens')
    const { output } = gateway.services.tokenEstimator.expect('tokens', new Uint8Array(0))
    expect(output).toBe(20_000)
  })
})
