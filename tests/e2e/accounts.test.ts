import { afterEach, describe, expect, test } from 'bun:test'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Running, runCommand, start } from '../support/binary.ts'
import { fakeUpstream, type Received, type Upstream } from '../support/upstream.ts'

/** Signed-in accounts through the binary: an upstream that is also the vendor's token endpoint. */

const ASK = {
  model: 'claude-sonnet-4-5',
  max_tokens: 9,
  messages: [{ role: 'user', content: 'hi' }],
}
const ANSWER = {
  id: 'm',
  type: 'message',
  role: 'assistant',
  model: 'claude-sonnet-4-5',
  content: [{ type: 'text', text: 'ok' }],
  stop_reason: 'end_turn',
  usage: { input_tokens: 1, output_tokens: 1 },
}

type Vendor = Upstream & {
  /** By account: how many tokens it was issued. */
  issued: Map<string, number>
  /** Refresh tokens that came after they were spent. */
  reused: string[]
  /** Access tokens that are refused. */
  revoked: Set<string>
  /** Called before a refresh is answered. */
  held: (() => Promise<void>) | undefined
}

/** Rotates `ACCOUNT-refresh-canary-N` for `ACCOUNT-access-canary-N`; `gone-…` is refused for good. */
function vendor(): Vendor {
  const issued = new Map<string, number>()
  const made = Object.assign(fakeUpstream(answer), {
    issued,
    reused: [] as string[],
    revoked: new Set<string>(),
    held: undefined as Vendor['held'],
  })
  return made

  async function answer(received: Received): Promise<Response> {
    if (received.path === '/token') return refresh(JSON.parse(received.body).refresh_token)
    const token = received.headers.get('authorization')?.replace('Bearer ', '') ?? ''
    if (made.revoked.has(token) || token.startsWith('old'))
      return Response.json(
        { type: 'error', error: { type: 'authentication_error', message: `no ${token}` } },
        { status: 401 },
      )
    return Response.json(ANSWER)
  }

  async function refresh(token: string): Promise<Response> {
    await made.held?.()
    const [, account = '', number] = /^(\w+)-refresh-canary-(\d+)$/.exec(token) ?? []
    const count = issued.get(account) ?? 1
    if (account === 'gone' || Number(number) !== count) {
      if (account !== 'gone') made.reused.push(token)
      return Response.json({ error: 'invalid_grant' }, { status: 400 })
    }
    issued.set(account, count + 1)
    return Response.json({
      access_token: `${account}-access-canary-${count + 1}`,
      refresh_token: `${account}-refresh-canary-${count + 1}`,
      expires_in: 36_000,
    })
  }
}

const stops: (() => unknown)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})

function authFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'jackfield-auth-'))
  stops.push(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

const OVER = '2020-01-01T00:00:00Z'

function signIn(folder: string, account: string, more: object = {}): string {
  const path = join(folder, `claude-${account}.json`)
  const members = {
    type: 'claude',
    email: `${account}@example.com`,
    access_token: `old-${account}-canary`,
    refresh_token: `${account}-refresh-canary-1`,
    expired: OVER,
    added_by: { another: 'program' },
  }
  writeFileSync(path, JSON.stringify({ ...members, ...more }))
  return path
}

const routes = (folder: string, { url }: Upstream, more = ''): string => `version: 1
auth-dir: ${folder}
providers:
  claude:
    kind: claude-oauth
    base-url: "${url}"
    oauth: { token-url: "${url}/token" }
logging: { level: debug, requests: all }
${more}`

async function gateway(text: string): Promise<Running> {
  const running = await start(text)
  stops.push(() => running.stop())
  return running
}

const ask = ({ url }: Pick<Running, 'url'>) =>
  fetch(`${url}/v1/messages`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'anthropic-version': '2023-06-01',
      'anthropic-beta': 'interleaved-thinking-2025-05-14',
    },
    body: JSON.stringify(ASK),
  })

const messages = ({ received }: Upstream): Received[] =>
  received.filter(({ path }) => path === '/v1/messages')
const refreshes = ({ received }: Upstream): number =>
  received.filter(({ path }) => path === '/token').length

function startVendor(): Vendor {
  const made = vendor()
  stops.push(() => made.stop())
  return made
}

/** Asks until the answer is as wanted: a change of a file comes into force shortly after. */
async function askUntil(running: Running, wanted: (response: Response) => boolean) {
  for (;;) {
    const response = await ask(running)
    if (wanted(response)) return response
    await response.text()
    await Bun.sleep(20)
  }
}

describe('a request with an account', () => {
  test('goes up with a fresh token, the OAuth beta and our own name; the file keeps what others added', async () => {
    const folder = authFolder()
    const upstream = startVendor()
    const path = signIn(folder, 'ann')
    const running = await gateway(routes(folder, upstream))
    expect((await ask(running)).status).toBe(200)
    const [sent] = messages(upstream)
    expect(sent?.headers.get('authorization')).toBe('Bearer ann-access-canary-2')
    expect(sent?.headers.get('x-api-key')).toBeNull()
    expect(sent?.headers.get('anthropic-beta')?.split(',').toSorted()).toEqual([
      'interleaved-thinking-2025-05-14',
      'oauth-2025-04-20',
    ])
    expect(sent?.headers.get('user-agent')).toStartWith('jackfield/')
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({
      access_token: 'ann-access-canary-2',
      refresh_token: 'ann-refresh-canary-2',
      added_by: { another: 'program' },
    })
    expect(refreshes(upstream)).toBe(1)
  })

  test('is sent once more after a 401 with a refreshed token', async () => {
    const folder = authFolder()
    const upstream = startVendor()
    signIn(folder, 'ann')
    const running = await gateway(routes(folder, upstream))
    await ask(running)
    upstream.revoked.add('ann-access-canary-2')
    expect((await ask(running)).status).toBe(200)
    expect(messages(upstream).at(-1)?.headers.get('authorization')).toBe(
      'Bearer ann-access-canary-3',
    )
    expect(refreshes(upstream)).toBe(2)
  })

  test('goes to another account where the vendor refuses the refresh for good', async () => {
    const folder = authFolder()
    const upstream = startVendor()
    signIn(folder, 'gone', { priority: 1 })
    signIn(folder, 'ann')
    const running = await gateway(routes(folder, upstream))
    for (let asked = 0; asked < 3; asked++) expect((await ask(running)).status).toBe(200)
    const tokens = messages(upstream).map(({ headers }) => headers.get('authorization'))
    expect(new Set(tokens)).toEqual(new Set(['Bearer ann-access-canary-2']))
    await running.said('sign in again: jackfield login claude')
    const listed = await runCommand(['accounts', '--json', '--routes', running.routes], {
      env: { JACKFIELD_HOME: join(running.folder, 'home') },
    })
    const { accounts } = JSON.parse(listed.stdout)
    expect(
      accounts.map(({ label, state }: { label: string; state: string }) => [label, state]),
    ).toEqual([
      ['ann@example.com', 'ready'],
      ['gone@example.com', 'sign-in-again'],
    ])
    expect(accounts[1].lastError.message).toContain('invalid_grant')
  })

  test('leaves no token in logs, records, replies or lists', async () => {
    const folder = authFolder()
    const upstream = startVendor()
    signIn(folder, 'ann')
    const running = await gateway(routes(folder, upstream))
    await ask(running)
    upstream.revoked.add('ann-access-canary-2').add('ann-access-canary-3')
    const refused = await ask(running)
    expect(refused.status).not.toBe(200)
    const home = join(running.folder, 'home')
    const listed = await runCommand(['accounts', '--routes', running.routes], {
      env: { JACKFIELD_HOME: home },
    })
    expect(listed.stdout).toContain('ann@example.com')
    const records = join(home, 'logs/requests')
    while (!existsSync(records) || readdirSync(records).length < 2) await Bun.sleep(10)
    const written = readdirSync(records).map(name => readFileSync(join(records, name), 'utf8'))
    const shown = [await refused.text(), running.output(), listed.stdout, ...written].join('\n')
    expect(shown).toContain('claude-sonnet-4-5')
    expect(shown).not.toContain('canary')
  })
})

describe('the folder is watched', () => {
  test('accounts come, are disabled and go while requests are served', async () => {
    const folder = authFolder()
    const upstream = startVendor()
    const running = await gateway(routes(folder, upstream))
    expect((await ask(running)).status).not.toBe(200)
    const ann = signIn(folder, 'ann')
    await askUntil(running, ({ status }) => status === 200)
    signIn(folder, 'bob', { priority: 1 })
    const by = (name: string) => () =>
      messages(upstream).at(-1)?.headers.get('authorization')?.startsWith(`Bearer ${name}`) === true
    await askUntil(running, by('bob'))
    signIn(folder, 'bob', { priority: 1, disabled: true })
    const served = await askUntil(running, by('ann'))
    expect(served.status).toBe(200)
    // Half a file is set aside, and stays as it is.
    writeFileSync(ann, '{"type":"claude","acc')
    await askUntil(running, ({ status }) => status !== 200)
    await running.said('claude-ann.json is not used: it is no JSON object')
    expect(readFileSync(ann, 'utf8')).toBe('{"type":"claude","acc')
  })

  test('an account that signs in again serves at once', async () => {
    const folder = authFolder()
    const upstream = startVendor()
    const path = signIn(folder, 'ann', { refresh_token: 'gone-refresh-canary-1' })
    const running = await gateway(routes(folder, upstream))
    const refused = await ask(running)
    expect(refused.status).not.toBe(200)
    expect(await refused.text()).toContain('jackfield login claude')
    writeFileSync(
      path,
      readFileSync(path, 'utf8').replace('gone-refresh-canary-1', 'ann-refresh-canary-1'),
    )
    expect((await askUntil(running, ({ status }) => status === 200)).status).toBe(200)
  })
})

describe('two gateways on one folder', () => {
  test('never use a refresh token twice, and fail no request', async () => {
    const folder = authFolder()
    const upstream = startVendor()
    signIn(folder, 'ann')
    signIn(folder, 'bob')
    const pair = await Promise.all([1, 2].map(() => gateway(routes(folder, upstream))))
    for (let round = 0; round < 5; round++) {
      const replies = await Promise.all(
        Array.from({ length: 16 }, (_, at) => pair[at % 2]).map(one => one && ask(one)),
      )
      expect(replies.map(reply => reply?.status)).toEqual(replies.map(() => 200))
      for (const [account, count] of upstream.issued)
        upstream.revoked.add(`${account}-access-canary-${count}`)
    }
    expect(upstream.reused).toEqual([])
    expect(upstream.issued.get('ann')).toBeGreaterThan(2)
  })

  test('one that is killed in the middle of a refresh leaves the account to the other', async () => {
    const folder = authFolder()
    const upstream = startVendor()
    const path = signIn(folder, 'ann')
    let arrived = (): void => {}
    const asked = new Promise<void>(resolve => (arrived = resolve))
    let release = (): void => {}
    const released = new Promise<void>(resolve => (release = resolve))
    let asks = 0
    upstream.held = () => {
      arrived()
      asks += 1
      // The first asker is killed while it waits; the second waits until the file has been looked at.
      return asks === 1 ? new Promise(() => {}) : released
    }
    // Each refreshes a token that is over as soon as it starts.
    const first = await start(routes(folder, upstream))
    await asked
    const second = await gateway(routes(folder, upstream))
    first.signal('SIGKILL')
    await first.exited
    expect(JSON.parse(readFileSync(path, 'utf8')).refresh_token).toBe('ann-refresh-canary-1')
    release()
    expect((await ask(second)).status).toBe(200)
    expect(upstream.reused).toEqual([])
  })
})

describe('the commands', () => {
  const env = (home: string) => ({ JACKFIELD_HOME: home })

  test('accounts import copies into the folder of this user, logout removes', async () => {
    const home = authFolder()
    const theirs = authFolder()
    const path = signIn(theirs, 'ann')
    const others = join(theirs, 'iflow-ann.json')
    writeFileSync(others, '{"type":"iflow","email":"ann@example.com","access_token":"a"}')
    const torn = join(theirs, 'torn.json')
    writeFileSync(torn, '{')
    const options = { cwd: theirs, env: env(home) }
    const imported = await runCommand(['accounts', 'import', path, others, torn], options)
    expect(imported.stdout).toContain('ann@example.com is copied')
    expect(imported.stdout).toContain('its kind is not served yet')
    expect(imported.stderr).toContain('torn.json is not copied: it is no JSON object')
    expect(imported.code).toBe(1)
    const copied = join(home, 'auth/claude-ann.json')
    expect(readFileSync(copied, 'utf8')).toBe(readFileSync(path, 'utf8'))
    const twice = await runCommand(['accounts', 'import', path], options)
    expect([twice.code, twice.stderr]).toEqual([1, expect.stringContaining('is there already')])
    const listed = await runCommand(['accounts'], options)
    expect(listed.stdout).toContain('ann@example.com  claude-oauth  refreshed when it is used next')
    expect(listed.stdout).toContain('ann@example.com  iflow  kind not served yet')
    const which = await runCommand(['logout', 'ann@example.com'], options)
    expect([which.code, which.stderr]).toEqual([1, expect.stringContaining('--type')])
    const out = await runCommand(['logout', 'ann@example.com', '--type', 'claude'], options)
    expect([out.code, existsSync(copied)]).toEqual([0, false])
    expect(existsSync(path)).toBe(true)
    const unknown = await runCommand(['logout', 'unknown'], options)
    expect([unknown.code, unknown.stderr]).toEqual([1, expect.stringContaining('no account')])
  })

  test('a folder that cannot be made is named with what to do', async () => {
    const home = authFolder()
    writeFileSync(join(home, 'auth'), 'a file in its place')
    const path = signIn(home, 'ann')
    const tried = await runCommand(['accounts', 'import', path], { cwd: home, env: env(home) })
    expect(tried.code).toBe(1)
    expect(tried.stderr).toContain('cannot be changed')
  })
})
