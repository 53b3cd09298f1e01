import { describe, expect, test } from 'bun:test'
import { explain, explanationText, type HypotheticalRequest } from '../../src/gateway/explain.ts'
import { type LocalGateway, localGateway } from '../support/local-gateway.ts'

const ROUTES = `
providers:
  a:
    kind: openai-compatible
    base-url: http://a.test/v1
    keys: [ { key: a1, name: one }, { key: a2, name: two, priority: 1 }, { key: a3, name: idle, weight: 0 } ]
    models: [ { name: x, lacks: [ images ], context: 8k } ]
  b: { kind: openai-compatible, base-url: "http://b.test/v1", keys: [ b1 ], models: [ { name: y, context: 100k } ] }
  off: { kind: openai-compatible, base-url: "http://off.test/v1", keys: [ "\${UNSET}" ] }
models:
  m:
    to:
      - { when: { input-tokens: ">180k" }, to: b/y }
      - [ a/x, b/y ]
      - off/z
force: { f: { to: b/f, when: { client: amp } } }
aliases: { f: a/p }
api-keys:
  - { name: alice, key: alice-key, models: [ "f*" ] }
policy: { request-retry: 0 }
`
const busy = () =>
  Response.json(
    { error: { message: 'slow down' } },
    { status: 429, headers: { 'retry-after': '20' } },
  )
const OK = {
  id: 'c',
  model: 'x',
  choices: [{ index: 0, message: { role: 'assistant', content: 'ok' }, finish_reason: 'stop' }],
}

async function said(
  { gateway, services }: LocalGateway,
  name: string,
  given: HypotheticalRequest = {},
) {
  return explanationText('routes.yaml', await explain(gateway.table, services, name, given))
}

describe('explain says', () => {
  test('every rule with its line, every candidate with its verdict, every credential in its turn', async () => {
    expect(await said(localGateway(ROUTES, busy), 'm')).toBe(`m
  2 force: no entry takes it
  4 models: models.m (routes.yaml:11)
  4 models: models.m: a step is left out, since it wants input-tokens >180k (routes.yaml:13)
tried in this order:
  1. a/x [round-robin] (routes.yaml:14)
       with a/two, which is able
       with a/one, which is able
       with a/idle, which takes no turn: its weight is 0
  1. b/y [round-robin] (routes.yaml:14)
       with b/key-1, which is able
  passed over: off/z: no key: set UNSET (routes.yaml:9)
`)
  })

  test.each<[string, HypotheticalRequest, string]>([
    [
      'images',
      { images: true },
      '  1. a/x [round-robin], passed over: it takes no images, says line 7 (routes.yaml:14)\n',
    ],
    [
      'a need',
      { needs: ['images'] },
      '  1. a/x [round-robin], passed over: it takes no images, says line 7 (routes.yaml:14)\n',
    ],
    [
      'length',
      { inputTokens: 20_000 },
      '  1. a/x [round-robin], passed over: about 20000 tokens are more than its 8000, says line 7 (routes.yaml:14)\n',
    ],
    ['more length', { inputTokens: 200_000 }, '  1. b/y (routes.yaml:13)\n'],
  ])('who cannot take such a request: %s', async (_, given, line) => {
    expect(await said(localGateway(ROUTES, busy), 'm', given)).toContain(line)
  })

  test('which condition an entry wants', async () => {
    const gateway = localGateway(ROUTES, busy)
    expect(await said(gateway, 'f')).toContain(
      'force.f does not take it: it wants client amp (routes.yaml:16)',
    )
    expect(await said(gateway, 'f', { client: 'amp' })).toContain('1. b/f')
  })

  test('which credential cools down, why and until when', async () => {
    const gateway = localGateway(ROUTES, ({ url }) =>
      url.includes('a.test') ? busy() : Response.json(OK),
    )
    const asked = { model: 'f', messages: [{ role: 'user', content: 'x' }] }
    const headers = { authorization: 'Bearer alice-key' }
    await gateway.call('/v1/chat/completions', { json: asked, headers })
    gateway.advance(5_000)
    expect(await said(gateway, 'f')).toContain(`  1. a/p, cooling down (routes.yaml:17)
       with a/one, which cools down after rate-limited for 15 s, until 2026-01-01T00:00:20.000Z
       with a/two, which cools down after rate-limited for 15 s, until 2026-01-01T00:00:20.000Z
`)
    // A rest is from one model.
    expect(await said(gateway, 'm')).toContain('with a/one, which is able')
  })

  test('what a key may not ask for', async () => {
    const gateway = localGateway(ROUTES, busy)
    expect(await said(gateway, 'm', { key: 'alice' })).toBe(`m
  api-keys: the key "alice" may only ask for f* (routes.yaml:19)
not found
`)
  })

  test('an effort of reasoning makes no other model', async () => {
    const gateway = localGateway(ROUTES.replace('"f*"', 'f'), busy)
    expect(await said(gateway, 'f(high)', { key: 'alice' })).toContain('1. a/p thinking: high')
    expect(await said(gateway, 'g(high)', { key: 'alice' })).toContain('may only ask for f')
  })

  test('and takes no turn in the pool', async () => {
    const gateway = localGateway(ROUTES, busy)
    const first = await said(gateway, 'm')
    expect(await said(gateway, 'm')).toBe(first)
    expect(gateway.received).toEqual([])
  })
})

test('serving does what explain said', async () => {
  const gateway = localGateway(ROUTES.replace(/api-keys:\n.*\n/, ''), () => Response.json(OK))
  for (let turn = 0; turn < 6; turn++) {
    const { steps } = await explain(gateway.gateway.table, gateway.services, 'm')
    const [candidate] = steps[0]?.targets ?? []
    await gateway.call('/v1/chat/completions', {
      json: { model: 'm', messages: [{ role: 'user', content: 'x' }] },
    })
    const served = gateway.services.recent.list()[0]?.decisions.at(-1)
    expect([served?.target, served?.credential]).toEqual([
      candidate?.target,
      candidate?.credentials[0]?.credential,
    ])
  }
})
