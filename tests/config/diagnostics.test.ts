import { describe, expect, test } from 'bun:test'
import { compileTable, formatDiagnostic } from '../../src/config/index.ts'
import { kinds } from '../../src/providers/index.ts'

const A = 'providers: { a: { kind: openai-compatible, base-url: "http://a/v1", keys: [ k ] } }\n'

function told(text: string): string[] {
  const compiled = compileTable('routes.yaml', text, {
    env: { EMPTY: '' },
    readFile: () => {
      throw new Error('none')
    },
    kinds,
  })
  return (compiled.ok ? compiled.warnings : compiled.diagnostics).map(formatDiagnostic)
}

describe('what is wrong, where, and what to do', () => {
  test.each<[string, string, string[]]>([
    ['good', A, []],
    ['an empty file', '', []],
    [
      'a typo on top',
      'provders: {}\n',
      ['routes.yaml:1:1: provders: unknown key "provders" (did you mean "providers"?)'],
    ],
    [
      'a typo inside',
      'providers:\n  a: { kind: echo, kyes: [] }\n',
      ['routes.yaml:2:20: providers.a.kyes: unknown key "kyes" (did you mean "keys"?)'],
    ],
    [
      'a key far off',
      'server: { colour: red }\n',
      [
        'routes.yaml:1:11: server.colour: unknown key "colour" (known here: host, port, tls, proxy-url, body-limit, shutdown-grace)',
      ],
    ],
    [
      'a kind misspelt',
      'providers: { a: { kind: antropic } }\n',
      [
        'routes.yaml:1:25: providers.a.kind: there is no kind "antropic" (did you mean "anthropic"?)',
      ],
    ],
    [
      'a kind of a later version',
      'providers: { a: { kind: claude-oauth } }\n',
      [
        'routes.yaml:1:25: providers.a.kind: kind "claude-oauth" is not supported by this version yet (take the provider out)',
      ],
    ],
    [
      'no kind',
      'providers:\n  a: { keys: [ k ] }\n',
      ['routes.yaml:2:3: providers.a: "kind" is missing (add kind: …)'],
    ],
    [
      'a missing base-url',
      'providers: { a: { kind: openai-compatible, keys: [ k ] } }\n',
      [
        'routes.yaml:1:14: providers.a: kind "openai-compatible" needs a base-url (add base-url: https://…)',
      ],
    ],
    [
      'a base-url that is none',
      'providers: { a: { kind: openai, base-url: "ftp://x", keys: [ k ] } }\n',
      [
        'routes.yaml:1:43: providers.a.base-url: "ftp://x" is not an http or https address (write https://host/path)',
      ],
    ],
    [
      'an unknown provider',
      `${A}models:\n  m: [ a/x, opnrouter/y ]\n`,
      ['routes.yaml:3:13: models.m[1]: no provider named "opnrouter" (declared: a)'],
    ],
    [
      'a provider misspelt',
      `providers: { openrouter: { kind: openrouter, keys: [ k ] } }\nmodels:\n  m: [ [ opnrouter/y ] ]\n`,
      [
        'routes.yaml:3:10: models.m[0][0]: no provider named "opnrouter" (did you mean "openrouter"?)',
      ],
    ],
    [
      'an unknown name',
      `${A}models: { coder: a/x }\naliases: { b: codr }\n`,
      ['routes.yaml:3:15: aliases.b: no model or alias named "codr" (did you mean "coder"?)'],
    ],
    [
      'a name that is nothing like any',
      `${A}aliases: { b: zzzzzzzz }\n`,
      [
        'routes.yaml:2:15: aliases.b: no model or alias named "zzzzzzzz" (a target is written provider/model)',
      ],
    ],
    [
      'a broken provider is complained of once',
      'providers: { a: { kind: nope } }\nmodels: { m: a/x }\n',
      [expect.stringContaining('there is no kind "nope"') as unknown as string],
    ],
    [
      'a cycle',
      `${A}aliases: { x: y, y: z, z: x }\n`,
      [
        'routes.yaml:2:12: aliases.x: leads back to itself: x → y → z → x (let one of them name a provider/model)',
      ],
    ],
    [
      'a cycle of one',
      'models: { m: m }\n',
      [
        'routes.yaml:1:11: models.m: leads back to itself: m → m (let one of them name a provider/model)',
      ],
    ],
    [
      'several at once, in file order',
      'modles: {}\nserver: { port: 99999 }\nversion: 2\n',
      [
        'routes.yaml:1:1: modles: unknown key "modles" (did you mean "models"?)',
        'routes.yaml:2:17: server.port: 99999 is out of range (from 0 to 65535)',
        'routes.yaml:3:10: version: expected 1, not 2',
      ],
    ],
    [
      'a doubled key',
      'server: {}\nserver: {}\n',
      ['routes.yaml:2:1: this key is written twice (keep one of them)'],
    ],
    [
      'broken YAML',
      'server: { port: 1\n',
      [expect.stringContaining('check the indentation and quotes') as unknown as string],
    ],
    [
      'a number for a text',
      `${A}models: { m: 7 }\n`,
      ['routes.yaml:2:14: models.m: expected a text or a list or a mapping, not 7'],
    ],
    [
      'a text for a list',
      'providers: { a: { kind: echo, keys: k } }\n',
      ['routes.yaml:1:37: providers.a.keys: expected a list, not "k" (write [ … ])'],
    ],
    [
      'a secret in the wrong place is not shown',
      'providers: { a: { kind: echo, keys: sk-abcdefghijklmnopqrstuvwxyz } }\n',
      ['routes.yaml:1:37: providers.a.keys: expected a list, not this text (write [ … ])'],
    ],
    [
      'a duration without unit',
      'policy: { keepalive: 15 }\n',
      [
        'routes.yaml:1:22: policy.keepalive: expected a duration such as 250ms, 30s, 5m or 1h, not 15',
      ],
    ],
    [
      'a size that is none',
      'server: { body-limit: huge }\n',
      ['routes.yaml:1:23: server.body-limit: expected a size such as 64kB or 10MB, not "huge"'],
    ],
    [
      'a strategy misspelt',
      'policy: { strategy: weigted }\n',
      [
        'routes.yaml:1:21: policy.strategy: expected one of round-robin, fill-first, weighted, not "weigted" (did you mean "weighted"?)',
      ],
    ],
    ['a strategy of pools', `${A}models: { m: { to: a/x, strategy: least-latency } }\n`, []],
    [
      'a condition misspelt',
      `${A}force: { x: { to: a/x, when: { cleint: amp } } }\n`,
      ['routes.yaml:2:32: force.x.when.cleint: unknown key "cleint" (did you mean "client"?)'],
    ],
    [
      'a client nobody knows',
      `${A}force: { x: { to: a/x, when: { client: [ amp, claude ] } } }\n`,
      [
        'routes.yaml:2:40: force.x.when.client: there is no client "claude" (did you mean "claude-code"?)',
      ],
    ],
    [
      'a protocol misspelt, in a step',
      `${A}models: { m: { to: [ { when: { protocol: openai_chat }, to: a/x } ] } }\n`,
      [
        'routes.yaml:2:42: models.m.to[0].when.protocol: there is no protocol "openai_chat" (did you mean "openai-chat"?)',
      ],
    ],
    [
      'tokens without a comparison',
      `${A}models: { m: { to: [ { when: { input-tokens: "180k" }, to: a/x } ] } }\n`,
      [
        'routes.yaml:2:46: models.m.to[0].when.input-tokens: expected a comparison such as ">180k" or "<=4k" (put it in quotes)',
      ],
    ],
    [
      'hours that no clock shows',
      `${A}force: { x: { to: a/x, when: { hour: "22-30" } } }\n`,
      ['routes.yaml:2:38: force.x.when.hour: expected hours such as "9-17" or "22-6"'],
    ],
    [
      'an edit of the model',
      'rules: [ { set: { model: x } } ]\n',
      [
        'routes.yaml:1:19: rules[0].set.model: "model" cannot be edited here (models and force say which model is asked)',
      ],
    ],
    [
      'an edit without a path',
      'rules: [ { remove: [ "a..b" ] } ]\n',
      [
        'routes.yaml:1:22: rules[0].remove[0]: "a..b" is no path (write it like reasoning.effort or messages[0].role)',
      ],
    ],
    [
      'a test by a client nobody knows',
      `${A}models: { m: a/x }\ntests: [ { ask: m, expect: a/x, client: amq } ]\n`,
      ['routes.yaml:3:41: tests[0].client: there is no client "amq" (did you mean "amp"?)'],
    ],
    [
      'limits',
      'api-keys: [ { name: a, key: "0123456789", limits: { requests-per-minute: 0, tokens-per-day: lots, cost-per-day: 5 EUR } } ]\n',
      [
        'routes.yaml:1:74: api-keys[0].limits.requests-per-minute: 0 is out of range (at least 1)',
        'routes.yaml:1:93: api-keys[0].limits.tokens-per-day: expected a count such as 200k or 2M, not "lots"',
        'routes.yaml:1:113: api-keys[0].limits.cost-per-day: expected an amount such as 5 USD, not "5 EUR"',
      ],
    ],
    [
      'a proxy',
      'server: { proxy-url: "ftp://p" }\n',
      [
        'routes.yaml:1:22: server.proxy-url: expected http://host:port, https://…, socks5://…, socks5h://… or direct, not "ftp://p"',
      ],
    ],
    [
      'an affinity of no length',
      'policy: { session-affinity: long }\n',
      [
        'routes.yaml:1:29: policy.session-affinity: expected a duration such as 1h, or false, not "long"',
      ],
    ],
    ['affinities', 'policy: { session-affinity: 2h }\n', []],
    ['no affinity', 'policy: { session-affinity: false }\n', []],
    ['a proxy that asks for nothing', 'server: { proxy-url: "" }\n', []],
    [
      'a sample key',
      'api-keys: [ changeme ]\n',
      [
        'routes.yaml:1:13: api-keys[0]: this is a sample key that anybody knows (make one of your own: openssl rand -hex 24)',
      ],
    ],
    [
      'a key twice',
      'api-keys: [ aaaaaaaa, aaaaaaaa ]\n',
      ['routes.yaml:1:23: api-keys[1]: this key stands here twice (take one out)'],
    ],
    [
      'an unset variable',
      'server: { host: "${NOPE}" }\n',
      [
        'routes.yaml:1:17: server.host: the environment variable NOPE is not set (set it, or write ${NOPE:-default})',
      ],
    ],
    [
      'an unset file',
      'api-keys: [ "${file:nope.txt}" ]\n',
      [expect.stringContaining('the file nope.txt cannot be read') as unknown as string],
    ],
    [
      'an unset key: off, with one warning',
      'providers: { a: { kind: openai, keys: [ "${NOPE}" ] } }\n',
      ['routes.yaml:1:14: providers.a: switched off: no key: set NOPE'],
    ],
    [
      'one of two keys unset',
      'providers: { a: { kind: openai, keys: [ "${NOPE}", k ] } }\n',
      [
        'routes.yaml:1:41: providers.a.keys[0]: key left out: NOPE is not set (export NOPE, or take the key out)',
      ],
    ],
    [
      'no keys',
      'providers: { a: { kind: openai } }\n',
      ['routes.yaml:1:14: providers.a: switched off: no key: add keys: [ … ] (kind openai)'],
    ],
    ['disabled is no complaint', 'providers: { a: { kind: openai, disabled: true } }\n', []],
    [
      'an alias behind a model',
      `${A}models: { m: a/x }\naliases: { m: a/y }\n`,
      [
        'routes.yaml:3:12: aliases.m: never reached; models.m on line 2 takes it first (take one of the two out)',
      ],
    ],
    [
      'an alias behind a catalogue',
      'providers: { a: { kind: anthropic, keys: [ k ] } }\naliases: { claude-sonnet-4-5: a/claude-opus-5 }\n',
      [
        "routes.yaml:2:12: aliases.claude-sonnet-4-5: never reached; a's own model of that name (line 1) takes it first (take one of the two out)",
      ],
    ],
    [
      'a pattern behind a wider one of a higher section',
      `${A}models: { "claude-*": a/x }\naliases: { "claude-3-*": a/y }\n`,
      [
        'routes.yaml:3:12: aliases."claude-3-*": never reached; models."claude-*" on line 2 takes it first (take one of the two out)',
      ],
    ],
    [
      'a model behind force',
      `${A}models: { m: a/x }\nforce: { m: a/y }\n`,
      [
        'routes.yaml:2:11: models.m: never reached; force.m on line 3 takes it first (ask for it by another name, or take one of the two out)',
      ],
    ],
    [
      'a model that looks like an address',
      `${A}models: { a/x: a/y }\n`,
      [
        'routes.yaml:2:11: models."a/x": never reached; the address of provider "a" on line 1 takes it first (ask for it by another name, or take one of the two out)',
      ],
    ],
    [
      'an excluded target',
      'providers: { a: { kind: openai, keys: [ k ], exclude: [ "*-mini" ] } }\nmodels: { m: a/gpt-5-mini }\n',
      ['routes.yaml:2:14: models.m: a excludes gpt-5-mini (change its exclude, or the target)'],
    ],
    [
      'an empty list',
      `${A}models: { m: [] }\n`,
      ['routes.yaml:2:14: models.m: the list is empty (name at least one)'],
    ],
    [
      'a failing test',
      `${A}models: { m: a/x }\ntests: [ { ask: m, expect: a/y } ]\n`,
      ['routes.yaml:3:10: tests[0]: "m" leads to a/x, not to a/y (mend the routes or the test)'],
    ],
    [
      'a test of what is not there',
      `${A}tests: [ { ask: m, expect: not-found }, { ask: a/x, expect: a/x } ]\n`,
      [],
    ],
    [
      'a credential name twice',
      'providers: { a: { kind: openai, keys: [ { key: k, name: n }, { key: l, name: n } ] } }\n',
      [
        'routes.yaml:1:78: providers.a.keys[1].name: the name "n" is used twice in this provider (give each key a name of its own)',
      ],
    ],
    [
      'anchors work',
      'providers:\n  a: &base { kind: openai, keys: [ k ] }\n  b: { <<: *base, priority: 2 }\n',
      [],
    ],
    [
      'a mistake inside an anchor is found',
      'providers:\n  a: &base { kind: openai, keys: [ k ], timeout: { idle: 3 } }\n  b: *base\n',
      [
        'routes.yaml:2:58: providers.a.timeout.idle: expected a duration such as 250ms, 30s, 5m or 1h, not 3',
      ],
    ],
  ])('%s', (_, text, expected) => expect(told(text)).toEqual(expected))
})
