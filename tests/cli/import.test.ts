import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { generateKeyPairSync } from 'node:crypto'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCommand, start } from '../support/binary.ts'

const cwd = mkdtempSync(join(tmpdir(), 'jackfield-import-'))
afterAll(() => rmSync(cwd, { recursive: true, force: true }))
// Its own home: no account of this machine is looked at.
const jackfield = (...args: string[]) => runCommand(args, { cwd, env: { HOME: cwd } })
const write = (name: string, text: string): void => writeFileSync(join(cwd, name), text)
const read = (name: string): string => readFileSync(join(cwd, name), 'utf8')

const SECRET = 'some-claude-key'
beforeAll(() => {
  write(
    'config.yaml',
    `nonstream-keepalive-interval: 9\nclaude-api-key: [ { api-key: ${SECRET} } ]\n`,
  )
})

describe('import', () => {
  test('writes a file for its owner only that checks, and says what it left', async () => {
    const { code, stdout, stderr } = await jackfield('import', 'config.yaml')
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toContain('routes.yaml is written from CLIProxyAPI config.yaml: 1 provider\n')
    expect(stdout).toContain('not taken over, or different here:\n')
    expect(stdout).toContain('  nonstream-keepalive-interval: nothing is sent before')
    expect(stdout).toContain('"jackfield check routes.yaml"')
    expect(stdout).not.toContain(SECRET)
    expect(statSync(join(cwd, 'routes.yaml')).mode & 0o777).toBe(0o600)
    expect(read('routes.yaml')).toContain(SECRET)
    expect(read('routes.yaml')).toContain(
      '#   nonstream-keepalive-interval: nothing is sent before',
    )
    expect((await jackfield('check')).code).toBe(0)
  })

  test('never over a file, unless it may, and then keeps that under a name with the date', async () => {
    write('mine.yaml', '# mine\n')
    chmodSync(join(cwd, 'mine.yaml'), 0o644)
    const refused = await jackfield('import', 'config.yaml', '-o', 'mine.yaml')
    expect(refused.code).toBe(1)
    expect(refused.stderr).toContain(
      'mine.yaml is there already; give another --output, or --force',
    )
    expect(read('mine.yaml')).toBe('# mine\n')
    for (const _ of [1, 2]) {
      const forced = await jackfield('import', 'config.yaml', '-o', 'mine.yaml', '--force')
      expect(forced.code).toBe(0)
      expect(forced.stdout).toMatch(
        /what was there is kept as mine\.yaml\.\d{4}-\d\d-\d\dT[\d-]+.*\.bak/,
      )
    }
    const copies = readdirSync(cwd).filter(name => /^mine\.yaml\..*\.bak$/.test(name))
    expect(copies.map(read).toSorted()[0]).toBe('# mine\n')
    expect(copies).toHaveLength(2)
    for (const copy of copies) expect(statSync(join(cwd, copy)).mode & 0o777).toBe(0o600)
    expect(readdirSync(cwd).filter(name => name.endsWith('.tmp'))).toEqual([])
  })

  test('- prints the file alone; what is to be said goes beside it', async () => {
    const { code, stdout, stderr } = await jackfield('import', 'config.yaml', '--output', '-')
    expect(code).toBe(0)
    expect(stdout).toStartWith('# yaml-language-server')
    expect(stdout).toContain('kind: anthropic')
    expect(stderr).toContain('nonstream-keepalive-interval: nothing')
    expect(stderr).not.toContain(SECRET)
  })

  test('what cannot be taken over is refused with a way out, and nothing is written', async () => {
    write('broken.yaml', 'api-keys:\n  - a\n b: [\n')
    write('broken.json', '{\n  "Router": {},,\n}\n')
    write('empty.yaml', '')
    write('unknown.yaml', 'hello: world\n')
    mkdirSync(join(cwd, 'folder'))
    write('folder/config.yaml', 'api-keys: [ a ]\n')
    mkdirSync(join(cwd, 'bare'))
    const cases: [args: string[], words: string][] = [
      [['gone.yaml'], 'gone.yaml is not there; give the path'],
      [['folder'], 'folder is a folder; did you mean folder/config.yaml?'],
      [['bare'], 'bare is a folder; give the path'],
      [['broken.yaml'], 'broken.yaml: line 3: '],
      [['broken.json'], 'broken.json: line 2: '],
      [['empty.yaml'], 'empty.yaml: it is empty'],
      [
        ['unknown.yaml'],
        'unknown.yaml: it is of no tool that is known (it has hello); "jackfield import --help"',
      ],
      [['config.yaml', 'other.yaml'], 'one file at a time'],
      [[], 'which file?'],
      [['config.yaml', '-o', 'folder'], 'folder is a folder; give a file with --output'],
      [['config.yaml', '-o', 'no/such/place.yaml'], 'no/such/place.yaml cannot be written'],
      [['config.yaml', '--wrong'], "'--wrong'"],
    ]
    for (const [args, words] of cases) {
      const options = args.includes('-o') ? [] : ['-o', 'never.yaml']
      const { code, stdout, stderr } = await jackfield('import', ...args, ...options)
      expect([args, code, stdout]).toEqual([args, 1, ''])
      expect(stderr).toContain(words)
    }
    expect(readdirSync(cwd)).not.toContain('never.yaml')
  })

  test('the other tool’s files stay as they were', async () => {
    mkdirSync(join(cwd, 'accounts'))
    const account = '{"type":"claude","email":"me@example.test","access_token":"token-of-mine"}'
    write('accounts/claude.json', account)
    write('with-accounts.yaml', 'auth-dir: accounts\n')
    const { stdout } = await jackfield('import', 'with-accounts.yaml', '-o', 'accounts.yaml')
    expect(stdout).toContain('1 provider')
    expect(stdout).not.toContain('token-of-mine')
    const written = Bun.YAML.parse(read('accounts.yaml'))
    expect(written).toMatchObject({
      'auth-dir': join(cwd, 'accounts'),
      providers: { 'claude-oauth': { kind: 'claude-oauth' } },
    })
    expect(read('accounts.yaml')).toContain('claude (me@example.test)')
    expect(read('accounts.yaml')).not.toContain('token-of-mine')
    expect(read('accounts/claude.json')).toBe(account)
    expect(read('with-accounts.yaml')).toBe('auth-dir: accounts\n')
  })
})

describe('a gateway on what was imported', () => {
  const asked: { path: string; headers: Headers; body: string }[] = []
  const upstream = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    async fetch(request) {
      const { pathname } = new URL(request.url)
      const body = await request.text()
      if (pathname === '/token')
        return Response.json({ access_token: 'made-of-the-key', expires_in: 3600 })
      asked.push({ path: pathname, headers: request.headers, body })
      return pathname.startsWith('/v1/projects')
        ? Response.json({
            candidates: [
              {
                content: { role: 'model', parts: [{ text: 'from Vertex' }] },
                finishReason: 'STOP',
              },
            ],
          })
        : Response.json({
            id: 'x',
            object: 'chat.completion',
            choices: [
              {
                index: 0,
                message: { role: 'assistant', content: 'from afar' },
                finish_reason: 'stop',
              },
            ],
          })
    },
  })
  afterAll(() => upstream.stop(true))
  const address = `http://127.0.0.1:${upstream.port}`

  test('keys, names, headers and a service account serve as they did', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    mkdirSync(join(cwd, 'serving'))
    write(
      'serving/vertex.json',
      JSON.stringify({
        type: 'vertex',
        project_id: 'sample',
        email: 'svc@sample.test',
        location: 'europe-west4',
        base_url: address,
        service_account: {
          client_email: 'svc@sample.test',
          project_id: 'sample',
          private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
          token_uri: `${address}/token`,
        },
      }),
    )
    write(
      'serving.yaml',
      `
auth-dir: serving
api-keys: [ client-of-ours ]
openai-compatibility:
  - name: far
    base-url: ${address}/v1
    headers: { X-Team: ours }
    api-key-entries: [ { api-key: key-for-far } ]
    models: [ { name: vendor/big, alias: big } ]
payload:
  override: [ { models: [ { name: "vendor/*" } ], params: { temperature: 0.25 } } ]
`,
    )
    expect((await jackfield('import', 'serving.yaml', '-o', 'serving-routes.yaml')).code).toBe(0)
    const gateway = await start(read('serving-routes.yaml'))
    const ask = async (path: string, body: object, key = 'client-of-ours') => {
      const reply = await fetch(`${gateway.url}${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}` },
        body: JSON.stringify(body),
      })
      return { status: reply.status, text: await reply.text() }
    }
    const messages = [{ role: 'user', content: 'x' }]
    const chat = await ask('/v1/chat/completions', { model: 'big', messages })
    expect(chat.text).toContain('from afar')
    const refused = await ask('/v1/chat/completions', { model: 'big', messages }, 'somebody')
    expect(refused.status).toBe(401)
    const gemini = await ask('/v1beta/models/gemini-2.5-pro:generateContent', {
      contents: [{ role: 'user', parts: [{ text: 'x' }] }],
    })
    expect(gemini.text).toContain('from Vertex')
    await gateway.stop()
    expect(asked.map(({ path }) => path)).toEqual([
      '/v1/chat/completions',
      '/v1/projects/sample/locations/europe-west4/publishers/google/models/gemini-2.5-pro:generateContent',
    ])
    const [first, second] = asked
    expect(first?.headers.get('authorization')).toBe('Bearer key-for-far')
    expect(first?.headers.get('x-team')).toBe('ours')
    expect(JSON.parse(first?.body ?? '')).toMatchObject({ model: 'vendor/big', temperature: 0.25 })
    expect(second?.headers.get('authorization')).toBe('Bearer made-of-the-key')
  })
})
