import { describe, expect, test } from 'bun:test'
import type { RecentExchange } from '../../src/exchange/events.ts'
import { createRecent } from '../../src/observability/recent.ts'
import { type LocalGateway, localGateway, streamOf } from '../support/local-gateway.ts'

const ROUTES = `
providers:
  a: { kind: openai-compatible, base-url: "http://a.test/v1", keys: [ { name: one, key: sk-secret-one }, { name: two, key: sk-secret-two } ] }
models: { m: a/x }
policy: { request-retry: 0, keepalive: 5s }
`
const CHUNK = 'data: {"id":"c","model":"x","choices":[{"index":0,"delta":{"content":"ok"}}]}\n\n'
const ASK = { model: 'm', messages: [{ role: 'user', content: 'what nobody else should read' }] }

function ask(gateway: LocalGateway, more: object = {}): Promise<Response> {
  return gateway.call('/v1/chat/completions', { json: { ...ASK, ...more } })
}

const last = ({ services }: LocalGateway): RecentExchange | undefined => services.recent.list()[0]

describe('how a request was decided is kept', () => {
  test('when it was served by the second', async () => {
    const gateway = localGateway(ROUTES, ({ headers }) =>
      headers.get('authorization')?.endsWith('one')
        ? Response.json({ error: { message: 'wrong key' } }, { status: 401 })
        : Response.json({
            id: 'c',
            model: 'x',
            choices: [],
            usage: { prompt_tokens: 3, completion_tokens: 4 },
          }),
    )
    const response = await ask(gateway)
    expect(last(gateway)).toMatchObject({
      id: response.headers.get('x-jackfield-request-id') ?? '',
      client: 'other',
      protocol: 'openai-chat',
      rules: [{ rule: '2 force' }, { rule: '4 models', verdict: 'models.m', at: { line: 4 } }],
      status: 200,
      usage: { fresh: 3, output: 4 },
      decisions: [
        {
          target: 'a/x',
          credential: 'a/one',
          verdict: 'failed',
          reason: 'upstream-auth: wrong key',
          line: 4,
        },
        { target: 'a/x', credential: 'a/two', verdict: 'served', line: 4 },
      ],
    })
    expect(JSON.stringify(gateway.services.recent.list())).not.toMatch(/sk-secret|nobody else/)
  })

  test('when no target could serve it', async () => {
    const gateway = localGateway(ROUTES, () =>
      Response.json(
        { error: { message: 'slow down' } },
        { status: 429, headers: { 'retry-after': '20' } },
      ),
    )
    await ask(gateway)
    await ask(gateway)
    expect(last(gateway)).toMatchObject({
      status: 429,
      decisions: [
        {
          target: 'a/x',
          verdict: 'cooling down',
          reason:
            'a/one cools down after rate-limited for 20 s, until 2026-01-01T00:00:20.000Z, a/two cools down after rate-limited for 20 s, until 2026-01-01T00:00:20.000Z',
        },
      ],
    })
  })

  test('when it broke off', async () => {
    const gateway = localGateway(ROUTES, () => streamOf([CHUNK]))
    await (await ask(gateway, { stream: true })).text()
    expect(last(gateway)).toMatchObject({
      status: 502,
      error: expect.stringContaining('upstream-failed'),
    })
    expect(gateway.services.recent.list()).toHaveLength(1)
  })

  test('when the error came as an event behind keep-alives', async () => {
    let fail: (response: Response) => void = () => {}
    const gateway = localGateway(
      ROUTES.replace(/, \{ name: two.*?\}/, ''),
      () => new Promise(resolve => (fail = resolve)),
    )
    const asking = ask(gateway, { stream: true })
    while (gateway.received.length === 0) await Promise.resolve()
    gateway.advance(5_000)
    const response = await asking
    fail(Response.json({ error: { message: 'not like that' } }, { status: 400 }))
    await response.text()
    expect(last(gateway)).toMatchObject({ status: 400, error: 'invalid-request: not like that' })
  })
})

test('an error told in a 200 does not repeat our key either', async () => {
  const gateway = localGateway(ROUTES, ({ headers }) =>
    Response.json({
      error: { message: `no: ${headers.get('authorization')}`, type: 'invalid_request_error' },
    }),
  )
  const response = await ask(gateway)
  expect(response.status).toBe(400)
  expect(await response.text()).toContain('no: Bearer [credential]')
  expect(gateway.logged()).not.toContain('sk-secret')
})

test('only the last five hundred are kept, newest first', () => {
  const recent = createRecent()
  for (let id = 0; id < 1_234; id++) recent.record({ id: String(id) } as RecentExchange)
  const ids = recent.list().map(({ id }) => Number(id))
  expect(ids).toHaveLength(500)
  expect([ids[0], ids[499]]).toEqual([1_233, 734])
  expect(recent.find('1000')?.id).toBe('1000')
  expect(recent.find('700')).toBeUndefined()
})
