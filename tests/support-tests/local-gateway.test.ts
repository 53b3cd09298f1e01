import { expect, test } from 'bun:test'
import { type LocalGateway, renewedGateway } from '../support/local-gateway.ts'

const ROUTES = `
version: 1
providers:
  a: { kind: openai-compatible, base-url: "http://a.test/v1", keys: [ { name: one, key: k1 }, { name: two, key: k2 } ] }
models: { m: a/x }
api-keys: [ { name: ann, key: key-of-ann, limits: { tokens-per-day: 1M } } ]
policy: { request-retry: 0, strategy: fill-first }
`

function ask(gateway: LocalGateway): Promise<Response> {
  return gateway.call('/v1/chat/completions', {
    json: { model: 'm', messages: [{ role: 'user', content: 'hi' }] },
    headers: { authorization: 'Bearer key-of-ann' },
  })
}

const reply = (content: string): Response =>
  Response.json({
    id: 'c',
    model: 'x',
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
  })

/** All that requests leave behind, as far as tests look at it. */
async function leftBehind(gateway: LocalGateway) {
  const { services, received } = gateway
  await services.background.settled()
  await services.ledger.flush()
  return {
    received: received.length,
    cooldowns: services.pool.states().length,
    recent: services.recent.list().length,
    tokens: services.quotas.today('ann').tokens,
    rows: gateway.usage.rows(0).length,
    logged: gateway.logged(),
    now: services.now(),
    turns: services.turns.size,
  }
}

test('a renewed gateway asks its new upstream, and keeps nothing of what was before', async () => {
  const first = renewedGateway(ROUTES, ({ headers }) =>
    headers.get('authorization') === 'Bearer k1'
      ? Response.json({ error: { message: 'slow down' } }, { status: 429 })
      : reply('before'),
  )
  const fresh = await leftBehind(first)
  expect(await (await ask(first)).text()).toContain('before')
  first.services.random = () => 0.5
  first.advance(500)
  const used = await leftBehind(first)
  expect(used).toMatchObject({ received: 2, cooldowns: 1, recent: 1, rows: 1, tokens: 5 })
  expect(used.logged).toContain('served')
  expect(used.now).toBe(fresh.now + 500)

  const second = renewedGateway(ROUTES, () => reply('after'))
  expect(await leftBehind(second)).toEqual(fresh)
  expect(second.services.random()).toBe(0)
  expect(await (await ask(second)).text()).toContain('after')
  // The key that cooled down before is the first one again.
  expect(second.received.map(({ headers }) => headers.get('authorization'))).toEqual(['Bearer k1'])
})

test('other routes are another gateway', () => {
  const upstream = (): Response => reply('')
  const gateway = renewedGateway(ROUTES, upstream)
  expect(renewedGateway(ROUTES, upstream)).toBe(gateway)
  expect(renewedGateway(ROUTES.replace('m: a/x', 'n: a/x'), upstream)).not.toBe(gateway)
})
