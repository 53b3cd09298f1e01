import { describe, expect, test } from 'bun:test'
import type { JsonObject } from '../../../src/lib/json/json.ts'
import { type LocalGateway, localGateway, type Received } from '../../support/local-gateway.ts'

const ROUTES = `
version: 1
providers:
  one: { kind: openai-compatible, base-url: "http://one.test/v1", keys: [ k1, k2, k3 ] }
  two: { kind: openai-compatible, base-url: "http://two.test/v1", keys: [ k4 ] }
models:
  m: one/x
  pool: [ [ one/x, two/y ] ]
policy: { request-retry: 0 }
logging: { level: error }
`
const REPLY = {
  id: 'c',
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content: 'ok' }, finish_reason: 'stop' }],
}
const ok = (): Response => Response.json(REPLY)
const failing = (status: number): Response =>
  Response.json({ error: { message: 'no' } }, { status })

async function ask(
  gateway: LocalGateway,
  session: string | undefined,
  more: JsonObject = {},
  headers: Record<string, string> = {},
): Promise<string> {
  await gateway.call('/v1/chat/completions', {
    json: { model: 'm', messages: [{ role: 'user', content: 'x' }], ...more },
    headers: { ...(session ? { 'x-session-id': session } : {}), ...headers },
  })
  return gateway.received[gateway.received.length - 1]?.headers.get('authorization') ?? ''
}

async function times(count: number, once: () => Promise<string>): Promise<string[]> {
  const seen: string[] = []
  for (let at = 0; at < count; at++) seen.push(await once())
  return seen
}

describe('a conversation', () => {
  test('stays with the credential that served it first; others share the load', async () => {
    const gateway = localGateway(ROUTES, ok)
    expect(new Set(await times(6, () => ask(gateway, undefined))).size).toBe(3)
    const places = new Set<string>()
    for (const session of ['a', 'b', 'c']) {
      const seen = new Set(await times(5, () => ask(gateway, session)))
      expect(seen.size).toBe(1)
      places.add([...seen].join())
    }
    expect(places.size).toBe(3)
  })

  test('stays with the target of a pool, too', async () => {
    const gateway = localGateway(ROUTES, ok)
    const seen = await times(6, () => ask(gateway, 'a', { model: 'pool' }))
    expect(new Set(seen).size).toBe(1)
  })

  for (const [title, more, headers] of [
    ['prompt_cache_key', { prompt_cache_key: 'k' }, {}],
    ['metadata.user_id as JSON', { metadata: { user_id: '{"session_id":"s1"}' } }, {}],
    ['metadata.user_id of old', { metadata: { user_id: 'user_1_account_2_session_ab-cd' } }, {}],
    ['a header of Claude Code', {}, { 'x-claude-code-session-id': 's' }],
    ['a header of Codex', {}, { 'session-id': 's' }],
  ] as const)
    test(`is known by ${title}`, async () => {
      const gateway = localGateway(ROUTES, ok)
      expect(new Set(await times(4, () => ask(gateway, undefined, more, headers))).size).toBe(1)
    })

  test('is never that of another caller', async () => {
    const keys = '\napi-keys: [ { name: ann, key: ann-key }, { name: bob, key: bob-key } ]\n'
    const gateway = localGateway(`${ROUTES}${keys}`, ok)
    const by = (key: string) =>
      times(3, async () => {
        const response = await gateway.call('/v1/chat/completions', {
          json: { model: 'm', messages: [{ role: 'user', content: 'x' }] },
          headers: { 'x-session-id': 'same', authorization: `Bearer ${key}` },
        })
        expect(response.status).toBe(200)
        return gateway.received.at(-1)?.headers.get('authorization') ?? ''
      })
    const ann = new Set(await by('ann-key'))
    const bob = new Set(await by('bob-key'))
    expect([ann.size, bob.size]).toEqual([1, 1])
    expect([...ann]).not.toEqual([...bob])
  })

  test('escapes a passing fault, and comes back', async () => {
    let down = ''
    const gateway = localGateway(ROUTES, (received: Received) =>
      received.headers.get('authorization') === down ? failing(503) : ok(),
    )
    const primary = await ask(gateway, 'a')
    down = primary
    expect(await ask(gateway, 'a')).not.toBe(primary)
    down = ''
    gateway.advance(61_000)
    expect(await ask(gateway, 'a')).toBe(primary)
  })

  test('keeps to one fallback meanwhile, also when its primary fails once more', async () => {
    let down = ''
    const gateway = localGateway(ROUTES, (received: Received) =>
      received.headers.get('authorization') === down ? failing(503) : ok(),
    )
    const primary = await ask(gateway, 'a')
    down = primary
    const fallback = await ask(gateway, 'a')
    for (const wait of [1_000, 1_000, 60_000, 1_000]) {
      gateway.advance(wait)
      // Others turn the round robin, so that the fallback is not met by chance.
      await ask(gateway, undefined)
      expect(await ask(gateway, 'a')).toBe(fallback)
    }
    down = ''
    gateway.advance(61_000)
    expect(await ask(gateway, 'a')).toBe(primary)
  })

  test('stays on its fallback where its primary turns out to be used up', async () => {
    const status = new Map<string, number>()
    const gateway = localGateway(ROUTES, (received: Received) => {
      const code = status.get(received.headers.get('authorization') ?? '')
      return code === undefined ? ok() : failing(code)
    })
    const primary = await ask(gateway, 'a')
    status.set(primary, 503)
    const fallback = await ask(gateway, 'a')
    status.set(primary, 429)
    gateway.advance(61_000)
    await ask(gateway, undefined)
    expect(await ask(gateway, 'a')).toBe(fallback)
    status.clear()
    gateway.advance(3_000_000)
    expect(await ask(gateway, 'a')).toBe(fallback)
  })

  test('moves for good where its credential is used up', async () => {
    let used = ''
    const gateway = localGateway(ROUTES, (received: Received) =>
      received.headers.get('authorization') === used ? failing(429) : ok(),
    )
    const primary = await ask(gateway, 'a')
    used = primary
    const next = await ask(gateway, 'a')
    expect(next).not.toBe(primary)
    used = ''
    gateway.advance(3_000_000)
    expect(await ask(gateway, 'a')).toBe(next)
  })

  test('is forgotten after a while, and bound to nothing where that is switched off', async () => {
    const brief = localGateway(
      ROUTES.replace('request-retry: 0', 'request-retry: 0, session-affinity: 1m'),
      ok,
    )
    const first = await ask(brief, 'a')
    brief.advance(61_000)
    expect(await ask(brief, 'a')).not.toBe(first)
    const off = localGateway(
      ROUTES.replace('request-retry: 0', 'request-retry: 0, session-affinity: false'),
      ok,
    )
    expect(new Set(await times(6, () => ask(off, 'a'))).size).toBe(3)
  })
})
