import { expect, test } from 'bun:test'
import { localGateway, streamOf } from '../../support/local-gateway.ts'

const ROUTES = `
version: 1
providers:
  a: { kind: openai-compatible, base-url: "http://a.test/v1", keys: [ k ] }
  b: { kind: openai-compatible, base-url: "http://b.test/v1", keys: [ k ] }
models:
  quick: { to: [ [ a/x, b/y ] ], strategy: least-latency }
logging: { level: error }
`
const TOOK: Record<string, number> = { 'a.test': 900, 'b.test': 200 }

test('least-latency asks who was quickest, and asks anew after a while', async () => {
  const gateway = localGateway(ROUTES, ({ url }) => {
    const { host } = new URL(url)
    gateway.advance(TOOK[host] ?? 0)
    const chunk = {
      id: 'c',
      model: 'm',
      choices: [{ index: 0, delta: { content: 'x' }, finish_reason: 'stop' }],
    }
    return streamOf([`data: ${JSON.stringify(chunk)}\n\n`, 'data: [DONE]\n\n'])
  })
  const ask = async (): Promise<string> => {
    const json = { model: 'quick', stream: true, messages: [{ role: 'user', content: 'x' }] }
    await (await gateway.call('/v1/chat/completions', { json })).text()
    return new URL(gateway.received.at(-1)?.url ?? '').host
  }
  // Both are unknown, then the quicker one is known.
  expect([await ask(), await ask(), await ask(), await ask()]).toEqual([
    'a.test',
    'b.test',
    'b.test',
    'b.test',
  ])
  TOOK['b.test'] = 5_000
  // The average follows: a slow hour of the quick one moves the load.
  expect([await ask(), await ask(), await ask()]).toEqual(['b.test', 'a.test', 'a.test'])
  gateway.advance(61_000)
  expect(new Set([await ask(), await ask()])).toEqual(new Set(['a.test', 'b.test']))
})
