import { describe, expect, test } from 'bun:test'
import { createAuthenticate } from '../../../src/exchange/admission/authenticate.ts'
import { GatewayError } from '../../../src/lib/errors.ts'
import type { JsonObject } from '../../../src/lib/json/json.ts'
import { localGateway } from '../../support/local-gateway.ts'
import type { Wire } from '../../support/read-reply.ts'
import { diagnosticsOf, tableOf } from '../../support/routes.ts'
import { replyOf } from '../../support/small-reply.ts'
import { pathOf, question, WIRES } from '../../support/wires.ts'

/** §6 of the language: the rest of the file. Limits of keys are tested in tests/gateway. */

const PROVIDERS = `
providers:
  a: { kind: openai-compatible, base-url: "http://a.test/v1", keys: [ k ], discover: false }
  b: { kind: openai-compatible, base-url: "http://b.test/v1", keys: [ k ], discover: false }
`

describe('server', () => {
  test('by default: this machine only', () =>
    expect(tableOf('').server).toEqual({
      host: '127.0.0.1',
      port: 8_317,
      openToAll: false,
      origins: [],
      bodyLimitBytes: 64_000_000,
      replyLimitBytes: 64_000_000,
      shutdownGraceMs: 30_000,
    }))

  test('all interfaces when asked for, and what else the file says', () =>
    expect(
      tableOf(
        'server: { host: 0.0.0.0, port: 0, tls: { cert: cert.pem, key: "~/key.pem" }, body-limit: 1MB, reply-limit: 2MB, shutdown-grace: 5s, open-to-all: true, origins: [ "http://LOCALHOST:3000" ] }\n',
        { env: { HOME: '/home/ann' }, files: { 'cert.pem': 'CERT', '/home/ann/key.pem': 'KEY' } },
      ).server,
    ).toEqual({
      host: '0.0.0.0',
      port: 0,
      openToAll: true,
      origins: ['http://localhost:3000'],
      tls: { cert: 'CERT', key: 'KEY' },
      bodyLimitBytes: 1_000_000,
      replyLimitBytes: 2_000_000,
      shutdownGraceMs: 5_000,
    }))

  test('its certificate is a file that the routes depend on', () =>
    expect(
      tableOf(
        'server: { tls: { cert: c, key: k } }\n',
        { files: { 'x/c': 'C', 'x/k': 'K' } },
        'x/r.yaml',
      ).files,
    ).toEqual(['x/c', 'x/k']))

  test.each([
    ['""', undefined],
    ['"http://proxy:3128"', 'http://proxy:3128'],
    ['"https://proxy:3128/"', 'https://proxy:3128/'],
    ['"socks5://u:p@127.0.0.1:1080"', 'socks5://u:p@127.0.0.1:1080'],
    ['"socks5h://127.0.0.1:1080"', 'socks5h://127.0.0.1:1080'],
    ['direct', 'direct'],
  ])('proxy-url: %s is that of every provider', (written, proxy) =>
    expect(
      tableOf(`${PROVIDERS}server: { proxy-url: ${written} }\n`).providers.get('a')?.proxy,
    ).toBe(proxy as string),
  )

  test.each(WIRES.map(wire => [wire]))('body-limit: told in %s', async wire => {
    const gateway = localGateway(`${PROVIDERS}server: { body-limit: 1kB }\n`, () =>
      replyOf('openai-chat', 'x', false),
    )
    const json = { ...question(wire, 'a/x', false), extra: 'x'.repeat(1_000) }
    const response = await gateway.call(pathOf(wire, 'a/x', false), { json })
    expect(response.status).toBe(413)
    expect(await response.text()).toContain('raise server.body-limit in routes.yaml')
    expect(gateway.received).toEqual([])
  })
})

describe('api-keys', () => {
  const callerOf = (
    yaml: string,
    headers: Record<string, string>,
    peer: string | undefined,
  ): string => {
    try {
      const { apiKeys, server } = tableOf(yaml)
      const authenticate = createAuthenticate(apiKeys, server)
      return authenticate(new Headers(headers), () => peer).name
    } catch (error) {
      return error instanceof GatewayError ? error.code : String(error)
    }
  }
  const KEYS =
    'api-keys: [ first-of-them, { name: alice, key: "${ALICE_KEY:-key-of-alice}" }, third-of-them ]\n'
  const OPEN = 'server: { host: 0.0.0.0, open-to-all: true }\n'
  test.each<[string, string, Record<string, string>, string | undefined, string]>([
    ['none: from this machine', '', {}, '127.0.0.1', 'local'],
    ['none: from this machine, by IPv6', '', {}, '::1', 'local'],
    ['none: from elsewhere', '', {}, '10.0.0.5', 'unauthenticated'],
    ['none: from a connection that is gone', '', {}, undefined, 'unauthenticated'],
    ['none: from what only begins like loopback', '', {}, '127.evil', 'unauthenticated'],
    ['none, open to all: from elsewhere', OPEN, {}, '10.0.0.5', 'local'],
    ['none, open to all: under any name', OPEN, { host: 'gw.example' }, '10.0.0.5', 'local'],
    ['none, open to all: from a connection that is gone', OPEN, {}, undefined, 'unauthenticated'],
    [
      'none, open to all: a page whose own name leads here',
      OPEN,
      { host: 'evil.example', origin: 'http://evil.example' },
      '10.0.0.5',
      'forbidden',
    ],
    [
      'none, open to all: its own page',
      OPEN,
      { host: '10.0.0.1:8317', origin: 'http://10.0.0.1:8317' },
      '10.0.0.5',
      'local',
    ],
    [
      'none: from elsewhere with any key',
      '',
      { 'x-api-key': 'any' },
      '10.0.0.5',
      'unauthenticated',
    ],
    ['a key without a name', KEYS, { authorization: 'Bearer first-of-them' }, '10.0.0.5', 'key-1'],
    ['a key with a name', KEYS, { 'x-api-key': 'key-of-alice' }, '10.0.0.5', 'alice'],
    [
      'another key without a name',
      KEYS,
      { 'x-goog-api-key': 'third-of-them' },
      '10.0.0.5',
      'key-3',
    ],
    ['a wrong one', KEYS, { 'x-api-key': 'wrong' }, '10.0.0.5', 'unauthenticated'],
    ['none sent, also from this machine', KEYS, {}, '127.0.0.1', 'unauthenticated'],
  ])('%s', (_, yaml, headers, peer, expected) =>
    expect(callerOf(yaml, headers, peer)).toBe(expected),
  )

  const HERE = 'http://127.0.0.1:8317'
  const LISTED = 'server: { origins: [ "http://localhost:3000", "app://notes" ] }\n'
  test.each<[string, string, Record<string, string>, string]>([
    ['a program', '', { host: '127.0.0.1:8317' }, 'local'],
    ['a program by name', '', { host: 'localhost:8317' }, 'local'],
    ['a program by IPv6', '', { host: '[::1]:8317' }, 'local'],
    ['a program of before host headers', '', {}, 'local'],
    ['an empty host', '', { host: '' }, 'forbidden'],
    ['a name that looks like an address', '', { host: '127.999.999.999' }, 'forbidden'],
    ['a name that begins like one', '', { host: '127.0.0.1.evil.example' }, 'forbidden'],
    ['two hosts', '', { host: 'localhost, evil.example' }, 'forbidden'],
    ['another name', '', { host: 'nas' }, 'forbidden'],
    ['our own page', '', { host: '127.0.0.1:8317', origin: HERE }, 'local'],
    [
      'our own page, as browsers say',
      '',
      { host: '127.0.0.1:8317', origin: HERE, 'sec-fetch-site': 'same-origin' },
      'local',
    ],
    ['an address that was typed', '', { host: '127.0.0.1', 'sec-fetch-site': 'none' }, 'local'],
    ['Node', '', { host: '127.0.0.1', 'sec-fetch-mode': 'cors' }, 'local'],
    [
      'a page of another port',
      '',
      { host: '127.0.0.1:8317', origin: 'http://127.0.0.1:3000' },
      'forbidden',
    ],
    [
      'a page of another local name',
      '',
      { host: '127.0.0.1:8317', origin: 'http://localhost:3000' },
      'forbidden',
    ],
    ['a page of nowhere', '', { host: '127.0.0.1:8317', origin: 'null' }, 'forbidden'],
    ['a broken origin', '', { host: '127.0.0.1:8317', origin: 'http://' }, 'forbidden'],
    ['another scheme', '', { host: '127.0.0.1:8317', origin: 'app://127.0.0.1:8317' }, 'forbidden'],
    [
      'a picture from elsewhere',
      '',
      { host: '127.0.0.1', 'sec-fetch-site': 'cross-site' },
      'forbidden',
    ],
    [
      'a picture from another port',
      '',
      { host: '127.0.0.1', 'sec-fetch-site': 'same-site' },
      'forbidden',
    ],
    [
      'a page that is listed',
      LISTED,
      { host: '127.0.0.1', origin: 'http://localhost:3000', 'sec-fetch-site': 'cross-site' },
      'local',
    ],
    ['a program that is listed', LISTED, { host: '127.0.0.1', origin: 'app://notes' }, 'local'],
    [
      'a page that is not',
      LISTED,
      { host: '127.0.0.1', origin: 'http://localhost:3001' },
      'forbidden',
    ],
    [
      'a listed page under another name',
      LISTED,
      { host: 'evil.example', origin: 'http://localhost:3000' },
      'forbidden',
    ],
    [
      'a page with a key',
      KEYS,
      { host: 'x', origin: 'http://a.example', 'x-api-key': 'first-of-them' },
      'key-1',
    ],
  ])('which pages may call: %s', (_, yaml, headers, expected) =>
    expect(callerOf(yaml, headers, '127.0.0.1')).toBe(expected),
  )

  test.each<[string, string, string[]]>([
    ['this machine only', 'server: { host: localhost }\n', []],
    ['this machine by IPv6', 'server: { host: "::1" }\n', []],
    ['with keys', `server: { host: 0.0.0.0 }\n${KEYS}`, []],
    ['when it is meant', 'server: { host: 0.0.0.0, open-to-all: true }\n', []],
    [
      'all interfaces',
      'server: { host: 0.0.0.0 }\n',
      [
        'routes.yaml:1:17: server.host: 0.0.0.0 lets other machines in, and without api-keys they would need none (add api-keys ("jackfield key NAME" makes one), listen on 127.0.0.1, or write server.open-to-all: true to admit all)',
      ],
    ],
    [
      'all of IPv6',
      'server: { host: "::" }\n',
      [expect.stringContaining('lets other machines in')],
    ],
    [
      'all addresses, as a star',
      'server: { host: "*" }\n',
      [expect.stringMatching(/^routes.yaml:1:17: server.host: \* lets other machines in/)],
    ],
    [
      'an address of a network',
      'server: { host: 192.168.1.5 }\n',
      [expect.stringContaining('lets other machines in')],
    ],
    [
      'no keys in the list',
      'server: { host: 0.0.0.0 }\napi-keys: []\n',
      [expect.stringContaining('lets other machines in')],
    ],
    [
      'keys with a mistake of their own are not reported twice',
      'server: { host: 0.0.0.0 }\napi-keys: [ { name: alice } ]\n',
      [expect.stringContaining('"key" is missing')],
    ],
    [
      'open to all beside keys',
      `server: { open-to-all: true }\n${KEYS}`,
      [
        'routes.yaml:1:24: server.open-to-all: means nothing while there are api-keys: callers need one (take it out)',
      ],
    ],
    [
      'an origin that is none',
      'server: { origins: [ "http://localhost:3000/", "*" ] }\n',
      [
        expect.stringContaining('server.origins[0]: "http://localhost:3000/" is not allowed here'),
        expect.stringContaining('write scheme://host, such as http://localhost:3000'),
      ],
    ],
  ])('a listener that others reach wants keys: %s', (_, yaml, expected) =>
    expect(diagnosticsOf(yaml)).toEqual(expected),
  )

  test.each([
    ['coder', 200],
    ['coder(high)', 200],
    ['claude-9', 200],
    ['claude-9(low)', 200],
    ['other', 403],
    ['other(high)', 403],
    ['a/x', 403],
    ['unheard-of', 403],
  ])('models: what a key may ask for, with any suffix: %s: %d', async (model, status) => {
    const gateway = localGateway(
      `${PROVIDERS}models: { coder: a/x, other: a/y, "claude-*": a/z }\napi-keys: [ { name: alice, key: key-of-alice, models: [ coder, "claude-*" ] } ]\nlogging: { level: error }\n`,
      () => replyOf('openai-chat', 'x', false),
    )
    const response = await gateway.call('/v1/chat/completions', {
      json: question('openai-chat', model, false),
      headers: { authorization: 'Bearer key-of-alice' },
    })
    expect(response.status).toBe(status)
    expect(gateway.received).toHaveLength(status === 200 ? 1 : 0)
  })

  test('names are what conditions ask for', () => {
    expect(diagnosticsOf(`${KEYS}rules: [ { when: { key: [ alice, key-1, key-3 ] } } ]\n`)).toEqual(
      [],
    )
    expect(diagnosticsOf(`${KEYS}rules: [ { when: { key: key-2 } } ]\n`)).toHaveLength(1)
    expect(diagnosticsOf('rules: [ { when: { key: local } } ]\n')).toEqual([])
  })
})

describe('rules: the same default, set and remove as on a model, for whatever matches', () => {
  async function sent(rules: string, wire: Wire = 'openai-chat', model = 'm'): Promise<JsonObject> {
    const gateway = localGateway(
      `${PROVIDERS}models: { m: { to: a/x, default: { t: own }, set: { s: own } }, plain: a/x }\nrules:\n${rules}`,
      () => replyOf('openai-chat', 'x', false),
    )
    const json = { ...question(wire, model, false), top_k: 1 }
    await gateway.call(pathOf(wire, model, false), { json })
    return JSON.parse(gateway.received[0]?.text ?? '{}') as JsonObject
  }
  test.each([
    ['without a condition: always', '  - { set: { a: 1 } }', 'plain', { a: 1 }],
    ['with one that holds', '  - { when: { model: "pl*" }, set: { a: 1 } }', 'plain', { a: 1 }],
    [
      'with one that does not',
      '  - { when: { model: "pl*" }, set: { a: 1 } }',
      'm',
      { a: undefined },
    ],
    [
      'by the name that was asked for, whatever its suffix',
      '  - { when: { model: plain }, set: { a: 1 } }',
      'plain(nonsense)',
      { a: 1 },
    ],
    [
      'all of a condition',
      '  - { when: { model: plain, protocol: anthropic }, set: { a: 1 } }',
      'plain',
      { a: undefined },
    ],
    [
      'of several defaults the first',
      '  - { default: { a: 1 } }\n  - { default: { a: 2 } }',
      'plain',
      { a: 1 },
    ],
    [
      'of several settings the last',
      '  - { set: { a: 1 } }\n  - { set: { a: 2 } }',
      'plain',
      { a: 2 },
    ],
    ['the model’s own default goes before', '  - { default: { t: rule } }', 'm', { t: 'own' }],
    ['the model’s own setting, too', '  - { set: { s: rule } }', 'm', { s: 'own' }],
    [
      'removed is removed, whatever the order of the rules',
      '  - { remove: [ a ] }\n  - { set: { a: 1 } }',
      'plain',
      { a: undefined },
    ],
    [
      'removed is removed',
      '  - { set: { a: 1 }, remove: [ a, top_k, s ] }',
      'm',
      { a: undefined, top_k: undefined, s: undefined },
    ],
  ])('%s', async (_, rules, model, expected) => {
    const body = await sent(`${rules}\n`, 'openai-chat', model)
    for (const [name, value] of Object.entries(expected))
      expect(body[name]).toEqual(value as string)
  })

  test('in the client’s own protocol, whatever the target speaks', async () => {
    const rules = '  - { when: { protocol: anthropic }, set: { max_tokens: 77 } }\n'
    expect((await sent(rules, 'anthropic')).max_tokens).toBe(77)
    const reasoning =
      '  - { when: { model: "m*", protocol: openai-responses }, default: { reasoning.effort: high } }\n'
    expect((await sent(reasoning, 'openai-responses')).reasoning_effort).toBe('high')
  })
})

describe('tests: what each name must lead to first', () => {
  const file = (tests: string): string =>
    `${PROVIDERS}models: { m: [ a/x, b/y ], pool: [ [ a/x, b/y ], a/z ], s: a/x(high) }\nforce: { f: { to: b/y, when: { client: amp } } }\naliases: { f: a/x }\ntests: [ ${tests} ]\n`
  test.each([
    '{ ask: m, expect: a/x }',
    '{ ask: "m(high)", expect: a/x }',
    '{ ask: s, expect: a/x }',
    '{ ask: pool, expect: a/x }',
    '{ ask: pool, expect: b/y }',
    '{ ask: f, client: amp, expect: b/y }',
    '{ ask: f, expect: a/x }',
    '{ ask: a/any/thing, expect: a/any/thing }',
    '{ ask: nope, expect: not-found }',
  ])('%s holds', one => expect(diagnosticsOf(file(one))).toEqual([]))
  test.each([
    ['{ ask: m, expect: b/y }', '"m" leads to a/x, not to b/y'],
    ['{ ask: pool, expect: a/z }', '"pool" leads to a/x or b/y, not to a/z'],
    ['{ ask: f, client: codex, expect: b/y }', '"f" leads to a/x, not to b/y'],
    ['{ ask: m, expect: not-found }', '"m" leads to a/x, not to not-found'],
    ['{ ask: nope, expect: a/x }', '"nope" leads to not-found, not to a/x'],
  ])('%s does not: the file is refused', (one, words) =>
    expect(diagnosticsOf(file(one))).toEqual([expect.stringContaining(words)]),
  )

  test('what only waits for a key is a warning, no error', () => {
    const off =
      'providers: { p: { kind: openai, keys: [ "${KEY}" ] }, q: { kind: groq, keys: [ k ] } }\nmodels: { m: [ p/x, q/y ] }\ntests: [ { ask: m, expect: p/x } ]\n'
    expect(tableOf(off).warnings.map(({ message }) => message)).toEqual([
      'switched off: no key',
      '"m" leads to q/y, not to p/x, whose provider is switched off',
    ])
    expect(diagnosticsOf(off, { env: { KEY: 'k' } })).toEqual([])
  })
})

describe('logging: level', () => {
  test.each([
    ['debug', ['info', 'warn']],
    ['info', ['info', 'warn']],
    ['warn', ['warn']],
    ['error', []],
  ])('%s', async (level, expected) => {
    let count = 0
    const gateway = localGateway(
      `${PROVIDERS}models: { m: [ a/x, b/y ] }\nlogging: { level: ${level} }\n`,
      () =>
        count++ === 0
          ? Response.json({ error: { message: 'no' } }, { status: 500 })
          : replyOf('openai-chat', 'x', false),
    )
    await gateway.call('/v1/chat/completions', { json: question('openai-chat', 'm', false) })
    const levels = gateway
      .logged()
      .split('\n')
      .map(line => /\b(debug|info|warn|error)\b/.exec(line)?.[1])
    expect([...new Set(levels.filter(one => one !== undefined))].sort()).toEqual(expected.sort())
  })

  test('info is the default', () => expect(tableOf('').logging.level).toBe('info'))
})
