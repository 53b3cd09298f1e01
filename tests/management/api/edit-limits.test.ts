import { afterEach, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import type { Edit } from '../../../src/config/edit/index.ts'
import { closeManaged, managedGateway, SECRET } from '../../support/managed-gateway.ts'

afterEach(closeManaged)

const HOME = '/home/of/jackfield'
const FILE = `version: 1
providers:
  a: { kind: openai-compatible, base-url: "http://a.test/v1", keys: [ sk-canary-1, "\${A_KEY}" ], headers: { X-Org: canary-org } }
  b: { kind: openai-compatible, base-url: "https://b.test/v1", keys: [ { key: "\${B_KEY}", name: main } ], disabled: true }
  own: { kind: openai-compatible, base-url: "https://own.test/v1", keys: [ mine-of-own ] }
models: { m: { to: a/x, description: "for all" } }
rules: [ { when: { model: m }, set: { user: "\${TEAM}" } } ]
server: { host: "\${HOST:-127.0.0.1}" }
api-keys: [ { name: alice, key: alice-canary-key } ]
remote-management: { secret-key: "${SECRET}" }
logging: { file: /var/log/jackfield.log }
`
const ENV = {
  A_KEY: 'a-of-the-environment',
  B_KEY: 'b-of-the-environment',
  TEAM: 'blue',
  OTHER: 'other-of-the-environment',
  JACKFIELD_HOME: HOME,
}
const managed = (text = FILE) => managedGateway(text, undefined, ENV)
type Managed = ReturnType<typeof managed>
const BEARER = { authorization: `Bearer ${SECRET}`, 'if-match': '*' }

/** The placeholder of a secret of the file. */
async function kept(gateway: Managed, before: string): Promise<string> {
  const { text } = await gateway.manage('GET', '/config.yaml')
  return new RegExp(`${before}[^(]*(\\(kept-\\w+\\))`).exec(text)?.[1] ?? 'no placeholder'
}

async function patched(gateway: Managed, edits: Edit[]) {
  const { status, body, text } = await gateway.manage('PATCH', '/routes', edits)
  expect(text).not.toMatch(/canary|of-the-environment/)
  return { status, message: String(body.message ?? '') }
}

const set = (path: (string | number)[], value: unknown): Edit => ({
  op: 'set',
  path,
  value: value as never,
})
const evil = (more: object) => ({
  kind: 'openai-compatible',
  'base-url': 'https://evil.test/v1',
  ...more,
})

describe('a secret stays at the host that it was written for', () => {
  test.each<[string, (gateway: Managed) => Promise<Edit[]>, string]>([
    [
      'a placeholder at a provider of another host',
      async gateway => [
        set(['providers', 'evil'], evil({ keys: [await kept(gateway, 'keys: \\[ ')] })),
      ],
      'was written for http://a.test and would go to https://evil.test; send it anew',
    ],
    [
      'a changed base-url',
      async () => [set(['providers', 'a', 'base-url'], 'https://evil.test/v1')],
      'was written for http://a.test and would go to https://evil.test',
    ],
    [
      'a changed base-url, with the key sent anew but not the header',
      async () => [
        set(['providers', 'a', 'base-url'], 'https://evil.test/v1'),
        set(['providers', 'a', 'keys'], ['sk-of-my-own']),
      ],
      'providers.a.headers.X-Org: this secret was written for http://a.test',
    ],
    [
      'a kind of another host',
      async () => [
        { op: 'remove', path: ['providers', 'own', 'base-url'] },
        set(['providers', 'own', 'kind'], 'openrouter'),
      ],
      'would go to https://openrouter.ai',
    ],
    [
      'another port',
      async () => [set(['providers', 'own', 'base-url'], 'https://own.test:8443/v1')],
      'would go to https://own.test:8443',
    ],
    [
      'no encryption any more',
      async () => [set(['providers', 'own', 'base-url'], 'http://own.test/v1')],
      'would go to http://own.test',
    ],
    [
      'a proxy that reads what is not encrypted',
      async () => [set(['providers', 'a', 'proxy-url'], 'http://evil.test:3128')],
      'would go to http://a.test by evil.test:3128',
    ],
    [
      'the same for all',
      async () => [set(['server', 'proxy-url'], 'http://evil.test:3128')],
      'would go to http://a.test by evil.test:3128',
    ],
    [
      'a variable that is another provider’s',
      async () => [set(['providers', 'own', 'keys'], ['${A_KEY}'])],
      'providers.own.keys[0]: this secret was written for http://a.test and would go to https://own.test',
    ],
    [
      'a disabled provider’s, too',
      async () => [set(['providers', 'b', 'base-url'], 'https://evil.test')],
      'was written for https://b.test',
    ],
    [
      'the key of a caller',
      async gateway => [
        set(['providers', 'own', 'keys'], [await kept(gateway, 'name: alice, key: ')]),
      ],
      'providers.own.keys[0]: this secret goes nowhere yet and would go to https://own.test',
    ],
    [
      'the management secret',
      async gateway => [
        set(['providers', 'own', 'headers'], { 'X-A': await kept(gateway, 'secret-key: ') }),
      ],
      'goes nowhere yet',
    ],
    [
      'the keys of callers, as headers of theirs',
      async () => [set(['providers', 'own', 'headers'], { 'X-A': '$Authorization' })],
      'providers.own.headers.X-A: this secret goes nowhere yet',
    ],
    [
      'tokens of accounts, which are in no text of the file',
      async () => [
        set(['providers', 'c'], { kind: 'claude-oauth', 'base-url': 'https://evil.test' }),
      ],
      'providers.c.accounts: this secret goes nowhere yet and would go to https://evil.test',
    ],
    [
      'refresh tokens of accounts',
      async () => [
        set(['providers', 'c'], {
          kind: 'claude-oauth',
          oauth: { 'token-url': 'https://evil.test/token' },
        }),
      ],
      'providers.c.accounts: this secret goes nowhere yet and would go to https://evil.test',
    ],
    [
      'another folder of accounts',
      async () => [set(['auth-dir'], '/etc')],
      'auth-dir: management names files in',
    ],
  ])('%s', async (_, edits, words) => {
    const gateway = managed()
    const { status, message } = await patched(gateway, await edits(gateway))
    expect([status, message]).toEqual([422, expect.stringContaining(words)])
    expect([gateway.onDisk(), gateway.backups()]).toEqual([FILE, []])
  })

  test.each<[string, (gateway: Managed) => Promise<Edit[]>]>([
    ['sent anew', async () => [set(['providers', 'own'], evil({ keys: ['mine-of-own'] }))]],
    ['accounts at their vendor', async () => [set(['providers', 'c'], { kind: 'claude-oauth' })]],
    ['a provider of one’s own', async () => [set(['providers', 'evil'], evil({ keys: ['k-1'] }))]],
    [
      'another path at the host',
      async () => [set(['providers', 'own', 'base-url'], 'https://own.test/v2/v1')],
    ],
    [
      'another name of the provider',
      async gateway => [
        set(['providers', 'c'], {
          kind: 'openai-compatible',
          'base-url': 'http://a.test/v1',
          keys: ['${A_KEY}', await kept(gateway, 'keys: \\[ ')],
        }),
      ],
    ],
    [
      'another place in the list',
      async () => [{ op: 'insert', path: ['providers', 'a', 'keys', 0], value: 'sk-of-my-own' }],
    ],
    [
      'a header of the client',
      async () => [set(['providers', 'own', 'headers'], { 'X-A': '$x-b' })],
    ],
    [
      'a proxy that cannot read it',
      async () => [set(['providers', 'own', 'proxy-url'], 'http://proxy.test:3128')],
    ],
  ])('and may be: %s', async (_, edits) => {
    const gateway = managed(FILE.replace(/^rules:.*\n/m, ''))
    const { status, message } = await patched(gateway, await edits(gateway))
    expect([status, message]).toEqual([200, ''])
  })

  test('in a text as in edits, anchors and merges included', async () => {
    const gateway = managed()
    const { text } = await gateway.manage('GET', '/config.yaml')
    for (const changed of [
      text.replace('https://own.test', 'https://evil.test'),
      text.replace('http://a.test', 'https://evil.test'),
      text
        .replace('  a: {', '  a: &a {')
        .replace('  own: {', '  evil: { <<: *a, base-url: "https://evil.test" }\n  own: {'),
      text
        .replace(/(\(kept-\w+\)), /, '&key $1, ')
        .replace('  own: {', '  evil: { kind: openai, keys: [ *key ] }\n  own: {'),
    ]) {
      expect(changed).not.toBe(text)
      const put = await gateway.manage('PUT', '/config.yaml', changed, BEARER)
      expect([put.status, put.body.message]).toEqual([422, expect.stringContaining('would go to')])
      expect((await gateway.manage('POST', '/check', changed)).status).toBe(422)
    }
    expect(gateway.onDisk()).toBe(FILE)
  })

  test.each<[string, (text: string) => string]>([
    ['a description', text => text.replace('"for all"', '*key')],
    ['the name of a caller', text => text.replace('name: alice', 'name: *key')],
    ['a prefix', text => text.replace('own: { ', 'own: { prefix: *key, ')],
    [
      'what a rule puts into requests',
      text => text.replace('set: { user', 'set: { metadata: *key, user'),
    ],
    ['a target', text => text.replace('to: a/x', 'to: *key')],
  ])('and is not shown by an anchor: %s', async (_, edit) => {
    const gateway = managed()
    const { text } = await gateway.manage('GET', '/config.yaml')
    const changed = edit(text.replace(/(\(kept-\w+\)), "\$/, '&key $1, "$'))
    expect(changed).toContain('*key')
    for (const [method, path] of [
      ['PUT', '/config.yaml'],
      ['POST', '/check'],
      ['POST', '/plan'],
    ] as const) {
      const called = await gateway.manage(method, path, changed, BEARER)
      expect([called.status, called.body.message]).toEqual([
        422,
        expect.stringContaining('a secret of the file would stand where it can be read'),
      ])
    }
    expect(gateway.onDisk()).toBe(FILE)
  })

  test('a secret that a rule puts into requests goes to no new host', async () => {
    const gateway = managed(FILE.replace('user: "${TEAM}"', 'session.token: canary-of-a-rule'))
    const { status, message } = await patched(gateway, [
      set(['providers', 'evil'], evil({ keys: ['k-1'] })),
    ])
    expect([status, message]).toEqual([
      422,
      expect.stringContaining('puts a secret or a reference'),
    ])
  })

  test('also where the file on the disk is not the one that serves', async () => {
    const gateway = managed()
    gateway.write(FILE.replace('mine-of-own', 'disk-canary-only'))
    const away = [set(['providers', 'own', 'base-url'], 'https://evil.test')]
    const ofDisk = await patched(gateway, away)
    expect([ofDisk.status, ofDisk.message]).toEqual([422, expect.stringContaining('would go to')])
    gateway.write(FILE.replace(/^models: .*$/m, 'models: [ broken ]'))
    const mended = await patched(gateway, [set(['models'], { m: 'a/x' }), ...away])
    expect([mended.status, mended.message]).toEqual([422, expect.stringContaining('would go to')])
  })
})

describe('references and files come in by hand only', () => {
  test.each<[string, Edit[]]>([
    ['a variable as a key', [set(['providers', 'own', 'keys', 0], '${OTHER}')]],
    ['a file as a key', [set(['providers', 'own', 'keys', 0], '${file:/etc/passwd}')]],
    ['in a header', [set(['providers', 'own', 'headers'], { 'X-A': 'x ${OTHER}' })]],
    [
      'in an address',
      [set(['providers', 'evil'], evil({ 'base-url': 'https://evil.test/${A_KEY}' }))],
    ],
    ['in a description', [set(['models', 'm', 'description'], '${A_KEY}')]],
    ['as a kind, which a complaint would show', [set(['providers', 'own', 'kind'], '${A_KEY}')]],
    ['as a target', [set(['models', 'n'], 'a/${OTHER}')]],
    ['in a rule', [set(['rules', 0, 'set'], { user: '${TEAM}', metadata: '${OTHER}' })]],
    ['as a management secret', [set(['remote-management', 'secret-key'], '${OTHER}')]],
    ['another default', [set(['server', 'host'], '${HOST:-0.0.0.0}')]],
  ])('%s', async (_, edits) => {
    const gateway = managed()
    const { status, message } = await patched(gateway, edits)
    expect([status, message]).toEqual([
      422,
      expect.stringContaining('a reference ${…} that is not there yet'),
    ])
    expect(gateway.onDisk()).toBe(FILE)
  })

  test.each(['check', 'plan'])('%s fills in nothing that is new either', async endpoint => {
    const gateway = managed()
    for (const text of [
      'providers: { x: { kind: "${A_KEY}" } }\n',
      'models: { m: "${file:/etc/passwd}" }\n',
    ]) {
      const called = await gateway.manage('POST', `/${endpoint}`, text)
      expect([called.status, called.body.error]).toEqual([422, 'impossible_edit'])
      expect(called.text).not.toMatch(/of-the-environment|root:/)
    }
  })

  test('a key of a caller cannot have one', async () => {
    const gateway = managed()
    const made = await gateway.manage('POST', '/keys', { name: 'bob', models: ['${OTHER}'] })
    expect(made.status).toBe(422)
    expect((await gateway.manage('POST', '/keys', { name: 'bob', models: ['m'] })).status).toBe(201)
  })

  test('what a rule puts into requests goes to no new host', async () => {
    const gateway = managed()
    const { status, message } = await patched(gateway, [
      set(['providers', 'evil'], evil({ keys: ['k-1'] })),
    ])
    expect([status, message]).toEqual([
      422,
      expect.stringContaining('rules[0].set.user puts a secret or a reference ${…} into requests'),
    ])
  })

  test.each<[string, string, number]>([
    ['/etc/cron.d/x', 'logging', 422],
    ['x.log', 'logging', 422],
    [join(HOME, 'kept.sqlite'), 'logging', 422],
    [join(HOME, 'logs/../../x'), 'logging', 422],
    [`${HOME}/logs-of-others/x`, 'logging', 422],
    [join(HOME, 'logs/mine.log'), 'logging', 200],
    ['/var/log/jackfield.log', 'logging', 200],
    ['/etc/passwd', 'cert', 422],
  ])('%s as the file of %s: %d', async (file, what, status) => {
    const gateway = managed()
    const edit =
      what === 'logging'
        ? set(['logging', 'file'], file)
        : set(['server', 'tls'], { cert: file, key: file })
    const { status: answered, message } = await patched(gateway, [edit])
    expect(answered).toBe(status)
    if (status === 422) expect(message).toContain(`management names files in ${HOME}`)
  })

  test('true is the file at home', async () =>
    expect((await patched(managed(), [set(['logging', 'file'], true)])).status).toBe(200))
})
