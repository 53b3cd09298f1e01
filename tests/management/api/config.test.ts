import { afterEach, describe, expect, test } from 'bun:test'
import { closeManaged, managedGateway, SECRET } from '../../support/managed-gateway.ts'

afterEach(closeManaged)

const FILE = `# who answers
version: 1
providers:
  echo: { kind: echo }   # the demo
  a: { kind: openai-compatible, base-url: "http://a.test/v1", keys: [ sk-canary-1, "\${A_KEY}" ] }
models:
  one: echo/echo

remote-management: { secret-key: "${SECRET}" }
tests: [ { ask: one, expect: echo/echo } ]
`
const ENV = { A_KEY: 'from-the-environment' }
const managed = (text = FILE) => managedGateway(text, undefined, ENV)
const BEARER = { authorization: `Bearer ${SECRET}` }

async function served(gateway: ReturnType<typeof managed>): Promise<string[]> {
  const response = await gateway.call('/v1/models')
  const { data } = (await response.json()) as { data: { id: string }[] }
  return data.map(({ id }) => id)
}

describe('the text of routes.yaml', () => {
  test('comes with placeholders for its secrets and a version', async () => {
    const { status, text, headers } = await managed().manage('GET', '/config.yaml')
    expect(status).toBe(200)
    expect(headers.get('content-type')).toBe('application/yaml; charset=utf-8')
    expect(headers.get('etag')).toMatch(/^"[0-9a-f]{32}"$/)
    expect(text).toContain('# who answers\nversion: 1\n')
    expect(text).toMatch(/keys: \[ \(kept-[0-9a-f]{16}\), "\$\{A_KEY\}" \]/)
    expect(text).not.toMatch(new RegExp(`canary|${SECRET}|from-the-environment`))
  })

  test('is put back as it was edited: in force at once, secrets and comments kept, a backup beside it', async () => {
    const gateway = managed()
    const got = await gateway.manage('GET', '/config.yaml')
    const etag = got.headers.get('etag') ?? ''
    const edited = got.text.replace(
      'one: echo/echo\n',
      'one: echo/echo\n  two: echo/echo   # new\n',
    )
    const put = await gateway.manage('PUT', '/config.yaml', edited, { ...BEARER, 'if-match': etag })
    expect(put.status).toBe(200)
    expect(put.body).toEqual({
      ok: true,
      changed: ['config'],
      backup: 'routes.yaml.2026-01-01T00-00-00Z.bak',
    })
    expect(gateway.onDisk()).toBe(
      FILE.replace('one: echo/echo\n', 'one: echo/echo\n  two: echo/echo   # new\n'),
    )
    expect(gateway.backups()).toEqual(['routes.yaml.2026-01-01T00-00-00Z.bak'])
    expect(await served(gateway)).toContain('two')
    const again = await gateway.manage('GET', '/config.yaml')
    expect(again.headers.get('etag')).toBe(put.headers.get('etag'))
    const unchanged = await gateway.manage('PUT', '/config.yaml', again.text, {
      ...BEARER,
      'if-match': again.headers.get('etag') ?? '',
    })
    expect(unchanged.body).toEqual({ ok: true, changed: [] })
  })

  test.each<[string, (text: string) => string, Record<string, string>, number, string]>([
    ['no version', text => text, {}, 428, 'version_required'],
    ['another version', text => text, { 'if-match': '"0123"' }, 412, 'outdated_version'],
    ['no YAML', () => 'models: { broken', { 'if-match': '*' }, 422, 'invalid_config'],
    [
      'a name that leads nowhere',
      text => text.replace('one: echo/echo', 'one: nobody/x'),
      { 'if-match': '*' },
      422,
      'invalid_config',
    ],
    [
      'a test of its own that fails',
      text => text.replace('ask: one, expect: echo/echo', 'ask: one, expect: not-found'),
      { 'if-match': '*' },
      422,
      'invalid_config',
    ],
    [
      'a placeholder of nobody',
      text => text.replace(/\(kept-\w+\)/, '(kept-0123456789abcdef)'),
      { 'if-match': '*' },
      422,
      'impossible_edit',
    ],
  ])('is not put back: %s', async (_, edit, headers, status, error) => {
    const gateway = managed()
    const { text } = await gateway.manage('GET', '/config.yaml')
    const put = await gateway.manage('PUT', '/config.yaml', edit(text), { ...BEARER, ...headers })
    expect(put.status).toBe(status)
    expect(put.body).toMatchObject({ error, message: expect.any(String) })
    expect([gateway.onDisk(), gateway.backups()]).toEqual([FILE, []])
    expect(await served(gateway)).toContain('one')
  })

  test('complaints have their place and a remedy', async () => {
    const gateway = managed()
    const text = FILE.replace('one: echo/echo', 'one: ehco/echo')
    const put = await gateway.manage('PUT', '/config.yaml', text, { ...BEARER, 'if-match': '*' })
    expect(put.body.diagnostics).toContainEqual({
      severity: 'error',
      path: 'models.one',
      message: 'no provider named "ehco"',
      hint: 'did you mean "echo"?',
      line: 7,
      column: 8,
    })
  })

  test('a file that does not parse is neither shown nor overwritten', async () => {
    const gateway = managed()
    const broken = `${FILE}models: { sk-canary-2`
    gateway.write(broken)
    const got = await gateway.manage('GET', '/config.yaml')
    expect([got.status, got.body.error]).toEqual([409, 'unparsable_file'])
    const put = await gateway.manage('PUT', '/config.yaml', FILE, { ...BEARER, 'if-match': '*' })
    expect([put.status, put.body.error]).toEqual([409, 'unparsable_file'])
    const edit = await gateway.manage('PATCH', '/routes', [{ op: 'remove', path: ['tests'] }])
    expect(edit.status).toBe(409)
    expect(gateway.onDisk()).toBe(broken)
    expect(got.text + put.text + edit.text).not.toContain('canary')
  })

  test('a body that is no text, or too large', async () => {
    const gateway = managedGateway(`${FILE}server: { body-limit: 2kB }\n`, undefined, ENV)
    const put = (body: BodyInit) =>
      gateway.call('/v0/management/config.yaml', {
        method: 'PUT',
        body,
        headers: { ...BEARER, 'if-match': '*' },
      })
    expect((await put(Uint8Array.of(0xff, 0xfe))).status).toBe(400)
    expect((await put('#'.repeat(2_001))).status).toBe(413)
  })
})

describe('edits by place', () => {
  test('change what they name, in order, and nothing else', async () => {
    const gateway = managed()
    const { status, body, headers } = await gateway.manage('PATCH', '/routes', [
      { op: 'set', path: ['models', 'two'], value: ['a/x', 'echo/echo'] },
      { op: 'insert', path: ['models', 'two', 0], value: 'a/y' },
      { op: 'append', path: ['providers', 'a', 'keys'], value: 'sk-second' },
      { op: 'remove', path: ['tests'] },
    ])
    expect([status, body.ok]).toEqual([200, true])
    expect(headers.get('etag')).toBeTruthy()
    expect(gateway.onDisk()).toBe(
      FILE.replace('one: echo/echo\n', 'one: echo/echo\n  two: [ a/y, a/x, echo/echo ]\n')
        .replace('"${A_KEY}" ]', '"${A_KEY}", sk-second ]')
        .replace(/^tests.*\n/m, ''),
    )
    expect(await served(gateway)).toContain('two')
  })

  test('all or none', async () => {
    const gateway = managed()
    const { status, body } = await gateway.manage('PATCH', '/routes', [
      { op: 'set', path: ['models', 'two'], value: 'echo/echo' },
      { op: 'remove', path: ['models', 'three'] },
    ])
    expect([status, body]).toEqual([
      422,
      { error: 'impossible_edit', message: 'there is no models.three to remove' },
    ])
    expect(gateway.onDisk()).toBe(FILE)
  })

  test('hold on to a version where they are given one', async () => {
    const gateway = managed()
    const edit = [{ op: 'set', path: ['models', 'two'], value: 'echo/echo' }]
    const stale = await gateway.manage('PATCH', '/routes', edit, { ...BEARER, 'if-match': '"0"' })
    expect(stale.status).toBe(412)
    const etag = (await gateway.manage('GET', '/config.yaml')).headers.get('etag') ?? ''
    const fresh = await gateway.manage('PATCH', '/routes', edit, { ...BEARER, 'if-match': etag })
    expect(fresh.status).toBe(200)
  })

  test('placeholders in values stand for their secrets', async () => {
    const gateway = managed()
    const { text } = await gateway.manage('GET', '/config.yaml')
    const [kept] = /\(kept-\w+\)/.exec(text) ?? []
    const put = await gateway.manage('PATCH', '/routes', [
      { op: 'set', path: ['providers', 'a', 'keys'], value: ['sk-new-one', kept, '${A_KEY}'] },
    ])
    expect(put.status).toBe(200)
    expect(gateway.onDisk()).toContain('keys: [ sk-new-one, sk-canary-1, "${A_KEY}" ]')
    const readable = await gateway.manage('PATCH', '/routes', [
      { op: 'set', path: ['models', 'two'], value: { to: 'echo/echo', description: kept } },
    ])
    expect([readable.status, readable.body.error]).toEqual([422, 'impossible_edit'])
  })

  test.each<[string, unknown, string]>([
    ['no JSON', '{', 'the body is not JSON'],
    ['no list', { op: 'remove' }, 'expected array'],
    ['no edits', [], 'expected array length to be greater or equal to 1'],
    [
      'an unknown op',
      [{ op: 'move', path: ['a'] }],
      '0.op: expected one of set, remove, append, insert',
    ],
    ['no path', [{ op: 'remove', path: [] }], '0.path: expected array length to be greater'],
    ['no value', [{ op: 'set', path: ['a'] }], '0.value: set needs one'],
  ])('refused: %s', async (_, body, words) => {
    const called = await managed().manage('PATCH', '/routes', body)
    expect([called.status, called.body.error]).toEqual([400, 'invalid_body'])
    expect(called.body.message).toContain(words)
  })
})

describe('what would become of a text', () => {
  test('check: everything that is to be said, and nothing is changed', async () => {
    const gateway = managed()
    const { text } = await gateway.manage('GET', '/config.yaml')
    const good = await gateway.manage('POST', '/check', text)
    expect([good.status, good.body]).toEqual([200, { ok: true, diagnostics: [] }])
    const bad = await gateway.manage('POST', '/check', text.replace('expect: echo', 'expect: x'))
    expect(bad.body).toMatchObject({
      ok: false,
      diagnostics: [{ path: 'tests[0].expect', line: 10 }],
    })
    const broken = await gateway.manage('POST', '/check', 'a: [')
    expect(broken.body).toMatchObject({ ok: false, diagnostics: [{ severity: 'error', line: 1 }] })
    expect(gateway.onDisk()).toBe(FILE)
  })

  test('plan: which names lead elsewhere', async () => {
    const gateway = managed()
    const { text } = await gateway.manage('GET', '/config.yaml')
    const next = text
      .replace('  one: echo/echo', '  two: echo/echo')
      .replace('ask: one', 'ask: two')
    const plan = await gateway.manage('POST', '/plan', next)
    expect(plan.body).toEqual({
      changes: [
        { kind: 'gone', text: '"one": echo/echo → none' },
        { kind: 'new', text: '"two": none → echo/echo' },
      ],
    })
    expect((await gateway.manage('POST', '/plan', 'a: [')).status).toBe(422)
    expect(await served(gateway)).toContain('one')
  })
})

describe('what no file has is refused before anything is done with it', () => {
  test('a path of more than 32 names', async () => {
    const path = Array.from({ length: 5_000 }, () => 'models')
    const { status, text } = await managed().manage('PATCH', '/routes', [
      { op: 'set', path, value: 1 },
    ])
    expect(status).toBe(400)
    expect(text).toContain('0.path')
  })

  test.each([
    ['open', '['.repeat(1_000_000)],
    ['closed', '['.repeat(500_000) + ']'.repeat(500_000)],
    ['in a value', `[{"op":"set","path":["a"],"value":${'['.repeat(9_000)}${']'.repeat(9_000)}}]`],
  ])('JSON that is nested too deep: %s', async (_, body) => {
    const { status, text } = await managed().manage('PATCH', '/routes', body)
    expect(status).toBe(400)
    expect(text).toContain('nested deeper than 64 levels')
  })

  test('YAML that is nested too deep', async () => {
    const { status, body } = await managed().manage('POST', '/check', '['.repeat(1_000_000))
    expect(status).toBe(200)
    expect(JSON.stringify(body)).toContain('nested deeper than 64 levels')
  })
})
