import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import type { OAuthVendor } from '../../src/credentials/oauth/vendor.ts'
import { VENDORS } from '../../src/credentials/oauth/vendors.ts'
import { cleanEnv, command, runCommand, start } from '../support/binary.ts'
import { filesBelow, newHome } from '../support/home.ts'
import { type OidcVendor, oidcVendor } from '../support/oidc-vendor.ts'
import { fakeUpstream } from '../support/upstream.ts'
import { browse } from '../support/user-agent.ts'

/** `jackfield login` against a real OpenID provider, set up as each vendor behaves. */

const REPLY_EXTRA: Record<string, object> = {
  claude: {
    account: { email_address: 'ada@example.com', uuid: 'u-1' },
    organization: { uuid: 'o-1' },
  },
  qwen: { resource_url: 'portal.qwen.ai' },
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(listening => server.listen(0, '127.0.0.1', () => listening()))
  const { port } = server.address() as AddressInfo
  await new Promise(closed => server.close(closed))
  return port
}

/** A folder with a routes.yaml in which the vendor is the one of the test. */
async function place({ kind }: OAuthVendor, { settings }: OidcVendor, more = '') {
  const home = newHome()
  const port = await freePort()
  const { authorizeUrl, tokenUrl, deviceUrl } = settings
  const routes = `version: 1
providers:
  mine: # where I sign in
    kind: ${kind}
    oauth: { authorize-url: "${authorizeUrl}", token-url: "${tokenUrl}", device-url: "${deviceUrl}", redirect-port: ${port} }
${more}`
  writeFileSync(join(home, 'routes.yaml'), routes)
  return { home, port, routes: () => readFileSync(join(home, 'routes.yaml'), 'utf8') }
}

/** The command while it runs. */
function begin(home: string, args: string[], env: Record<string, string> = {}) {
  const child = Bun.spawn([...command, 'login', ...args], {
    cwd: home,
    env: cleanEnv({ JACKFIELD_HOME: join(home, 'data'), ...env }),
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let stderr = ''
  const looks = new Set<() => void>()
  const ended = (async () => {
    const decoder = new TextDecoder()
    for await (const chunk of child.stderr) {
      stderr += decoder.decode(chunk, { stream: true })
      for (const look of looks) look()
    }
  })()
  const seen = (pattern: RegExp): Promise<string> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const [found] = pattern.exec(stderr) ?? []
        if (found === undefined) return
        looks.delete(look)
        resolve(found)
      }
      looks.add(look)
      look()
      void ended.then(() => reject(new Error(`it ended without ${pattern}:\n${stderr}`)))
    })
  const result = async () => {
    const [stdout, code] = await Promise.all([new Response(child.stdout).text(), child.exited])
    await ended
    return { code, stdout, stderr }
  }
  return { child, seen, result, link: () => seen(/https?:\/\/\S+(?=\n\n)/) }
}

function accounts(home: string) {
  const files = filesBelow(join(home, 'data', 'auth')).filter(({ name }) => name.endsWith('.json'))
  return files.map(({ name, mode, text }) => ({
    name,
    mode,
    members: JSON.parse(text),
  }))
}

const byName = (name: string): OAuthVendor => {
  const vendor = VENDORS.find(vendor => vendor.name === name)
  if (!vendor) throw new Error(name)
  return vendor
}

const providers = new Map<string, OidcVendor>()
beforeAll(async () => {
  for (const vendor of VENDORS)
    providers.set(vendor.name, await oidcVendor(vendor, REPLY_EXTRA[vendor.name]))
})
afterAll(() => {
  for (const provider of providers.values()) provider.close()
})
afterEach(() => {
  for (const provider of providers.values()) provider.answerWith(undefined)
})

function provider(name: string): OidcVendor {
  const found = providers.get(name)
  if (!found) throw new Error(name)
  return found
}

describe('claude, through a browser', () => {
  const claude = byName('claude')

  test('signs in, writes the account for its owner alone, and a gateway takes it', async () => {
    const { home } = await place(claude, provider('claude'))
    const login = begin(home, ['claude', '--no-browser'])
    const page = await browse(await login.link())
    expect(page.text).toContain('signed in to Claude; this window can be closed')
    const { code, stdout, stderr } = await login.result()
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: `signed in to Claude as ada@example.com: ${join(home, 'data/auth/claude-ada@example.com.json')}\n`,
    })
    expect(stderr).toContain('provider mine of routes.yaml uses it')
    const [account] = accounts(home)
    expect(account).toMatchObject({
      name: 'claude-ada@example.com.json',
      mode: 0o600,
      members: {
        type: 'claude',
        email: 'ada@example.com',
        account_uuid: 'u-1',
        organization_uuid: 'o-1',
      },
    })
    expect(stdout + stderr).not.toContain(account?.members.access_token)
    const env = { JACKFIELD_HOME: join(home, 'data') }
    const listed = await runCommand(['accounts'], { cwd: home, env })
    expect(listed.stdout).toContain('ada@example.com')
    const checked = await runCommand(['check'], { cwd: home, env })
    expect(checked.stdout + checked.stderr).not.toContain('switched off')
  })

  test('opens the browser that BROWSER names, and says the tunnel only where there is none', async () => {
    const { home } = await place(claude, provider('claude'))
    const script = join(home, 'browser')
    const follow = join(import.meta.dir, '../support/follow-link.ts')
    writeFileSync(script, `#!/bin/sh\nexec "${process.execPath}" "${follow}" "$1"\n`)
    chmodSync(script, 0o700)
    const opened = begin(home, ['claude'], { BROWSER: script })
    expect(await opened.result()).toMatchObject({
      code: 0,
      stderr: expect.not.stringContaining('ssh -L'),
    })
    const remote = begin(home, ['claude'], { SSH_CONNECTION: '10.0.0.1 5 10.0.0.2 22' })
    expect(await remote.seen(/ssh -L \S+ \S+/)).toMatch(
      /^ssh -L (\d+):127\.0\.0\.1:\1 \S+@10\.0\.0\.2$/,
    )
    await browse(await remote.link())
    expect((await remote.result()).code).toBe(0)
  })

  test('codex comes back to its own path, and its account is ready for a provider', async () => {
    const codex = byName('codex')
    const { home } = await place(codex, provider('codex'))
    const login = begin(home, ['codex', '--no-browser'])
    const link = new URL(await login.link())
    expect(Object.fromEntries(link.searchParams)).toMatchObject({
      id_token_add_organizations: 'true',
      codex_cli_simplified_flow: 'true',
      code_challenge_method: 'S256',
      redirect_uri: expect.stringMatching(/^http:\/\/localhost:\d+\/auth\/callback$/),
    })
    expect((await browse(link.href)).text).toContain('signed in to ChatGPT')
    const { code, stderr } = await login.result()
    expect(code).toBe(0)
    expect(stderr).toContain('provider mine of routes.yaml uses it')
    expect(accounts(home)).toEqual([
      {
        name: 'codex-ada@example.com.json',
        mode: 0o600,
        members: expect.objectContaining({ type: 'codex', email: 'ada@example.com' }),
      },
    ])
    const denied = begin(home, ['codex', '--device'])
    expect((await denied.result()).stderr).toContain('has no sign-in by a code')
  })

  test('takes a pasted address in the place of the callback', async () => {
    const { home } = await place(claude, provider('claude'))
    const login = begin(home, ['claude', '--no-browser'])
    const { url } = await browse(await login.link(), { stopAt: 'http://localhost' })
    const { searchParams } = new URL(url)
    login.child.stdin.write('what?\n')
    await login.seen(/that is no callback address/)
    login.child.stdin.write(`${searchParams.get('code')}#${'0'.repeat(32)}\n`)
    await login.seen(/its state is not the one of this sign-in/)
    login.child.stdin.write(`${searchParams.get('code')}#${searchParams.get('state')}\n`)
    login.child.stdin.flush()
    expect(await login.result()).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('signed in'),
    })
  })

  test('a wrong state is refused, and the right one still counts', async () => {
    const { home, port } = await place(claude, provider('claude'))
    const login = begin(home, ['claude', '--no-browser'])
    const link = await login.link()
    const forged = await fetch(`http://127.0.0.1:${port}/callback?code=c&state=${'0'.repeat(32)}`)
    expect(forged.status).toBe(400)
    expect(await forged.text()).toContain('use the link printed last')
    await browse(link)
    expect((await login.result()).code).toBe(0)
  })

  test('a code that was used already is a sentence', async () => {
    const { home } = await place(claude, provider('claude'))
    const login = begin(home, ['claude', '--no-browser'])
    const link = await login.link()
    const { url } = await browse(link, { stopAt: 'http://localhost' })
    const state = new URL(url).searchParams.get('state')
    const reply = await fetch(`${url.split('?')[0]}?code=spent&state=${state}`)
    expect(reply.status).toBe(400)
    const { code, stderr } = await login.result()
    expect(code).toBe(1)
    expect(stderr).toContain('it was used already or is too old; sign in again')
    expect(accounts(home)).toEqual([])
  })

  test('denied consent is a sentence', async () => {
    const { home } = await place(claude, provider('claude'))
    const login = begin(home, ['claude', '--no-browser'])
    expect((await browse(await login.link(), { deny: true })).text).toContain('Not signed in')
    const { code, stderr } = await login.result()
    expect(code).toBe(1)
    expect(stderr).toContain('consent was denied at Claude; sign in again and allow it')
  })

  test('a callback port that is used is a sentence with the remedy', async () => {
    const { home, port } = await place(claude, provider('claude'))
    const other = createServer()
    await new Promise<void>(listening => other.listen(port, '127.0.0.1', () => listening()))
    const { code, stderr } = await begin(home, ['claude', '--no-browser']).result()
    other.close()
    expect(code).toBe(1)
    expect(stderr).toContain(`port ${port} is used by another program`)
    expect(stderr).toContain(`lsof -i :${port}`)
  })

  test.each(['SIGINT', 'SIGTERM'] as const)('%s ends it, and leaves nothing', async signal => {
    const { home } = await place(claude, provider('claude'))
    const login = begin(home, ['claude', '--no-browser'])
    await login.link()
    login.child.kill(signal)
    expect(await login.result()).toMatchObject({
      code: 130,
      stderr: expect.stringContaining('cancelled; nothing is changed'),
    })
    expect(existsSync(join(home, 'data', 'auth'))).toBe(false)
  })

  test('a page in place of JSON, and a clock that is wrong, are sentences', async () => {
    const { home } = await place(claude, provider('claude'))
    provider('claude').answerWith(() => new Response('<html>Just a moment', { status: 403 }))
    const blocked = begin(home, ['claude', '--no-browser'])
    await browse(await blocked.link())
    const { code, stderr } = await blocked.result()
    expect(code).toBe(1)
    expect(stderr).toContain('a page in place of JSON')
    const headers = { date: new Date(Date.now() - 7_200_000).toUTCString() }
    const tokens = { access_token: 'a', refresh_token: 'r', expires_in: 3600 }
    provider('claude').answerWith(() => Response.json(tokens, { headers }))
    const skewed = begin(home, ['claude', '--no-browser', '--label', 'late'])
    await browse(await skewed.link())
    const done = await skewed.result()
    expect(done.code).toBe(0)
    expect(done.stderr).toContain('120 minutes ahead of that of Claude; set it')
  })
})

describe.each(['qwen', 'kimi', 'xai'])('%s, by a code', name => {
  const vendor = byName(name)

  test('signs in, and keeps what the vendor says of the account', async () => {
    const { home } = await place(vendor, provider(name))
    const login = begin(home, [name, '--label', 'Work', '--device'])
    expect((await browse(await login.link())).text).toContain('Sign-in Success')
    const { code, stdout } = await login.result()
    expect(code).toBe(0)
    expect(stdout).toContain(`signed in to ${vendor.title} as Work: `)
    const expected: Record<string, Record<string, unknown>> = {
      qwen: { type: 'qwen', email: 'Work', resource_url: 'portal.qwen.ai' },
      kimi: { type: 'kimi', label: 'Work', device_id: expect.stringMatching(/^[0-9a-f-]{36}$/) },
      xai: { type: 'xai', email: 'Work', auth_kind: 'oauth', sub: 'ada' },
    }
    expect(accounts(home)).toEqual([
      {
        name: `${name}-Work.json`,
        mode: 0o600,
        members: expect.objectContaining(expected[name] ?? {}),
      },
    ])
  })
})

test('kimi knows the device at every step', async () => {
  const { home } = await place(byName('kimi'), provider('kimi'))
  const before = provider('kimi').asked.length
  const login = begin(home, ['kimi'])
  await browse(await login.link())
  expect((await login.result()).code).toBe(0)
  const devices = provider('kimi')
    .asked.slice(before)
    .map(({ deviceId }) => deviceId)
  const [account] = accounts(home)
  expect(devices.length).toBeGreaterThan(1)
  expect(new Set(devices)).toEqual(new Set([account?.members.device_id]))
})

describe('a code', () => {
  test('that is denied is a sentence', async () => {
    const { home } = await place(byName('xai'), provider('xai'))
    const login = begin(home, ['xai'])
    await browse(await login.link(), { deny: true })
    const { code, stderr } = await login.result()
    expect(code).toBe(1)
    expect(stderr).toContain('consent was denied at xAI; sign in again and allow it')
  })

  test('that has expired is a sentence', async () => {
    const { home } = await place(byName('xai'), provider('xai'))
    provider('xai').answerWith(({ path }) =>
      path === '/token' ? Response.json({ error: 'expired_token' }, { status: 400 }) : undefined,
    )
    const { code, stderr } = await begin(home, ['xai']).result()
    expect(code).toBe(1)
    expect(stderr).toContain('has expired; sign in again for a new one')
  })

  test('is named by its e-mail, and keeps what its file had', async () => {
    const { home } = await place(byName('xai'), provider('xai'))
    const folder = join(home, 'data', 'auth')
    mkdirSync(folder, { recursive: true })
    const before = '{"type":"xai","email":"ada@example.com","access_token":"old","note":"mine"}'
    writeFileSync(join(folder, 'by-hand.json'), before)
    const login = begin(home, ['xai'])
    await browse(await login.link())
    expect((await login.result()).stdout).toContain('as ada@example.com')
    const [account, ...others] = accounts(home)
    expect(others).toEqual([])
    expect(account).toMatchObject({ name: 'by-hand.json', members: { note: 'mine' } })
    expect(account?.members.access_token).not.toBe('old')
  })
})

const chromium = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find(path => existsSync(path))
if (!chromium) console.warn('SKIPPING the browser test: chromium is not installed')

describe.skipIf(!chromium)('in a real browser', () => {
  test('claude: sign in, consent, and the page that says so', async () => {
    const { home } = await place(byName('claude'), provider('claude'))
    const login = begin(home, ['claude', '--no-browser'])
    await inBrowser(await login.link(), async page => {
      await page.fill('input[name=login]', 'ada')
      await page.fill('input[name=password]', 'x')
      await page.click('button[type=submit]')
      await page.click('button[type=submit]')
      await page.getByText('this window can be closed').waitFor()
    })
    expect(await login.result()).toMatchObject({ code: 0 })
    expect(accounts(home).map(({ name }) => name)).toEqual(['claude-ada@example.com.json'])
  })

  test('qwen: the code is confirmed, and consent given', async () => {
    const { home } = await place(byName('qwen'), provider('qwen'))
    const login = begin(home, ['qwen', '--label', 'Work'])
    await inBrowser(await login.link(), async page => {
      await page.click('button[type=submit]')
      await page.fill('input[name=login]', 'ada')
      await page.fill('input[name=password]', 'x')
      await page.click('button[type=submit]')
      await page.click('button[type=submit]')
      await page.getByText('Sign-in Success').waitFor()
    })
    expect(await login.result()).toMatchObject({ code: 0 })
    expect(accounts(home).map(({ name }) => name)).toEqual(['qwen-Work.json'])
  })
})

async function inBrowser(url: string, visit: (page: Page) => Promise<void>): Promise<void> {
  const { chromium: browsers } = await import('playwright-core')
  const browser = await browsers.launch({ executablePath: chromium ?? '', args: ['--no-sandbox'] })
  try {
    const page = await browser.newPage()
    // The provider's pages name fonts of other sites.
    await page.route(
      ({ hostname }) => !['127.0.0.1', 'localhost'].includes(hostname),
      route => route.abort(),
    )
    await page.goto(url)
    await visit(page)
  } finally {
    await browser.close()
  }
}

test('a running gateway serves with the account as soon as it is signed in', async () => {
  const seen: (string | null)[] = []
  const upstream = fakeUpstream(({ headers }) => {
    seen.push(headers.get('authorization'))
    return Response.json(MESSAGE)
  })
  const base = `    base-url: "${upstream.url}"\n    discover: false\n    models: [ m ]\n`
  const { home, routes } = await place(byName('claude'), provider('claude'), base)
  const gateway = await start(routes(), { env: { JACKFIELD_HOME: join(home, 'data') } })
  const ask = () =>
    fetch(`${gateway.url}/v1/messages`, {
      method: 'POST',
      body: JSON.stringify({
        model: 'mine/m',
        max_tokens: 9,
        messages: [{ role: 'user', content: 'x' }],
      }),
    })
  expect((await ask()).ok).toBe(false)
  const login = begin(home, ['claude', '--no-browser'])
  await browse(await login.link())
  expect((await login.result()).code).toBe(0)
  // A change of a file comes into force shortly after.
  while (!(await ask()).ok) await Bun.sleep(20)
  expect(seen).toEqual([`Bearer ${accounts(home)[0]?.members.access_token}`])
  await gateway.stop()
  await upstream.stop()
})

const MESSAGE = {
  id: 'm',
  type: 'message',
  role: 'assistant',
  model: 'm',
  content: [{ type: 'text', text: 'ok' }],
  stop_reason: 'end_turn',
  usage: { input_tokens: 1, output_tokens: 1 },
}

describe('--add', () => {
  test('puts the account into the list of its provider, and keeps comments', async () => {
    const { home, routes } = await place(
      byName('claude'),
      provider('claude'),
      '    accounts: [ other@example.com ] # mine\n',
    )
    const plain = begin(home, ['claude', '--no-browser'])
    await browse(await plain.link())
    const advised = await plain.result()
    expect(advised.stderr).toContain('accounts: [ …, ada@example.com ]')
    expect(routes()).toContain('accounts: [ other@example.com ] # mine')
    const adding = begin(home, ['claude', '--no-browser', '--add'])
    await browse(await adding.link())
    expect((await adding.result()).code).toBe(0)
    expect(routes()).toContain('accounts: [ other@example.com, ada@example.com ] # mine')
    expect(routes()).toContain('mine: # where I sign in')
  })
})

test.each([
  [['iflow'], 'there is no sign-in to "iflow"'],
  [['claude', '--project', 'p'], 'Claude has no projects; leave --project out'],
  [['gemini', '--project', 'a b'], '--project takes the id of a project'],
  [['claud'], 'did you mean "claude"?'],
  [['claude', '--device'], 'Claude has no sign-in by a code'],
  [['kimi', '--label', ' '], 'a label has 1 to 100 characters'],
  [[], 'which vendor?'],
])('%p is refused in words', async (args, words) => {
  const { code, stderr } = await runCommand(['login', ...args])
  expect(code).toBe(1)
  expect(stderr).toContain(words)
})
