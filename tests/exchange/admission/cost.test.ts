import { describe, expect, test } from 'bun:test'
import { explain } from '../../../src/gateway/explain.ts'
import { createPrices, PRICES_FROM } from '../../../src/providers/pricing/prices.ts'
import { localGateway } from '../../support/local-gateway.ts'

const ROUTES = `
version: 1
providers:
  claude: { kind: anthropic, keys: [ c1 ] }
  own:
    kind: openai-compatible
    base-url: http://own.test/v1
    keys: [ o1 ]
    models: [ { name: priced, price: { input: 2, output: 10, cache-read: 0.5 } }, unpriced ]
  demo: { kind: echo }
models: { sonnet: claude/claude-sonnet-4-5, priced: own/priced, unpriced: own/unpriced, either: [ own/unpriced, own/priced ] }
api-keys:
  - { name: alice, key: alice-key, limits: { cost-per-day: 0.02 USD } }
  - { name: carol, key: carol-key, limits: { cost-per-day: 0.02 USD, unknown-price: allow } }
  - { name: bob, key: bob-key }
`
const MILLION = 1_000_000
const chat = (usage: object) => ({
  id: 'c',
  model: 'x',
  choices: [{ index: 0, message: { role: 'assistant', content: 'ok' }, finish_reason: 'stop' }],
  usage,
})

function ask(gateway: ReturnType<typeof localGateway>, model: string, key = 'alice-key') {
  return gateway.call('/v1/chat/completions', {
    json: { model, messages: [{ role: 'user', content: 'x' }] },
    headers: { authorization: `Bearer ${key}` },
  })
}

describe('a key with a budget', () => {
  test('is refused once it is spent, until the next day, in the client protocol', async () => {
    const gateway = localGateway(ROUTES, () =>
      Response.json(
        chat({
          prompt_tokens: 5_000,
          completion_tokens: 500,
          prompt_tokens_details: { cached_tokens: 4_000 },
        }),
      ),
    )
    // 1,000 at 2 + 4,000 at 0.5 + 500 at 10 USD a million: 0.009 USD.
    for (const status of [200, 200, 200]) expect((await ask(gateway, 'priced')).status).toBe(status)
    expect(gateway.services.quotas.today('alice').usd).toBeCloseTo(0.027, 9)
    const refused = await ask(gateway, 'priced')
    expect(refused.status).toBe(429)
    expect(refused.headers.get('retry-after')).toBe(String(86_400))
    expect((await refused.json()).error.message).toBe(
      'the key "alice" has reached its limit of 0.02 USD a day; the next chance is in 86400 s',
    )
    expect((await ask(gateway, 'priced', 'bob-key')).status).toBe(200)
    gateway.advance(86_400_000)
    expect((await ask(gateway, 'priced')).status).toBe(200)
  })

  test('is charged what the vendor takes, by kind of token', async () => {
    const gateway = localGateway(ROUTES, () =>
      Response.json({
        type: 'message',
        id: 'm',
        model: 'claude-sonnet-4-5',
        content: [{ type: 'text', text: 'ok' }],
        stop_reason: 'end_turn',
        usage: {
          input_tokens: 100,
          cache_read_input_tokens: 1_000,
          cache_creation_input_tokens: 200,
          output_tokens: 50,
        },
      }),
    )
    await ask(gateway, 'sonnet')
    const expected = (100 * 3 + 1_000 * 0.3 + 200 * 3.75 + 50 * 15) / MILLION
    expect(gateway.services.quotas.today('alice').usd).toBeCloseTo(expected, 9)
    expect(gateway.services.recent.list()[0]?.usd).toBeCloseTo(expected, 9)
  })

  test('what it spent today outlives a restart', async () => {
    const upstream = () => Response.json(chat({ prompt_tokens: 5_000, completion_tokens: 5_000 }))
    const before = localGateway(ROUTES, upstream)
    await ask(before, 'priced')
    const after = localGateway(ROUTES, upstream, {}, before.services.state)
    expect((await ask(after, 'priced')).status).toBe(429)
  })

  test('the price is not known: unknown, not nothing, and the log says so', async () => {
    const usage = { prompt_tokens: 5_000, completion_tokens: 5_000 }
    const gateway = localGateway(ROUTES, () => Response.json(chat(usage)))
    expect((await ask(gateway, 'unpriced', 'carol-key')).status).toBe(200)
    expect(gateway.services.quotas.today('carol').usd).toBe(0)
    expect(gateway.services.recent.list()[0]).not.toHaveProperty('usd')
    expect(gateway.logged()).toContain('the cost of a request is unknown and not counted')
  })

  test('is refused a model whose price is unknown, with the remedy', async () => {
    const gateway = localGateway(ROUTES, () => Response.json(chat({})))
    for (const model of ['unpriced', 'own/unpriced', 'own/nameless', 'own/unpriced(high)']) {
      const refused = await ask(gateway, model)
      expect(refused.status).toBe(403)
      expect((await refused.json()).error.message).toBe(
        `the key "alice" has a budget, and what "${model}" costs is unknown (${model.startsWith('own/n') ? 'own/nameless' : 'own/unpriced'}: its price is unknown); give the model a price in routes.yaml, or the key unknown-price: allow in its limits`,
      )
    }
    const embedding = await gateway.call('/v1/embeddings', {
      json: { model: 'unpriced', input: 'x' },
      headers: { authorization: 'Bearer alice-key' },
    })
    expect(embedding.status).toBe(403)
    expect(gateway.received).toEqual([])
  })

  test('is served by the target whose price is known, and by what costs nothing', async () => {
    const gateway = localGateway(ROUTES, () => Response.json(chat({})))
    expect((await ask(gateway, 'either')).headers.get('x-jackfield-provider')).toBe('own/priced')
    expect((await ask(gateway, 'demo/echo')).status).toBe(200)
    const { steps } = await explain(gateway.gateway.table, gateway.services, 'either', {
      key: 'alice',
    })
    expect(steps.map(({ targets: [first] }) => [first?.verdict, first?.reason])).toEqual([
      ['passed over', 'its price is unknown'],
      ['asked', undefined],
    ])
  })

  test.each(['carol-key', 'bob-key'])('%s: unknown prices are allowed', async key => {
    const gateway = localGateway(ROUTES, () => Response.json(chat({})))
    expect((await ask(gateway, 'unpriced', key)).status).toBe(200)
  })

  test('a caller without a budget needs no price', async () => {
    const gateway = localGateway(ROUTES, () => Response.json(chat({})))
    await ask(gateway, 'unpriced', 'bob-key')
    expect(gateway.logged()).not.toContain('cost')
  })
})

describe('what is known of prices', () => {
  test('is of the version that is installed, so its date is right', async () => {
    const file = `../../../node_modules/${PRICES_FROM.package}/package.json`
    const installed = await Bun.file(new URL(file, import.meta.url)).json()
    expect(installed.version).toBe(PRICES_FROM.version)
  })

  test.each([
    ['https://api.anthropic.com', 'claude-sonnet-4-5', 3],
    ['https://openrouter.ai/api/v1', 'anthropic/claude-sonnet-4.5', 3],
    ['https://generativelanguage.googleapis.com', 'gemini-2.5-flash', 0.3],
    ['https://api.deepseek.com/v1', 'no-such-model', undefined],
    ['http://127.0.0.1:11434/v1', 'claude-sonnet-4-5', undefined],
  ])('%s %s', async (baseUrl, model, usd) => {
    const prices = createPrices()
    await prices.prepare()
    const cost = prices.costOf(
      { baseUrl, model },
      { fresh: MILLION / 10, output: 0 },
      Date.UTC(2026, 0, 1),
    )
    if (usd === undefined) expect(cost).toBeUndefined()
    else expect(cost).toBeCloseTo(usd / 10, 9)
  })
})
