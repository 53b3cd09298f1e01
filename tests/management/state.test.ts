import { afterEach, describe, expect, test } from 'bun:test'
import { explain } from '../../src/gateway/explain.ts'
import { closeManaged, managedGateway, SECRET } from '../support/managed-gateway.ts'

afterEach(closeManaged)

const FILE = `version: 1
providers:
  a: { kind: openai-compatible, base-url: "http://a.test/v1", keys: [ { name: one, key: ka }, kb ] }
models:
  m: { to: [ { when: { client: amp, input-tokens: ">10k" }, to: a/long }, a/x ] }
remote-management: { secret-key: "${SECRET}" }
`

async function coolingDown() {
  const gateway = managedGateway(FILE, ({ headers }) =>
    headers.get('authorization') === 'Bearer ka'
      ? Response.json(
          { error: { message: 'slow down' } },
          { status: 429, headers: { 'retry-after': '90' } },
        )
      : Response.json({ error: { message: 'no' } }, { status: 401 }),
  )
  const body = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'x' }] })
  await (await gateway.call('/v1/chat/completions', { method: 'POST', body })).text()
  return gateway
}

describe('cooldowns', () => {
  test('from what, why, since when and how long, and who said so', async () => {
    const gateway = await coolingDown()
    gateway.local.advance(500)
    const { body } = await gateway.manage('GET', '/cooldowns')
    expect(body.cooldowns).toEqual([
      {
        credential: 'a/one',
        model: 'x',
        reason: 'rate-limited',
        since: '2026-01-01T00:00:00.000Z',
        until: '2026-01-01T00:01:30.000Z',
        'seconds-left': 90,
        told: true,
        guessed: false,
        level: 1,
      },
      {
        credential: 'a/key-2',
        model: '*',
        reason: 'upstream-auth',
        since: '2026-01-01T00:00:00.000Z',
        until: '2026-01-01T00:30:00.000Z',
        'seconds-left': 1_800,
        told: false,
        guessed: true,
        level: 0,
      },
    ])
  })

  test.each<[string, number, string[]]>([
    ['', 2, []],
    ['?credential=a/one', 1, ['a/key-2']],
    ['?credential=a/one&model=x', 1, ['a/key-2']],
    ['?credential=a/one&model=y', 0, ['a/one', 'a/key-2']],
    ['?model=x', 1, ['a/key-2']],
    ['?model=*', 1, ['a/one']],
  ])('DELETE /cooldowns%s ends %d', async (query, ended, left) => {
    const gateway = await coolingDown()
    expect((await gateway.manage('DELETE', `/cooldowns${query}`)).body).toEqual({ ended })
    const { body } = await gateway.manage('GET', '/cooldowns')
    expect((body.cooldowns as { credential: string }[]).map(one => one.credential)).toEqual(left)
    expect(gateway.local.logged()).toContain(`cooldowns are ended by management ended=${ended}`)
  })

  test('a credential that is not there is a 404 with the nearest; an unknown word is a 400', async () => {
    const gateway = await coolingDown()
    const unknown = await gateway.manage('DELETE', '/cooldowns?credential=a/onne')
    expect([unknown.status, unknown.body.message]).toEqual([
      404,
      'there is no credential "a/onne"; did you mean "a/one"?',
    ])
    const wrong = await gateway.manage('DELETE', '/cooldowns?credentail=a/one')
    expect([wrong.status, wrong.body.message]).toEqual([
      400,
      'there is no "credentail" to ask by; known: credential, model',
    ])
    expect((await gateway.manage('GET', '/cooldowns')).body.cooldowns).toHaveLength(2)
  })
})

describe('explain', () => {
  test('says what the command says, of the gateway as it is now', async () => {
    const gateway = await coolingDown()
    const { table, services } = gateway.live.current.gateway
    const query =
      '?model=m&client=amp&input-tokens=20k&thinking&header=X-Team=a&tool=t&needs=images'
    const { status, body } = await gateway.manage('GET', `/explain${query}`)
    const same = await explain(table, services, 'm', {
      client: 'amp',
      inputTokens: 20_000,
      thinking: true,
      headers: { 'x-team': 'a' },
      tools: ['t'],
      needs: ['images'],
    })
    expect(status).toBe(200)
    expect(body).toEqual(JSON.parse(JSON.stringify(same)))
    expect(JSON.stringify(body)).toContain('a/long')
    const other = await gateway.manage('GET', '/explain?model=m&thinking=false')
    expect(JSON.stringify(other.body)).not.toContain('a/long')
    expect(JSON.stringify(other.body)).toContain('cools down after rate-limited')
  })

  test.each([
    ['', 'model: is missing'],
    ['?model=m&client=amq', 'client amq: expected one of amp'],
    ['?model=m&hour=99', 'hour 99: expected 0 to 23'],
    ['?model=m&stream=maybe', 'stream: expected boolean'],
  ])('refused: %s', async (query, words) => {
    const called = await managedGateway(FILE).manage('GET', `/explain${query}`)
    expect([called.status, called.body.error]).toEqual([400, 'invalid_query'])
    expect(called.body.message).toContain(words)
  })

  test('a name that leads nowhere is an answer, too', async () => {
    const { status, body } = await managedGateway(FILE).manage('GET', '/explain?model=zzz')
    expect([status, body.found]).toEqual([200, false])
  })
})

test('every endpoint is documented with its schemas', async () => {
  const gateway = managedGateway(FILE)
  const { paths } = (await (await gateway.call('/swagger/json')).json()) as {
    paths: Record<string, Record<string, { parameters?: { name: string }[]; requestBody?: object }>>
  }
  const documented = Object.entries(paths).flatMap(([path, methods]) =>
    path.startsWith('/v0/management')
      ? Object.keys(methods).map(method => `${method} ${path.slice('/v0/management'.length)}`)
      : [],
  )
  expect(documented.sort()).toEqual([
    'delete /cooldowns',
    'delete /keys/{name}',
    'get /config.yaml',
    'get /cooldowns',
    'get /explain',
    'get /keys',
    'get /requests',
    'get /requests/{id}',
    'patch /routes',
    'post /check',
    'post /keys',
    'post /plan',
    'put /config.yaml',
  ])
  const of = (path: string, method: string) => paths[`/v0/management${path}`]?.[method]
  expect(of('/explain', 'get')?.parameters?.map(({ name }) => name)).toContain('input-tokens')
  expect(JSON.stringify(of('/routes', 'patch')?.requestBody)).toContain('"append"')
  expect(JSON.stringify(of('/config.yaml', 'put')?.requestBody)).toContain('application/yaml')
  expect(JSON.stringify(of('/keys', 'post')?.requestBody)).toContain('tokens-per-day')
})

describe('how requests were decided', () => {
  test('by rule, candidate and outcome, newest first; nothing of what was said', async () => {
    const gateway = await coolingDown()
    const { status, body, text } = await gateway.manage('GET', '/requests')
    expect(status).toBe(200)
    expect(body.requests).toMatchObject([
      {
        caller: 'local',
        client: 'other',
        protocol: 'openai-chat',
        asked: 'm',
        route: 'models.m',
        at: '2026-01-01T00:00:00.000Z',
        rules: [
          { rule: '2 force' },
          { rule: '4 models', verdict: 'models.m', line: 5 },
          { rule: '4 models', line: 5 },
        ],
        decisions: [
          { target: 'a/x', credential: 'a/one', verdict: 'failed', line: 5 },
          { target: 'a/x', credential: 'a/key-2', verdict: 'failed', line: 5 },
        ],
        status: 429,
      },
    ])
    expect(text).not.toContain('messages')
    const [{ id }] = body.requests as [{ id: string }]
    expect((await gateway.manage('GET', `/requests/${id}`)).body).toEqual(
      (body.requests as [Record<string, unknown>])[0],
    )
  })

  test.each<[string, number]>([
    ['?caller=local', 1],
    ['?caller=alice', 0],
    ['?asked=m&limit=1', 1],
    ['?asked=x', 0],
  ])('asked for as %s', async (query, count) => {
    const gateway = await coolingDown()
    const { body } = await gateway.manage('GET', `/requests${query}`)
    expect(body.requests).toHaveLength(count)
  })

  test.each<[string, number, string]>([
    ['/requests/req_unknown', 404, 'too long ago'],
    ['/requests?limit=0', 400, 'limit'],
    ['/requests?since=1', 400, 'known: caller, asked, limit'],
  ])('%s: %d', async (path, status, words) => {
    const gateway = await coolingDown()
    const answer = await gateway.manage('GET', path)
    expect(answer.status).toBe(status)
    expect(answer.text).toContain(words)
  })
})
