import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { vendorBy } from '../../src/credentials/oauth/vendors.ts'
import { cleanEnv, command, type Running, runCommand, start } from '../support/binary.ts'
import { filesBelow, newHome } from '../support/home.ts'
import { type OidcVendor, oidcVendor } from '../support/oidc-vendor.ts'
import { fakeUpstream, type Received, type Upstream } from '../support/upstream.ts'
import { browse } from '../support/user-agent.ts'

/** Code Assist through the binary: an upstream that refuses what Google refuses. */

const SEAL = 'c2lnbmF0dXJlLW9mLXRoZS10aG91Z2h0LXRoYXQtaXMtbG9uZy1lbm91Z2g='
const MODEL = 'gemini-2.5-pro'

type CodeAssist = Upstream & {
  /** Access tokens that are good. */
  good: Set<string>
  /** Projects whose quota is used up. */
  spent: Set<string>
  /** What `loadCodeAssist` and `onboardUser` answer. */
  loaded: object
  onboarded: object[]
}

const failure = (code: number, message: string, details: object[] = []): Response =>
  Response.json({ error: { code, message, status: 'FAILED', details } }, { status: code })

function parts(text: string): object[] {
  if (text.includes('weather'))
    return [
      { text: 'I look it up.', thought: true },
      { functionCall: { name: 'weather', args: { city: 'Oslo' } }, thoughtSignature: SEAL },
    ]
  return [{ text: 'Hel' }, { text: 'lo' }]
}

const response = (written: object[], finishReason?: string): object => ({
  response: {
    candidates: [{ index: 0, content: { role: 'model', parts: written }, finishReason }],
    usageMetadata: { promptTokenCount: 7, candidatesTokenCount: 2, totalTokenCount: 9 },
    modelVersion: MODEL,
  },
  traceId: 'trace',
})

function codeAssist(): CodeAssist {
  const made = Object.assign(fakeUpstream(answer), {
    good: new Set(['good']),
    spent: new Set<string>(),
    loaded: {},
    onboarded: [] as object[],
  })
  return made

  function answer({ path, headers, body }: Received): Response {
    if (path === '/token') {
      const form = new URLSearchParams(body)
      if (form.get('client_secret') !== 'of-the-file')
        return Response.json({ error: 'invalid_client' }, { status: 401 })
      made.good = new Set(['fresh'])
      return Response.json({ access_token: 'fresh', expires_in: 3600, token_type: 'Bearer' })
    }
    if (path.endsWith(':loadCodeAssist')) return Response.json(made.loaded)
    if (path.endsWith(':onboardUser')) return Response.json(made.onboarded.shift() ?? {})
    if (path.startsWith('/v1/projects/')) return Response.json({ state: 'ENABLED' })
    if (path === '/v1/projects')
      return Response.json({ projects: [{ projectId: 'p1' }, { projectId: 'p2' }] })
    const token = headers.get('authorization')?.replace('Bearer ', '') ?? ''
    if (!made.good.has(token)) return failure(401, `stale token ${token}`)
    const { project, model, request } = JSON.parse(body)
    if (!request?.contents) return failure(400, 'the request is not in its envelope')
    if (path === '/v1internal:countTokens')
      return project || model ? failure(400, 'unknown member') : Response.json({ totalTokens: 7 })
    if (!['p1', 'p2'].includes(project)) return failure(403, `unknown project ${project}`)
    if (model !== MODEL) return failure(404, `no model ${model}`)
    if (made.spent.has(project))
      return failure(429, 'Your quota will reset after 12m3s.', [
        {
          '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
          metadata: { quotaResetDelay: '12m3s' },
        },
      ])
    const written = parts(JSON.stringify(request.contents.at(-1)))
    if (path === '/v1internal:generateContent') return Response.json(response(written, 'STOP'))
    if (path !== '/v1internal:streamGenerateContent') return failure(404, `no ${path}`)
    const events = written.map((part, at) =>
      response([part], at === written.length - 1 ? 'STOP' : undefined),
    )
    const text = events.map(event => `data: ${JSON.stringify(event)}\r\n\r\n`).join('')
    return new Response(text, { headers: { 'content-type': 'text/event-stream' } })
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(listening => server.listen(0, '127.0.0.1', () => listening()))
  const { port } = server.address() as AddressInfo
  await new Promise(closed => server.close(closed))
  return port
}

const stops: (() => unknown)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})

function upstream(): CodeAssist {
  const made = codeAssist()
  stops.push(() => made.stop())
  return made
}

/** As CLIProxyAPI writes it. */
function account(token: string, project = 'p1', expiry = '2099-01-01T00:00:00Z'): object {
  return {
    type: 'gemini',
    email: 'ada@example.com',
    project_id: project,
    auto: true,
    checked: true,
    token: {
      access_token: token,
      refresh_token: 'refresh',
      token_type: 'Bearer',
      expiry,
      client_id: 'client-of-the-file',
      client_secret: 'of-the-file',
      universe_domain: 'googleapis.com',
    },
  }
}

async function gateway(google: CodeAssist, file: object): Promise<Running & { file: string }> {
  const folder = newHome()
  const path = join(folder, 'gemini-ada@example.com-p1.json')
  writeFileSync(path, JSON.stringify(file))
  const running = await start(`version: 1
auth-dir: ${folder}
providers:
  google: { kind: gemini-cli, base-url: "${google.url}", oauth: { token-url: "${google.url}/token" } }
models: { m: google/${MODEL} }
policy: { request-retry: 0 }
`)
  stops.push(() => running.stop())
  return Object.assign(running, { file: path })
}

const PARAMETERS = {
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
}

/** A question with a tool, as clients of each protocol ask it. */
const CLIENTS = {
  gemini: {
    path: (stream: boolean) =>
      `/v1beta/models/m:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
    body: (text: string) => ({
      contents: [{ role: 'user', parts: [{ text }] }],
      tools: [{ functionDeclarations: [{ name: 'weather' }] }],
    }),
  },
  anthropic: {
    path: () => '/v1/messages',
    body: (text: string, stream: boolean) => ({
      model: 'm',
      max_tokens: 99,
      stream,
      thinking: { type: 'enabled', budget_tokens: 1024 },
      messages: [{ role: 'user', content: text }],
      tools: [{ name: 'weather', input_schema: PARAMETERS }],
    }),
  },
  'openai-chat': {
    path: () => '/v1/chat/completions',
    body: (text: string, stream: boolean) => ({
      model: 'm',
      stream,
      messages: [{ role: 'user', content: text }],
      tools: [{ type: 'function', function: { name: 'weather', parameters: PARAMETERS } }],
    }),
  },
  'openai-responses': {
    path: () => '/v1/responses',
    body: (text: string, stream: boolean) => ({
      model: 'm',
      stream,
      input: text,
      tools: [{ type: 'function', name: 'weather', parameters: PARAMETERS }],
    }),
  },
} as const

const post = ({ url }: Pick<Running, 'url'>, path: string, body: object): Promise<Response> =>
  fetch(url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })

describe.each(['gemini', 'anthropic', 'openai-chat', 'openai-responses'] as const)(
  'a client of %s',
  protocol => {
    const { path, body } = CLIENTS[protocol]

    test.each([false, true])('is answered in its own protocol, stream: %p', async stream => {
      const google = upstream()
      const running = await gateway(google, account('good'))
      const reply = await post(running, path(stream), body('hi', stream))
      const text = await reply.text()
      expect({ status: reply.status, text }).toMatchObject({ status: 200 })
      expect(text).toMatch(/Hel(?=[\s\S]*lo)/)
      expect(text).not.toContain('traceId')
      const [sent] = google.received
      expect(JSON.parse(sent?.body ?? '')).toMatchObject({ project: 'p1', model: MODEL })
      expect(sent?.headers.get('user-agent')).toStartWith('jackfield/')
    })

    test.each([false, true])('gets tool calls, stream: %p', async stream => {
      const google = upstream()
      const running = await gateway(google, account('good'))
      const reply = await post(running, path(stream), body('the weather?', stream))
      const text = await reply.text()
      expect(reply.status).toBe(200)
      expect(text).toContain('weather')
      expect(text).toContain('Oslo')
      if (protocol === 'gemini' || protocol === 'anthropic') {
        expect(text).toContain('I look it up.')
        expect(text.replaceAll('\\', '')).toContain(protocol === 'gemini' ? SEAL : 'signature')
      }
    })
  },
)

test("a Gemini client's bytes go up inside the envelope and come down as they were", async () => {
  const google = upstream()
  const running = await gateway(google, account('good'))
  const bytes =
    '{ "contents" : [ {"role":"user","parts":[{"text":"h\\u0069 1.50"}]} ] , "own":1e2 }'
  const reply = await fetch(`${running.url}/v1beta/models/${MODEL}:generateContent`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: bytes,
  })
  const written = JSON.stringify((response(parts('hi'), 'STOP') as { response: object }).response)
  expect(await reply.text()).toBe(written)
  expect(google.received[0]?.body).toBe(`{"project":"p1","model":"${MODEL}","request":${bytes}}`)
})

test('a thought keeps its signature over two turns of another protocol', async () => {
  const google = upstream()
  const running = await gateway(google, account('good'))
  const { path, body } = CLIENTS['openai-chat']
  const first = await post(running, path(), body('the weather?', false))
  const { choices } = (await first.json()) as {
    choices: { message: { tool_calls: { id: string }[] } }[]
  }
  const message = choices[0]?.message
  const asked = body('the weather?', false)
  const result = { role: 'tool', tool_call_id: message?.tool_calls[0]?.id, content: 'cold' }
  const second = await post(running, path(), {
    ...asked,
    messages: [...asked.messages, message, result],
  })
  expect(second.status).toBe(200)
  const { request } = JSON.parse(google.received.at(-1)?.body ?? '')
  expect(JSON.stringify(request.contents)).toContain(`"thoughtSignature":"${SEAL}"`)
  expect(JSON.stringify(request.contents)).not.toContain('"id"')
})

test('tokens are counted there', async () => {
  const google = upstream()
  const running = await gateway(google, account('good'))
  const { contents } = CLIENTS.gemini.body('hi')
  const reply = await post(running, '/v1beta/models/m:countTokens', { contents })
  expect(await reply.json()).toEqual({ totalTokens: 7 })
  expect(google.received.map(({ path }) => path)).toEqual(['/v1internal:countTokens'])
})

test.each([
  ['refused', account('stale')],
  ['over', account('good', 'p1', '2020-01-01T00:00:00Z')],
])('a token that is %s is refreshed with the client of the file', async (_, file) => {
  const google = upstream()
  google.good = new Set()
  const running = await gateway(google, file)
  const { path, body } = CLIENTS.gemini
  expect((await post(running, path(false), body('hi'))).status).toBe(200)
  const tokens = google.received.filter(({ path }) => path === '/token')
  expect(tokens.map(({ body }) => new URLSearchParams(body).get('client_id'))).toEqual([
    'client-of-the-file',
  ])
  const kept = JSON.parse(readFileSync(running.file, 'utf8'))
  expect(kept).toMatchObject({ ...file, access_token: 'fresh', expiry: expect.any(String) })
  expect(kept.expired).toBeUndefined()
})

test('several projects are several credentials: one without quota leaves the other', async () => {
  const google = upstream()
  google.spent.add('p1')
  const running = await gateway(google, account('good', 'p1,p2'))
  const { path, body } = CLIENTS.gemini
  for (let count = 0; count < 4; count++)
    expect((await post(running, path(false), body('hi'))).status).toBe(200)
  const projects = google.received.map(({ body }) => JSON.parse(body).project)
  expect(projects.filter(project => project === 'p1').length).toBeLessThanOrEqual(1)
})

test('a quota that is used up is passed on with the pause that Google gives', async () => {
  const google = upstream()
  google.spent.add('p1')
  const running = await gateway(google, account('good'))
  const { path, body } = CLIENTS.gemini
  const reply = await post(running, path(false), body('hi'))
  expect(reply.status).toBe(429)
  expect(await reply.text()).toContain('Your quota will reset after 12m3s.')
  const before = google.received.length
  const again = await post(running, path(false), body('hi'))
  expect(again.status).toBe(429)
  expect(Number(again.headers.get('retry-after'))).toBeWithin(600, 724)
  expect(google.received.length).toBe(before)
})

describe('jackfield login gemini', () => {
  const vendor = vendorBy('name', 'gemini')
  if (!vendor) throw new Error('gemini')
  let oidc: OidcVendor
  const idToken = `e30.${Buffer.from('{"email":"ada@example.com"}').toString('base64url')}.`
  beforeAll(async () => {
    oidc = await oidcVendor(vendor, { id_token: idToken })
  })
  afterAll(() => oidc.close())

  async function place(google: CodeAssist) {
    const home = newHome()
    const { authorizeUrl, tokenUrl } = oidc.settings
    writeFileSync(
      join(home, 'routes.yaml'),
      `version: 1
providers:
  google:
    kind: gemini-cli
    base-url: "${google.url}"
    oauth: { authorize-url: "${authorizeUrl}", token-url: "${tokenUrl}", redirect-port: ${await freePort()} }
`,
    )
    return home
  }

  const SECRET = { GEMINI_CLI_CLIENT_SECRET: 'secret-of-the-client' }

  async function login(home: string, args: string[], env: Record<string, string> = SECRET) {
    const child = Bun.spawn([...command, 'login', 'gemini', '--no-browser', ...args], {
      cwd: home,
      env: cleanEnv({ JACKFIELD_HOME: join(home, 'data'), ...env }),
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let stderr = ''
    let visited = false
    for await (const chunk of child.stderr) {
      stderr += new TextDecoder().decode(chunk)
      const [link] = /https?:\/\/\S+(?=\n\n)/.exec(stderr) ?? []
      if (!link || visited) continue
      visited = true
      void browse(link)
    }
    return { code: await child.exited, stderr, stdout: await new Response(child.stdout).text() }
  }

  const accounts = (home: string) =>
    filesBelow(join(home, 'data', 'auth'))
      .filter(({ name }) => name.endsWith('.json'))
      .map(({ name, mode, text }) => ({ name, mode, members: JSON.parse(text) }))

  test('signs in, sets the account up and writes the file that CLIProxyAPI reads', async () => {
    const google = upstream()
    google.loaded = { allowedTiers: [{ id: 'free-tier', isDefault: true }] }
    google.onboarded = [
      { done: true, response: { cloudaicompanionProject: { id: 'given-by-google' } } },
    ]
    const home = await place(google)
    const { code, stdout, stderr } = await login(home, [])
    expect({ code, stderr }).toMatchObject({ code: 0 })
    expect(stdout).toContain('signed in to Google as ada@example.com')
    expect(accounts(home)).toEqual([
      {
        name: 'gemini-ada@example.com-given-by-google.json',
        mode: 0o600,
        members: expect.objectContaining({
          type: 'gemini',
          email: 'ada@example.com',
          project_id: 'given-by-google',
          auto: true,
          checked: true,
          token: expect.objectContaining({
            client_id: vendor.clientId,
            client_secret: 'secret-of-the-client',
            refresh_token: expect.any(String),
          }),
        }),
      },
    ])
    const listed = await runCommand(['accounts'], {
      cwd: home,
      env: { JACKFIELD_HOME: join(home, 'data') },
    })
    expect(listed.stdout).toContain('used by google')
  })

  test('ALL projects are one account, which a gateway serves from at once', async () => {
    const google = upstream()
    google.onboarded = [
      { done: true, response: { cloudaicompanionProject: { id: 'p1' } } },
      { done: true, response: { cloudaicompanionProject: { id: 'p2' } } },
    ]
    const home = await place(google)
    expect((await login(home, ['--project', 'ALL'])).code).toBe(0)
    const [file] = accounts(home)
    expect(file).toMatchObject({
      name: 'gemini-ada@example.com-all.json',
      members: { project_id: 'p1,p2', auto: false },
    })
    google.good = new Set([file?.members.access_token])
    const running = await start(readFileSync(join(home, 'routes.yaml'), 'utf8'), {
      env: { JACKFIELD_HOME: join(home, 'data') },
    })
    stops.push(() => running.stop())
    const path = `/v1beta/models/google/${MODEL}:generateContent`
    const replies = [await post(running, path, CLIENTS.gemini.body('hi'))]
    replies.push(await post(running, path, CLIENTS.gemini.body('hi')))
    expect(replies.map(({ status }) => status)).toEqual([200, 200])
  })

  test('an account without a project is a sentence with the remedy, and no file', async () => {
    const google = upstream()
    google.loaded = {
      allowedTiers: [
        { id: 'standard-tier', isDefault: true, userDefinedCloudaicompanionProject: true },
      ],
    }
    const home = await place(google)
    const { code, stderr } = await login(home, [])
    expect(code).toBe(1)
    expect(stderr).toContain('jackfield login gemini --project PROJECT')
    expect(accounts(home)).toEqual([])
  })

  test('without the client secret it says where that comes from', async () => {
    const home = await place(upstream())
    const { code, stderr } = await login(home, [], {})
    expect(code).toBe(1)
    expect(stderr).toContain('set GEMINI_CLI_CLIENT_SECRET')
    expect(accounts(home)).toEqual([])
  })
})
