import { describe, expect, test } from 'bun:test'
import type { Credential } from '../../../src/credentials/credential.ts'
import { GatewayError } from '../../../src/lib/errors.ts'
import { type LocalGateway, renewedGateway, type Upstream } from '../../support/local-gateway.ts'

const ROUTES = `
version: 1
providers:
  a: { kind: anthropic, base-url: "http://a.test", keys: [ the-declared-key ] }
models: { m: a/claude-x }
policy: { request-retry: 0 }
logging: { level: info }
`
const ASK = { json: { model: 'm', max_tokens: 9, messages: [{ role: 'user', content: 'hi' }] } }
const ANSWER = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-x',
  content: [{ type: 'text', text: 'ok' }],
  stop_reason: 'end_turn',
  usage: { input_tokens: 1, output_tokens: 1 },
}
const refusal = (message = 'invalid token', status = 401): Response =>
  Response.json({ type: 'error', error: { type: 'authentication_error', message } }, { status })

type Account = Credential & { refreshed: number }

/** An account as one that signs in has it: its token changes, and it does not. */
function account(
  name: string,
  refresh: (next: () => void) => Promise<boolean> = async next => {
    next()
    return true
  },
): Account {
  let issue = 1
  const tokens = [`${name}-token-1`]
  const made: Account = {
    id: `a/${name}`,
    provider: 'a',
    weight: 1,
    priority: 0,
    headers: {},
    proxy: undefined,
    fingerprint: `account-${name}`,
    refreshed: 0,
    async authorize({ headers }) {
      headers.set('authorization', `Bearer ${tokens[0]}`)
    },
    async refresh() {
      made.refreshed++
      return refresh(() => tokens.unshift(`${name}-token-${++issue}`))
    },
    secrets: () => [...tokens],
  }
  return made
}

function gatewayWith(accounts: readonly Credential[], upstream: Upstream): LocalGateway {
  const gateway = renewedGateway(ROUTES, upstream)
  gateway.services.pool.reconcile(accounts, gateway.gateway.table.policy)
  return gateway
}

const tokensIn = ({ received }: LocalGateway): (string | null)[] =>
  received.map(({ headers }) => headers.get('authorization'))

describe('after a 401', () => {
  test('the token is renewed once, and the same account asked again', async () => {
    const ann = account('ann')
    const gateway = gatewayWith([ann], ({ headers }) =>
      headers.get('authorization')?.endsWith('-1') ? refusal() : Response.json(ANSWER),
    )
    const response = await gateway.call('/v1/messages', ASK)
    expect(response.status).toBe(200)
    expect(response.headers.get('x-jackfield-attempts')).toBe('1')
    expect(tokensIn(gateway)).toEqual(['Bearer ann-token-1', 'Bearer ann-token-2'])
    expect(gateway.received[0]?.text).toBe(gateway.received[1]?.text)
    expect(gateway.services.pool.states()).toEqual([])
    expect(ann.refreshed).toBe(1)
  })

  test('of the renewed token too, the account cools down', async () => {
    const ann = account('ann')
    const gateway = gatewayWith([ann], () => refusal())
    expect((await gateway.call('/v1/messages', ASK)).status).toBe(502)
    expect(gateway.received).toHaveLength(2)
    expect(ann.refreshed).toBe(1)
    expect(gateway.services.pool.states()).toMatchObject([
      { id: 'a/ann', model: '*', code: 'upstream-auth' },
    ])
  })

  test('another account serves where the first one has no other token', async () => {
    const [ann, ben] = [account('ann', async () => false), account('ben')]
    const gateway = gatewayWith([ann, ben], ({ headers }) =>
      headers.get('authorization')?.includes('ann') ? refusal() : Response.json(ANSWER),
    )
    expect((await gateway.call('/v1/messages', ASK)).status).toBe(200)
    expect(tokensIn(gateway)).toEqual(['Bearer ann-token-1', 'Bearer ben-token-1'])
    expect(ben.refreshed).toBe(0)
  })

  test('a refused renewal is what the client reads', async () => {
    const ann = account('ann', async () => {
      throw new GatewayError('upstream-auth', 'a/ann is signed out; sign in again')
    })
    const gateway = gatewayWith([ann], () => refusal())
    const response = await gateway.call('/v1/messages', ASK)
    expect(await response.text()).toContain('a/ann is signed out; sign in again')
    expect(gateway.received).toHaveLength(1)
    expect(gateway.services.pool.states()).toMatchObject([{ code: 'upstream-auth' }])
  })

  test.each([400, 403, 429, 500])('after %d nothing is renewed', async status => {
    const ann = account('ann')
    const gateway = gatewayWith([ann], () => refusal('no', status))
    await gateway.call('/v1/messages', ASK)
    expect(ann.refreshed).toBe(0)
    expect(gateway.received).toHaveLength(1)
  })

  test('a count of tokens renews it as well', async () => {
    const gateway = gatewayWith([account('ann')], ({ headers }) =>
      headers.get('authorization')?.endsWith('-1')
        ? refusal()
        : Response.json({ input_tokens: 42 }),
    )
    const response = await gateway.call('/v1/messages/count_tokens', ASK)
    expect(await response.json()).toEqual({ input_tokens: 42 })
    expect(gateway.received).toHaveLength(2)
  })

  test('an API key is not asked again', async () => {
    const gateway = renewedGateway(ROUTES, () => refusal())
    await gateway.call('/v1/messages', ASK)
    expect(gateway.received).toHaveLength(1)
  })
})

describe('a token that is waited for', () => {
  test('that never comes ends with the attempt', async () => {
    const ann = { ...account('ann'), authorize: waitForAbort }
    const gateway = gatewayWith([ann], () => Response.json(ANSWER))
    const asking = gateway.call('/v1/messages', ASK)
    await new Promise(setImmediate)
    gateway.advance(gateway.gateway.table.providers.get('a')?.timeouts.firstByteMs ?? 0)
    const response = await asking
    expect(response.status).toBe(504)
    expect(await response.text()).toContain('first-byte timeout')
    expect(gateway.received).toEqual([])
  })

  test('is not waited for by a client that left', async () => {
    const ann = { ...account('ann'), authorize: waitForAbort }
    const gateway = gatewayWith([ann], () => Response.json(ANSWER))
    const leaving = new AbortController()
    const asking = gateway.call('/v1/messages', { ...ASK, signal: leaving.signal })
    await new Promise(setImmediate)
    leaving.abort()
    expect((await asking).status).toBe(499)
    expect(gateway.services.pool.states()).toEqual([])
  })
})

describe('a fresh token', () => {
  test('is taken out of errors and of the log from its first moment on', async () => {
    const gateway = gatewayWith([account('ann')], ({ headers }) =>
      refusal(`no such token: ${headers.get('authorization')}`),
    )
    const response = await gateway.call('/v1/messages', ASK)
    expect(tokensIn(gateway)).toEqual(['Bearer ann-token-1', 'Bearer ann-token-2'])
    expect(await response.text()).toContain('no such token: Bearer [credential]')
    expect(gateway.logged()).toContain('no such token')
    expect(gateway.logged()).not.toContain('ann-token')
  })

  test('leaves the account its cooldowns and its place', async () => {
    const state = account('ann')
    const gateway = gatewayWith([state], () => refusal('slow down', 429))
    await gateway.call('/v1/messages', ASK)
    const [before] = gateway.services.pool.states()
    expect(before).toMatchObject({ id: 'a/ann', code: 'rate-limited' })
    // As a reload has it: the same account, with another token.
    gateway.services.pool.reconcile([account('ann')], gateway.gateway.table.policy)
    expect(gateway.services.pool.states()).toEqual([before] as never)
    gateway.services.pool.reconcile(
      [{ ...account('ann'), fingerprint: 'another-account' }],
      gateway.gateway.table.policy,
    )
    expect(gateway.services.pool.states()).toEqual([])
  })
})

function waitForAbort(_: unknown, signal: AbortSignal): Promise<void> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}
