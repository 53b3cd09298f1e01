import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { filesBelow, newHome } from '../support/home.ts'
import { localGateway, type Received, streamOf } from '../support/local-gateway.ts'

/** Every secret that there is, each once, none like another. */
const SECRET = {
  ourKey: 'canary-our-key-0001',
  otherKey: 'canary-other-callers-key-0002',
  upstreamKey: 'canary/upstream+key"0003',
  secondKey: 'canary-second-upstream-key-0004',
  headerOfProvider: 'canary-header-of-provider-0005',
  headerOfKey: 'canary-header-of-key-0006',
  plainHeader: 'canary-in-a-plain-header-0007',
  proxyPassword: 'canary-proxy-password-0008',
  cookie: 'canary-cookie-0009',
  clientsOwn: 'canary-clients-own-key-0010',
  basic: 'canary-basic-password-0011',
  query: 'canary-in-the-query-0012',
  forwarded: 'canary-forwarded-token-0013',
  nested: 'canary-nested-in-metadata-0014',
  escaped: 'canary-nested-in-a-string-0015',
  setByUpstream: 'canary-set-by-upstream-0016',
  ofEnvironment: 'canary-of-the-environment-0017',
}

const ROUTES = `
version: 1
server: { proxy-url: "http://user:${SECRET.proxyPassword}@127.0.0.1:9" }
providers:
  a:
    kind: openai-compatible
    base-url: http://a.test/v1
    headers: { X-Gateway-Pass: ${SECRET.headerOfProvider}, X-Team: ${SECRET.plainHeader}, X-Copy: "$x-vendor-token" }
    keys:
      - { name: one, key: "\${A_KEY}", headers: { Cf-Access-Client-Secret: ${SECRET.headerOfKey} } }
      - ${SECRET.secondKey}
  c: { kind: anthropic-compatible, base-url: "http://c.test", keys: [ ${SECRET.secondKey} ] }
models: { m: [ a/x, c/y ], t: c/y }
api-keys:
  - { name: alice, key: ${SECRET.ourKey} }
  - { name: bob, key: ${SECRET.otherKey} }
policy: { request-retry: 0 }
logging: { level: debug, file: true, requests: all }
`

const HEADERS = {
  authorization: `Bearer ${SECRET.ourKey}`,
  'proxy-authorization': `Basic ${btoa(`me:${SECRET.basic}`)}`,
  'x-api-key': SECRET.clientsOwn,
  cookie: `a=b; session=${SECRET.cookie}`,
  'x-vendor-token': SECRET.forwarded,
}

const body = (model: string, more: object = {}) => ({
  model,
  messages: [{ role: 'user', content: `my key is ${SECRET.otherKey} and ${SECRET.clientsOwn}` }],
  metadata: {
    user_id: `user_${SECRET.ourKey}`,
    api_key: SECRET.nested,
    sent: JSON.stringify({ headers: { Authorization: `Bearer ${SECRET.escaped}` } }),
    basic: SECRET.basic,
    session: SECRET.cookie,
    query: SECRET.query,
    environment: `OTHER_API_KEY=${SECRET.ofEnvironment}`,
  },
  ...more,
})

/** Says everything back that it was told, as some do in their errors. */
function parrot({ headers, text, url }: Received): object {
  return { url, text, headers: Object.fromEntries(headers) }
}

async function everything(): Promise<string> {
  const home = newHome()
  const gateway = localGateway(
    ROUTES,
    received => {
      const said = parrot(received)
      const told = {
        headers: {
          'set-cookie': `s=${SECRET.setByUpstream}`,
          'x-auth-token': SECRET.setByUpstream,
        },
      }
      if (received.text.includes('"refuse"'))
        return Response.json({ error: { message: JSON.stringify(said) } }, { status: 401, ...told })
      if (received.text.includes('"stream":true'))
        return streamOf([
          `data: ${JSON.stringify({ id: 'c', model: 'x', choices: [{ index: 0, delta: { content: JSON.stringify(said) }, finish_reason: 'stop' }] })}\n\n`,
          `data: ${JSON.stringify({ error: { message: JSON.stringify(said) } })}\n\n`,
        ])
      const reply = {
        id: 'c',
        model: 'x',
        said,
        choices: [],
        usage: { prompt_tokens: 1, completion_tokens: 1 },
      }
      return Response.json(reply, told)
    },
    { JACKFIELD_HOME: home, A_KEY: SECRET.upstreamKey, OTHER_API_KEY: SECRET.ofEnvironment },
  )
  const path = `/v1/chat/completions?key=${SECRET.query}&state=${SECRET.query}`
  for (const json of [
    body('m'),
    body('m', { stream: true }),
    body('m', { user: 'refuse' }),
    body('t'),
    body('t', { stream: true, user: 'refuse' }),
    body('nobody'),
    body(`a/${SECRET.ourKey}`),
  ])
    await (await gateway.call(path, { json, headers: HEADERS })).text()
  const gemini = `/v1beta/models/m:generateContent?key=${SECRET.ourKey}`
  await (await gateway.call(gemini, { json: { contents: [{ parts: [{ text: 'x' }] }] } })).text()
  await gateway.services.recorder.settled()
  const logged = gateway.logged()
  const files = filesBelow(home)
  expect(files.filter(({ name }) => name.includes('requests/'))).toHaveLength(8)
  expect(files.map(({ name }) => name)).toContain(join('logs', 'jackfield.log'))
  expect(logged).toContain('attempt failed')
  return [logged, ...files.map(({ name, text }) => `${name}\n${text}`)].join('\n')
}

describe('no secret of the file, of the environment or of a client is written anywhere', () => {
  test('by value, as JSON or URLs spell it, or in base64', async () => {
    const written = await everything()
    // What was replaced is there otherwise.
    expect(written).toContain('user_[redacted]')
    expect(written).toContain('key=[redacted]&state=[redacted]')
    expect(written).toContain('authorization: Bearer [redacted]')
    for (const [name, secret] of Object.entries(SECRET)) {
      const spellings = [
        secret,
        JSON.stringify(secret).slice(1, -1),
        encodeURIComponent(secret),
        btoa(secret).replace(/=+$/, ''),
      ]
      for (const spelling of spellings)
        expect([name, spelling, written.includes(spelling)]).toEqual([name, spelling, false])
    }
    expect(written).not.toContain('canary')
  })
})
