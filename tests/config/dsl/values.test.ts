import { describe, expect, test } from 'bun:test'
import {
  parseCount,
  parseDuration,
  parseMoney,
  parseSize,
} from '../../../src/config/schema/units.ts'
import { diagnosticsOf, type Machine, tableOf } from '../../support/routes.ts'

/** §4 of the language: values. */

describe('what is filled in, in any string', () => {
  const host = (written: string, machine: Machine = {}, file?: string) =>
    tableOf(`server: { host: "${written}", open-to-all: true }\n`, machine, file).server.host
  test.each<[string, string, string, Machine]>([
    ['a variable', '${HOST}', 'h', { env: { HOST: 'h' } }],
    ['in the middle of a text', 'a-${HOST}-z', 'a-h-z', { env: { HOST: 'h' } }],
    ['several', '${A}.${B}', '1.2', { env: { A: '1', B: '2' } }],
    ['without white space around it', '${HOST}', 'h', { env: { HOST: ' h\n' } }],
    ['a default where it is not set', '${HOST:-d}', 'd', {}],
    ['a default where it is empty', '${HOST:-d}', 'd', { env: { HOST: '' } }],
    ['no default where it is set', '${HOST:-d}', 'h', { env: { HOST: 'h' } }],
    ['a default with odd letters', '${HOST:-http://x:1/y-z}', 'http://x:1/y-z', {}],
    ['a file, without white space around it', '${file:h.txt}', 'h', { files: { 'h.txt': 'h\n' } }],
    ['a file with a space in its name', '${file: my host }', 'h', { files: { 'my host': 'h' } }],
    [
      'what a variable holds is not filled in again',
      '${A}',
      '${B}',
      { env: { A: '${B}', B: 'x' } },
    ],
    ['a dollar alone is a dollar', '$HOST $5', '$HOST $5', { env: { HOST: 'h' } }],
  ])('%s', (_, written, expected, machine) => expect(host(written, machine)).toBe(expected))

  test('everywhere: keys, names of models, headers, rules, tests', () => {
    const table = tableOf(
      `providers:
  p: { kind: "\${KIND}", keys: [ "\${KEY}", { key: "\${file:k}", name: "\${NAME}" } ], headers: { X-A: "\${KEY}" } }
models: { m: "p/\${MODEL:-x}" }
rules: [ { set: { user: "\${NAME}" } } ]
api-keys: [ { name: "\${NAME}", key: "\${KEY}-key" } ]
tests: [ { ask: m, expect: "p/\${MODEL:-x}" } ]
`,
      { env: { KIND: 'openai', KEY: 'secret', NAME: 'ann' }, files: { k: 'from-file' } },
    )
    const provider = table.providers.get('p')
    expect(provider?.credentials.map(({ id, secret }) => [id, secret])).toEqual([
      ['p/key-1', 'secret'],
      ['p/ann', 'from-file'],
    ])
    expect(provider?.headers).toEqual({ 'X-A': 'secret' })
    expect(table.rules[0]?.edits).toEqual([{ kind: 'set', path: ['user'], value: 'ann' }])
    expect(table.apiKeys[0]).toMatchObject({ name: 'ann', key: 'secret-key' })
  })

  test('where a number, or yes or no, is wanted, it is one', () => {
    const env = { PORT: '9000', RETRY: '2', WEIGHT: '3', OFF: 'true', STREAM: 'false' }
    const table = tableOf(
      `server: { port: "\${PORT}" }
policy: { request-retry: "\${RETRY}", strategy: weighted }
providers:
  p: { kind: openai, keys: [ { key: k, weight: "\${WEIGHT}" }, "\${PORT}" ], priority: "\${PRIO:--1}" }
  q: { kind: groq, keys: [ k ], disabled: "\${OFF}" }
models: { m: { to: [ { when: { stream: "\${STREAM}" }, to: p/x }, [ { target: p/y, weight: "\${WEIGHT}" }, p/z ] ], strategy: weighted } }
`,
      { env },
    )
    expect(table.server.port).toBe(9_000)
    expect(table.policy.requestRetry).toBe(2)
    const provider = table.providers.get('p')
    // A key of digits is a text all the same.
    expect(provider?.credentials.map(({ weight, secret }) => [weight, secret])).toEqual([
      [3, 'k'],
      [1, '9000'],
    ])
    expect(provider?.priority).toBe(-1)
    expect(table.providers.get('q')?.off).toBe('disabled in the file')
    const found = table.resolve('m')
    expect(found.found && found.route.steps[1]?.members[0]?.weight).toBe(3)
  })

  test.each([
    ['routes.yaml', 'k.txt', 'k.txt'],
    ['/etc/jackfield/routes.yaml', 'k.txt', '/etc/jackfield/k.txt'],
    ['conf/routes.yaml', 'secrets/k.txt', 'conf/secrets/k.txt'],
    ['conf/routes.yaml', '../k.txt', 'k.txt'],
    ['conf/routes.yaml', '/run/k.txt', '/run/k.txt'],
    ['conf/routes.yaml', '~/k.txt', '/home/ann/k.txt'],
  ])('a file is looked for beside routes.yaml: %s names %s', (file, written, path) => {
    const machine = { env: { HOME: '/home/ann' }, files: { [path]: 'found' } }
    expect(host(`\${file:${written}}`, machine, file)).toBe('found')
    expect(tableOf(`server: { host: "\${file:${written}}" }\n`, machine, file).files).toEqual([
      path,
    ])
  })

  test('also prices, and false where a text would do as well', () => {
    const env = { PRICE: '2.5', OFF: 'false', FILE: 'true', REQUESTS: 'false' }
    const table = tableOf(
      `providers: { p: { kind: openai, keys: [ k ], models: [ { name: m, price: { input: "\${PRICE}", output: "\${PRICE}" } } ] } }
policy: { session-affinity: "\${OFF}", waiting-room: "\${OFF}" }
logging: { file: "\${FILE}", requests: "\${REQUESTS}" }
`,
      { env },
    )
    expect(table.providers.get('p')?.models[0]?.price).toEqual({ input: 2.5, output: 2.5 })
    expect([table.policy.sessionAffinityMs, table.policy.waitingRoomMs]).toEqual([0, 0])
    expect(table.logging.file).toEndWith('jackfield.log')
    expect(table.logging.requests).toBe('off')
  })

  test('a missing one is an error with line and column', () =>
    expect(diagnosticsOf('server:\n  host: "${NOPE}"\napi-keys:\n  - "${file:gone}"\n')).toEqual([
      'routes.yaml:2:9: server.host: the environment variable NOPE is not set (set it, or write ${NOPE:-default})',
      'routes.yaml:4:5: api-keys[0]: the file gone cannot be read (write the path of a file that is there; it is looked for beside this one)',
    ]))

  test('except in a provider’s keys, where the key is skipped', () => {
    const text =
      'providers: { p: { kind: openai, keys: [ "${NOPE}", k ] }, q: { kind: groq, keys: [ { key: "${NOPE}" } ] } }\n'
    const table = tableOf(text)
    expect(table.providers.get('p')?.credentials).toHaveLength(1)
    expect(table.providers.get('q')?.off).toBe('no key: set NOPE')
    expect(table.warnings.map(({ severity }) => severity)).toEqual(['warning', 'warning'])
  })

  test('but not in what else stands with a key', () =>
    expect(
      diagnosticsOf(
        'providers: { p: { kind: openai, keys: [ { key: k, headers: { X-Org: "${NOPE}" } } ] } }\n',
      ),
    ).toEqual([
      'routes.yaml:1:69: providers.p.keys[0].headers.X-Org: the environment variable NOPE is not set (set it, or write ${NOPE:-default})',
    ]))
})

describe('units', () => {
  test.each([
    ['250ms', 250],
    ['30s', 30_000],
    ['1.5s', 1_500],
    ['5m', 300_000],
    ['1h', 3_600_000],
    ['90d', 7_776_000_000],
    [' 5s ', 5_000],
    [0, 0],
    ['30', undefined],
    ['30 s', undefined],
    ['-5s', undefined],
    ['5S', undefined],
    ['', undefined],
    [30, undefined],
    [null, undefined],
  ])('duration %p', (value, expected) => expect(parseDuration(value)).toBe(expected))
  test.each([
    ['64kB', 64_000],
    ['10MB', 10_000_000],
    ['1.5GB', 1_500_000_000],
    ['4KiB', 4_096],
    ['2MiB', 2_097_152],
    [12, 12],
    [-1, undefined],
    [1.5, undefined],
    ['big', undefined],
    ['10 apples', undefined],
  ])('size %p', (value, expected) => expect(parseSize(value)).toBe(expected))
  test.each([
    ['200k', 200_000],
    ['2M', 2_000_000],
    ['1.5M', 1_500_000],
    ['7', 7],
    [7, 7],
    ['x', undefined],
    [-1, undefined],
  ])('count %p', (value, expected) => expect(parseCount(value)).toBe(expected))
  test.each([
    ['5 USD', 5],
    ['0.50 USD', 0.5],
    ['$5', 5],
    [5, 5],
    ['5 EUR', undefined],
    ['5', undefined],
    [-1, undefined],
  ])('money %p', (value, expected) => expect(parseMoney(value)).toBe(expected))

  test('are what the settings mean', () => {
    const { server, policy, providers, listed, apiKeys } = tableOf(
      `server: { body-limit: 10MB, shutdown-grace: 5m }
policy: { keepalive: 250ms, session-affinity: 2h, max-retry-interval: 0 }
providers: { p: { kind: openai, keys: [ k ], timeout: { total: 1h }, models: [ { name: m, context: 2M } ] } }
models: { n: { to: p/m, context: 200k } }
api-keys: [ { name: ann, key: key-of-ann, limits: { tokens-per-day: 2M, cost-per-day: 5 USD } } ]
`,
    )
    expect([server.bodyLimitBytes, server.shutdownGraceMs]).toEqual([10_000_000, 300_000])
    expect([policy.keepaliveMs, policy.sessionAffinityMs, policy.maxRetryIntervalMs]).toEqual([
      250, 7_200_000, 0,
    ])
    expect(providers.get('p')?.timeouts.totalMs).toBe(3_600_000)
    expect(listed.map(({ id, contextTokens }) => [id, contextTokens])).toEqual([
      ['n', 200_000],
      ['m', 2_000_000],
    ])
    expect(apiKeys[0]?.limits).toEqual({ tokensPerDay: 2_000_000, usdPerDay: 5 })
  })
})

describe('YAML', () => {
  test('unknown keys are errors with the nearest known key', () =>
    expect(diagnosticsOf('server: { prot: 1 }\nporviders: {}\n')).toEqual([
      'routes.yaml:1:11: server.prot: unknown key "prot" (did you mean "port"?)',
      'routes.yaml:2:1: porviders: unknown key "porviders" (did you mean "providers"?)',
    ]))

  test('doubled keys are errors', () =>
    expect(
      diagnosticsOf('server: {}\nmodels:\n  m: a/x\n  m: b/y\nserver: {}\n').filter(one =>
        one.includes('twice'),
      ),
    ).toEqual([
      'routes.yaml:4:3: models.m: this key is written twice (keep one of them)',
      'routes.yaml:5:1: server: this key is written twice (keep one of them)',
    ]))

  test('anchors stand for what they name, merges for all of it that is not written anew', () => {
    const table = tableOf(`providers:
  a: &base { kind: openai-compatible, base-url: "http://a/v1", keys: &keys [ k, l ], models: [ m ], timeout: &slow { idle: 5m } }
  b: *base
  c: { <<: *base, base-url: "http://c/v1", priority: 2 }
  d: { kind: openai, keys: *keys, timeout: { <<: *slow, total: 1h } }
  e: { <<: [ { priority: 7 }, *base ], prefix: e }
models:
  one: &list [ a/x, b/y ]
  two: *list
`)
    const of = (id: string) => table.providers.get(id)
    expect(of('b')?.credentials.map(({ id }) => id)).toEqual(['b/key-1', 'b/key-2'])
    expect([of('c')?.speaks[0]?.baseUrl, of('c')?.priority]).toEqual(['http://c/v1', 2])
    expect(of('d')?.timeouts).toMatchObject({ idleMs: 300_000, totalMs: 3_600_000 })
    expect([of('e')?.priority, of('e')?.kind.id, of('e')?.prefix]).toEqual([
      7,
      'openai-compatible',
      'e',
    ])
    expect(['a', 'b', 'c'].map(id => of(id)?.at)).toEqual([
      { line: 2, column: 3 },
      { line: 3, column: 3 },
      { line: 4, column: 3 },
    ])
    const two = table.resolve('two')
    expect(two.found && two.route.steps).toHaveLength(2)
  })

  test('a mistake in an anchor is reported where it is written, once', () =>
    expect(
      diagnosticsOf(`providers:
  a: &base { kind: openai, keys: [ k ], timeout: { idle: 3 } }
  b: *base
  c: { <<: *base, timeout: { idle: 4 } }
  d: { priority: 1, <<: *base }
`),
    ).toEqual([
      'routes.yaml:2:58: providers.a.timeout.idle: expected a duration, not 3 (give it a unit: 3s or 3m)',
      'routes.yaml:4:36: providers.c.timeout.idle: expected a duration, not 4 (give it a unit: 4s or 4m)',
    ]))

  test('words stay words, whatever other YAML takes them for', () => {
    const table = tableOf(
      'providers: { p: { kind: openai, keys: [ k ] } }\nmodels: { yes: p/x, on: p/y, 3.5: p/z }\n',
    )
    expect(['yes', 'on', '3.5'].map(name => table.resolve(name).found)).toEqual([true, true, true])
  })
})
