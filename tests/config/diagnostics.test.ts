import { describe, expect, test } from 'bun:test'
import Ajv from 'ajv'
import { formatDiagnostic, jsonSchema } from '../../src/config/index.ts'
import { parseSource } from '../../src/config/yaml/source.ts'
import { messagesInCode } from '../support/messages.ts'
import { compiled, type Machine, whole } from '../support/routes.ts'

/** Files, and all diagnostics of each: what is wrong, where, and what to do. */

const A = 'providers: { a: { kind: openai-compatible, base-url: "http://a/v1", keys: [ k ] } }\n'

function diagnosticsOf(text: string, machine?: Machine): string[] {
  const result = compiled(text, machine)
  const all = result.ok ? result.warnings : result.diagnostics
  return all.map(one => (one.severity === 'warning' ? 'warning: ' : '') + formatDiagnostic(one))
}

type Case = readonly [title: string, file: string, told: string[], machine?: Machine]

const CASES: Record<string, readonly Case[]> = {
  'what is good has no diagnostics': [
    ['a small file', A, []],
    ['a byte order mark', '\ufeffversion: 1\n', []],
    ['disabled is no mistake', 'providers: { a: { kind: openai, disabled: true } }\n', []],
    [
      'a key of a variable that is set',
      'providers: { a: { kind: openai, keys: [ "${KEY}" ] } }\n',
      [],
      { env: { KEY: 'k' } },
    ],
    ['a proxy that asks for nothing', 'server: { proxy-url: "" }\n', []],
    ['affinities', 'policy: { session-affinity: 2h }\n', []],
    ['no affinity', 'policy: { session-affinity: false }\n', []],
    ['a strategy of pools', `${A}models: { m: { to: a/x, strategy: least-latency } }\n`, []],
    [
      'a test of what is not there',
      `${A}tests: [ { ask: m, expect: not-found }, { ask: a/x, expect: a/x } ]\n`,
      [],
    ],
    ['what asks for nothing of a later version', 'logging: { file: false, requests: off }\n', []],
    [
      'anchors and merges',
      'providers:\n  a: &base { kind: openai, keys: [ k ], models: [ m ] }\n  b: { <<: *base, priority: 2 }\n  c: { <<: [ *base, { priority: 3 } ], kind: groq }\n',
      [],
    ],
  ],
  'what every file must have': [
    ...['', '\n', '# nothing yet\n', '{}\n'].map(
      (file): Case => [
        `an empty file: ${JSON.stringify(file)}`,
        file,
        ['routes.yaml:1:1: the file is empty (start from the one that "jackfield init" writes)'],
        { asItIs: true },
      ],
    ),
    [
      'the version',
      A,
      ['routes.yaml:1:1: "version" is missing (add version: 1)'],
      { asItIs: true },
    ],
    [
      'providers',
      'version: 1\n',
      ['routes.yaml:1:1: "providers" is missing (add providers: …)'],
      { asItIs: true },
    ],
    [
      'at least one of them',
      'version: 1\nproviders: {}\n',
      ['routes.yaml:2:12: providers: nothing is in it (write at least one)'],
      { asItIs: true },
    ],
    [
      'written where they belong',
      'version: 1\nproviders:\nmodels: { m: a/x }\n',
      [
        'routes.yaml:2:11: providers: expected a mapping, not nothing (write a value, or take the key out)',
      ],
      { asItIs: true },
    ],
  ],
  'YAML that cannot be read': [
    [
      'a bracket that is not closed',
      'server: { port: 1\n',
      ['routes.yaml:1:9: "{" opens here and is not closed (write } where it ends)'],
    ],
    [
      'a quote that is not closed',
      'models: { m: "a/x }\n',
      ['routes.yaml:1:14: a quote opens here and is not closed (write " where it ends)'],
    ],
    [
      'a quote that a later one seems to close: all that follows is in doubt',
      'providers:\n  a: { keys: [ "k ] }\n  b: { keys: [ "l" ] }\nmodels: { m: "a/x" }\n',
      ['routes.yaml:2:16: a quote opens here and is not closed (write " where it ends)'],
    ],
    [
      'a quote in a list of lines',
      "providers:\n  a:\n    keys:\n      - 'k\n      - l\n    kind: x\nmodels: { m: 'a/x' }\n",
      ["routes.yaml:4:9: a quote opens here and is not closed (write ' where it ends)"],
    ],
    [
      'a bracket in brackets, and one further down',
      'a: { x: [1, 2 }\nb: { y: 1\nc: 3\n',
      [
        'routes.yaml:1:9: "[" opens here and is not closed (write ] where it ends)',
        'routes.yaml:2:4: "{" opens here and is not closed (write } where it ends)',
      ],
    ],
    [
      'a blank that is missing behind a key, in a block',
      'providers:\n  a:\n    kind:anthropic\n    keys: [ k ]\n',
      ['routes.yaml:3:5: a blank is missing behind "kind:" (write kind: anthropic)'],
    ],
    [
      'a blank that is missing, at the end of a block',
      'providers:\n  a:\n    keys:\n      - k\n    kind:anthropic\n',
      ['routes.yaml:5:5: a blank is missing behind "kind:" (write kind: anthropic)'],
    ],
    [
      'a blank that is missing, in the only line of a block',
      'providers:\n  a:\n    kind:anthropic\n',
      ['routes.yaml:3:5: providers.a: a blank is missing behind "kind:" (write kind: anthropic)'],
    ],
    [
      'a blank that is missing in brackets, and before a secret',
      'providers: { a: { kind:anthropic, keys: [ { key:plain-secret, name: n } ] } }\n',
      [
        'routes.yaml:1:19: providers.a."kind:anthropic": a blank is missing behind "kind:" (write kind: anthropic)',
        'routes.yaml:1:45: providers.a.keys[0]."key:plain-secret": a blank is missing behind "key:" (write key: …)',
      ],
    ],
    [
      'a bracket that closes nothing',
      'models: { m: a/x }}\n',
      ['routes.yaml:1:19: this closes nothing that is open (take it out, or open it before)'],
    ],
    [
      'a comma too many, and lines in brackets',
      'models: { m: a/x,, n: a/y }\nserver: {\n  - x\n}\n',
      [
        'routes.yaml:1:18: a comma with nothing before it (take it out, or write what is missing)',
        'routes.yaml:3:3: lines without brackets stand inside brackets (inside { … } and [ … ] write everything with brackets and commas)',
      ],
    ],
    [
      'a key without a value, and a remark too near',
      'models: { m: [ a/x ]#one\n}\nserver\n',
      [
        'routes.yaml:1:21: a blank is missing before "#" (put one before it, or put the value in quotes)',
        'routes.yaml:3:1: this is a key without a value (put ":" and a blank behind the key)',
      ],
    ],
    [
      'a key that goes on',
      'server\n  port: 1\n',
      [
        'routes.yaml:1:1: a key goes on over several lines (put ":" and a blank behind the key; and look at the quotes and the indentation)',
      ],
    ],
    [
      'anchors that cannot be',
      'models: &a &b {}\naliases: *\n',
      [
        'routes.yaml:1:12: an anchor or a tag stands where none can (write &NAME once before a value, and *NAME alone where it shall stand again)',
        'routes.yaml:2:10: a star or "&" without a name (put the text in quotes: "*…")',
      ],
    ],
    [
      'a line that begins with a percent sign',
      '%x\nmodels: {}\n',
      ['routes.yaml:2:1: a line before this one begins with "%" (put that in quotes)'],
    ],
    [
      'tabs',
      'server:\n	port: 1\n',
      ['routes.yaml:2:1: a tab stands in the indentation (indent with spaces)'],
    ],
    [
      'lines that are not in line',
      'server:\n  port: 1\n host: x\n',
      [
        'routes.yaml:3:1: this line is not in line with the others of its block (indent it like its neighbours)',
      ],
    ],
    [
      'a variable without quotes in brackets',
      'providers:\n  a: { kind: openai, keys: [ ${KEY} ] }\n',
      ['routes.yaml:2:31: a comma is missing before this (put ${…} in quotes here: "${NAME}")'],
    ],
    [
      'a variable without quotes in braces',
      'server: { port: ${PORT}, host: x }\nmodels: {}\n',
      [
        'routes.yaml:1:18: something stands behind the end of the value (put ${…} in quotes here: "${NAME}")',
      ],
    ],
    [
      'a comparison without quotes',
      'models:\n  m:\n    to: [ { when: { input-tokens: >180k }, to: a/x } ]\n',
      ['routes.yaml:3:35: a text cannot begin with ">" (put the value in quotes)'],
    ],
    [
      'the same in a block',
      'rules:\n  - when:\n      input-tokens: >180k\n',
      ['routes.yaml:3:23: a text cannot begin with ">" (put the value in quotes)'],
    ],
    [
      'a star in front without quotes',
      'aliases:\n  *-haiku: a/x\n',
      [
        'routes.yaml:2:12: something stands behind the end of the value (put the name in quotes: "*…")',
      ],
    ],
    [
      'a colon too many',
      'models: { m: x }\nserver: host: y\n',
      [
        'routes.yaml:2:9: a value and another key stand on one line, or the next line is indented too far (put the value in quotes, or write it on lines of its own)',
      ],
    ],
    [
      'an unknown escape',
      'models: { "gpt\\-*": a/x }\n',
      ['routes.yaml:1:15: there is no escape "\\-" (write \\\\ for a backslash)'],
    ],
    [
      'a tag',
      'api-keys: [ !secret key ]\n',
      [
        'routes.yaml:1:13: a tag means nothing here (take it out; a secret is written ${NAME} or ${file:path})',
      ],
    ],
    [
      'a second document',
      'version: 1\n---\nversion: 1\n',
      [
        'routes.yaml:2:1: a second document begins here (take the "---" out: one file is one document)',
      ],
    ],
    [
      'two mistakes on two lines',
      'server: { port: @1 }\npolicy: { keepalive: `5s` }\n',
      [
        'routes.yaml:1:17: a text cannot begin with "@" (put the value in quotes)',
        'routes.yaml:2:22: a text cannot begin with "`" (put the value in quotes)',
      ],
    ],
    [
      'an anchor that is not there',
      'providers:\n  a: *base\n',
      [
        'routes.yaml:2:6: providers.a: no anchor "&base" stands before this (set it, or put "*base" in quotes)',
      ],
    ],
    [
      'an anchor in itself',
      'providers: &p\n  a: *p\n',
      ['routes.yaml:2:6: providers.a: the anchor "p" holds itself (name another one)'],
    ],
    [
      'a merge of no mapping',
      'providers:\n  a: { <<: 7, kind: echo }\n',
      [
        'routes.yaml:2:8: providers.a."<<": only a mapping can be merged (write <<: *NAME, with &NAME before a mapping above)',
      ],
    ],
    [
      'a key that is a list',
      'models: { [ a, b ]: a/x }\n',
      ['routes.yaml:1:11: models: a key must be a text (put it in quotes)'],
    ],
    [
      'anchors that stand for too much',
      'models:\n  a: &a [ x, x, x, x, x, x, x, x, x, x, x ]\n  b: &b [ *a, *a, *a, *a, *a, *a, *a, *a, *a, *a, *a ]\n  c: &c [ *b, *b, *b, *b, *b, *b, *b, *b, *b, *b, *b ]\n  d: [ *c, *c, *c, *c, *c, *c, *c, *c, *c, *c, *c ]\n',
      ['routes.yaml:1:1: the anchors stand for too much (write some of what they stand for out)'],
    ],
  ],
  keys: [
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
        'routes.yaml:1:11: server.colour: unknown key "colour" (known here: host, port, tls, proxy-url, body-limit, reply-limit, shutdown-grace, open-to-all, origins)',
      ],
    ],
    [
      'the long form of a target in the place of a model’s',
      `${A}models: { m: { target: a/x } }\n`,
      [
        'routes.yaml:2:11: models.m: "to" is missing (add to: …)',
        'routes.yaml:2:16: models.m.target: unknown key "target" (known here: to, description, context, report-model, strategy, default, set, remove)',
      ],
    ],
    [
      'a doubled key',
      'server: {}\nserver: {}\n',
      ['routes.yaml:2:1: server: this key is written twice (keep one of them)'],
    ],
    [
      'a doubled key, deep down, and what else is wrong',
      `${A}models:\n  m: a/x\n  n: a/x\n  m: nobody/x\n`,
      [
        'routes.yaml:5:3: models.m: this key is written twice (keep one of them)',
        'routes.yaml:5:6: models.m: no provider named "nobody" (declared: a)',
      ],
    ],
    [
      'keys that are doubled as text',
      'models: { 1: a/x, "1": a/x }\nproviders: { a: { kind: echo } }\n',
      ['routes.yaml:1:19: models.1: this key is written twice (keep one of them)'],
    ],
    [
      'no kind',
      'providers:\n  a: { keys: [ k ] }\n',
      ['routes.yaml:2:3: providers.a: "kind" is missing (add kind: …)'],
    ],
    [
      'no destination',
      `${A}aliases: { m: { when: { client: amp } } }\n`,
      ['routes.yaml:2:12: aliases.m: "to" is missing (add to: …)'],
    ],
    [
      'half a key',
      'api-keys: [ { name: alice } ]\n',
      ['routes.yaml:1:13: api-keys[0]: "key" is missing (add key: …)'],
    ],
    [
      'half of TLS',
      'server: { tls: { cert: c.pem } }\n',
      ['routes.yaml:1:11: server.tls: "key" is missing (add key: …)'],
    ],
    [
      'a name of nothing',
      `${A}models: { "": a/x }\n`,
      ['routes.yaml:2:11: models."": a name must not be empty (write what clients ask for)'],
    ],
    [
      'accounts of a kind that takes none',
      'providers: { a: { kind: openai, keys: [ k ], accounts: all } }\n',
      [
        'routes.yaml:1:46: providers.a.accounts: kind "openai" takes keys, and no accounts (take accounts out, or choose one of the kinds claude-oauth, codex-oauth, gemini-cli, qwen, kimi and xai-oauth)',
      ],
    ],
    [
      'an account that is not signed in',
      'providers: { a: { kind: kimi, keys: [ k ], accounts: [ me ] } }\n',
      [
        'warning: routes.yaml:1:56: providers.a.accounts[0]: no account "me" is signed in (sign in: jackfield login kimi --label me)',
      ],
    ],
    [
      'an account without a project',
      'providers: { a: { kind: gemini-cli, keys: [ k ] } }\n',
      [
        'warning: routes.yaml:1:17: providers.a: the account ada@example.com has no project, so it is not used (sign in again: jackfield login gemini --project PROJECT)',
      ],
      { accounts: [{ type: 'gemini', email: 'ada@example.com' }] },
    ],
    [
      'no account at all',
      'providers: { a: { kind: qwen } }\n',
      [
        'warning: routes.yaml:1:14: providers.a: switched off: no account is signed in (jackfield login qwen)',
      ],
    ],
    [
      'sections of a later version',
      'notices: { url: x }\namp: { upstream-url: x }\n',
      [
        'routes.yaml:1:1: notices: `notices` is not supported by this version yet (take it out)',
        'routes.yaml:2:1: amp: `amp` is not supported by this version yet (take it out)',
      ],
    ],
  ],
  values: [
    ['another version', 'version: 2\n', ['routes.yaml:1:10: version: expected 1, not 2 (write 1)']],
    [
      'a file that is a list',
      '- a\n- b\n',
      ['routes.yaml:1:1: expected a mapping, not a list (write a single one, without brackets)'],
    ],
    [
      'a file that is a word',
      'hello\n',
      ['routes.yaml:1:1: expected a mapping, not "hello" (write { key: value, … })'],
    ],
    [
      'a section without entries',
      'aliases:\nversion: 1\n',
      [
        'routes.yaml:1:9: aliases: expected a mapping, not nothing (write a value, or take the key out)',
      ],
    ],
    [
      'a section that is a list',
      'providers: [ a ]\n',
      [
        'routes.yaml:1:12: providers: expected a mapping, not a list (write a single one, without brackets)',
      ],
    ],
    [
      'a provider that is a word',
      'providers: { a: anthropic }\n',
      [
        'routes.yaml:1:17: providers.a: expected a mapping, not "anthropic" (write { key: value, … })',
      ],
    ],
    [
      'a number for a text',
      `${A}models: { m: 7 }\n`,
      [
        'routes.yaml:2:14: models.m: expected a text or a list or a mapping, not 7 (put it in quotes)',
      ],
    ],
    [
      'a number for a name in a list',
      `${A}models: { m: [ a/x, 7 ] }\n`,
      [
        'routes.yaml:2:21: models.m[1]: expected a text or a mapping or a list, not 7 (put it in quotes)',
      ],
    ],
    [
      'yes for a text',
      'server: { host: true }\n',
      ['routes.yaml:1:17: server.host: expected a text, not true (put it in quotes)'],
    ],
    [
      'a list for a text',
      'server: { host: [ 127.0.0.1 ] }\n',
      [
        'routes.yaml:1:17: server.host: expected a text, not a list (write a single one, without brackets)',
      ],
    ],
    [
      'a mapping for a text',
      'server: { host: { name: x } }\n',
      ['routes.yaml:1:17: server.host: expected a text, not a mapping (write a single value here)'],
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
      'a word for yes or no',
      'providers: { a: { kind: openai, keys: [ k ], disabled: maybe } }\n',
      [
        'routes.yaml:1:56: providers.a.disabled: expected true or false, not "maybe" (write true or false)',
      ],
    ],
    [
      'a text for a number',
      'server: { port: eighty }\n',
      ['routes.yaml:1:17: server.port: expected a whole number, not "eighty" (write digits only)'],
    ],
    [
      'a number in quotes',
      'server: { port: "8317" }\n',
      ['routes.yaml:1:17: server.port: expected a whole number, not "8317" (take the quotes away)'],
    ],
    [
      'a number with a point',
      'server: { port: 83.17 }\n',
      ['routes.yaml:1:17: server.port: expected a whole number, not 83.17 (write digits only)'],
    ],
    [
      'a number out of range',
      'server: { port: 99999 }\npolicy: { request-retry: -1 }\n',
      [
        'routes.yaml:1:17: server.port: 99999 is out of range (from 0 to 65535)',
        'routes.yaml:2:26: policy.request-retry: -1 is out of range (from 0 to 20)',
      ],
    ],
    [
      'a list in a list in a list',
      `${A}models: { m: [ [ [ a/x ] ] ] }\n`,
      [
        'routes.yaml:2:18: models.m[0][0]: expected a text or a mapping, not a list (write a single one, without brackets)',
      ],
    ],
    [
      'an empty list',
      `${A}models: { m: [] }\n`,
      ['routes.yaml:2:14: models.m: the list is empty (name at least one)'],
    ],
    [
      'an empty pool',
      `${A}models: { m: [ a/x, [] ] }\n`,
      ['routes.yaml:2:21: models.m[1]: the list is empty (name at least one)'],
    ],
    [
      'an empty text',
      `${A}models: { m: "" }\n`,
      ['routes.yaml:2:14: models.m: must not be empty (write something, or take it out)'],
    ],
    [
      'a step that leads to a number',
      `${A}models: { m: [ { when: { stream: true }, to: 7 }, a/x ] }\n`,
      [
        'routes.yaml:2:46: models.m[0].to: expected a text or a mapping or a list, not 7 (put it in quotes)',
      ],
    ],
    [
      'a step with a typo in a step',
      `${A}models: { m: [ { to: [ { target: a/x, wieght: 2 } ] } ] }\n`,
      ['routes.yaml:2:39: models.m[0].to[0].wieght: unknown key "wieght" (did you mean "weight"?)'],
    ],
    [
      'a duration without unit',
      'policy: { keepalive: 15 }\n',
      [
        'routes.yaml:1:22: policy.keepalive: expected a duration, not 15 (give it a unit: 15s or 15m)',
      ],
    ],
    [
      'a duration that is none',
      'providers: { a: { kind: openai, keys: [ k ], timeout: { idle: soon } } }\n',
      [
        'routes.yaml:1:63: providers.a.timeout.idle: expected a duration, not "soon" (write it like 250ms, 30s, 5m or 1h)',
      ],
    ],
    [
      'an affinity of no length',
      'policy: { session-affinity: long }\n',
      [
        'routes.yaml:1:29: policy.session-affinity: expected a duration or false, not "long" (write it like 30m or 1h)',
      ],
    ],
    [
      'usage that is kept for an hour',
      'usage: { keep: 1h }\n',
      [
        'routes.yaml:1:16: usage.keep: less than a day is not worth keeping (write 1d or more, or enabled: false)',
      ],
    ],
    [
      'a size that is none',
      'server: { body-limit: huge }\n',
      [
        'routes.yaml:1:23: server.body-limit: expected a size, not "huge" (write it like 64kB or 10MB)',
      ],
    ],
    [
      'a count that is none',
      `${A}models: { m: { to: a/x, context: much } }\n`,
      [
        'routes.yaml:2:34: models.m.context: expected a count, not "much" (write it like 4096, 200k or 2M)',
      ],
    ],
    [
      'limits',
      'api-keys: [ { name: a, key: "0123456789", limits: { requests-per-minute: 0, tokens-per-day: lots, cost-per-day: 5 EUR } } ]\n',
      [
        'routes.yaml:1:74: api-keys[0].limits.requests-per-minute: 0 is out of range (at least 1)',
        'routes.yaml:1:93: api-keys[0].limits.tokens-per-day: expected a count, not "lots" (write it like 4096, 200k or 2M)',
        'routes.yaml:1:113: api-keys[0].limits.cost-per-day: expected an amount of money, not "5 EUR" (write it like 5 USD)',
      ],
    ],
    [
      'a price that is none',
      'providers: { a: { kind: openai, keys: [ k ], models: [ { name: m, price: { input: 1 USD, output: -2 } } ] } }\n',
      [
        'routes.yaml:1:83: providers.a.models[0].price.input: expected a number, not "1 USD" (write a number, such as 0.25)',
        'routes.yaml:1:98: providers.a.models[0].price.output: -2 is out of range (at least 0)',
      ],
    ],
    [
      'a proxy',
      'server: { proxy-url: "ftp://p" }\n',
      [
        'routes.yaml:1:22: server.proxy-url: expected the address of a proxy, not "ftp://p" (write it like http://host:port, https://…, socks5://…, socks5h://… or direct)',
      ],
    ],
    [
      'a strategy misspelt',
      'policy: { strategy: weigted }\n',
      [
        'routes.yaml:1:21: policy.strategy: expected one of round-robin, fill-first, weighted, not "weigted" (did you mean "weighted"?)',
      ],
    ],
    [
      'a strategy of pools for keys',
      'policy: { strategy: least-latency }\n',
      [
        'routes.yaml:1:21: policy.strategy: expected one of round-robin, fill-first, weighted, not "least-latency" (write one of these words)',
      ],
    ],
    [
      'a word like no other',
      `${A}models: { m: { to: a/x, report-model: both } }\n`,
      [
        'routes.yaml:2:39: models.m.report-model: expected one of asked, served, not "both" (write one of these words)',
      ],
    ],
    [
      'a cooldown of quota',
      'policy: { cooldown: { quota: 5m } }\n',
      ['routes.yaml:1:30: policy.cooldown.quota: expected "upstream", not "5m" (write "upstream")'],
    ],
    [
      'levels of thinking',
      'providers: { a: { kind: openai, keys: [ k ], models: [ { name: m, thinking: [ low, hihg ] } ] } }\n',
      [
        'routes.yaml:1:84: providers.a.models[0].thinking[1]: expected one of none, minimal, low, medium, high, xhigh, max, not "hihg" (did you mean "high"?)',
      ],
    ],
    [
      'what a model lacks',
      'providers: { a: { kind: openai, keys: [ k ], models: [ { name: m, lacks: [ image ] } ] } }\n',
      [
        'routes.yaml:1:76: providers.a.models[0].lacks[0]: expected one of tools, parallel-tools, server-tools, images, documents, audio, video, structured-output, not "image" (did you mean "images"?)',
      ],
    ],
    [
      'a prefix with a slash',
      'providers: { a: { kind: openai, keys: [ k ], prefix: work/ } }\n',
      [
        'routes.yaml:1:54: providers.a.prefix: "work/" is not allowed here (write a word without "/" and ":", such as work)',
      ],
    ],
  ],
  'what is filled in': [
    [
      'an unset variable',
      'server: { host: "${NOPE}" }\n',
      [
        'routes.yaml:1:17: server.host: the environment variable NOPE is not set (set it, or write ${NOPE:-default})',
      ],
    ],
    [
      'several in one text',
      `${A}models: { m: "\${ONE}/\${TWO}" }\n`,
      [
        'routes.yaml:2:14: models.m: the environment variable ONE is not set (set it, or write ${ONE:-default})',
        'routes.yaml:2:14: models.m: the environment variable TWO is not set (set it, or write ${TWO:-default})',
      ],
    ],
    [
      'an unset variable in an API key',
      'api-keys: [ "${NOPE}", { name: bob, key: "${ALSO}" } ]\n',
      [
        'routes.yaml:1:13: api-keys[0]: the environment variable NOPE is not set (set it, or write ${NOPE:-default})',
        'routes.yaml:1:42: api-keys[1].key: the environment variable ALSO is not set (set it, or write ${ALSO:-default})',
      ],
    ],
    [
      'a file that is not there',
      'api-keys: [ "${file:nope.txt}" ]\n',
      [
        'routes.yaml:1:13: api-keys[0]: the file nope.txt cannot be read (write the path of a file that is there; it is looked for beside this one)',
      ],
    ],
    [
      'a reference with a typo',
      'server: { host: "${HOST:127.0.0.1}" }\n',
      [
        'routes.yaml:1:17: server.host: "${HOST:127.0.0.1}" names nothing that can be filled in (write ${NAME}, ${NAME:-default} or ${file:path})',
      ],
    ],
    [
      'a variable that fills in nonsense',
      'server: { port: "${PORT}", host: "${HOST}" }\n',
      ['routes.yaml:1:17: server.port: expected a whole number, not "eighty" (write digits only)'],
      { env: { PORT: 'eighty', HOST: '127.0.0.1' } },
    ],
    [
      'TLS files that are not there',
      'server: { tls: { cert: cert.pem, key: key.pem } }\n',
      [
        'routes.yaml:1:24: server.tls.cert: the file cert.pem cannot be read (write the path of a PEM file; it is looked for beside this one)',
      ],
      { files: { 'key.pem': 'x' } },
    ],
  ],
  providers: [
    [
      'a kind misspelt',
      'providers: { a: { kind: antropic } }\n',
      [
        'routes.yaml:1:25: providers.a.kind: there is no kind "antropic" (did you mean "anthropic"?)',
      ],
    ],
    [
      'a kind that there is not',
      'providers: { a: { kind: skynet } }\n',
      [
        'routes.yaml:1:25: providers.a.kind: there is no kind "skynet" (known: anthropic, anthropic-compatible, openai, openai-compatible, openai-responses-compatible, gemini, vertex, openrouter, azure-openai, deepseek, groq, mistral, moonshot, zai, dashscope, xai, siliconflow, ollama, lmstudio, vllm, claude-oauth, codex-oauth, gemini-cli, qwen, kimi, xai-oauth, echo)',
      ],
    ],
    [
      'a kind of a later version',
      'providers: { a: { kind: iflow } }\n',
      [
        'routes.yaml:1:25: providers.a.kind: kind "iflow" is not supported by this version yet (take the provider out)',
      ],
    ],
    [
      'a name with a slash',
      'providers: { a/b: { kind: echo } }\n',
      [
        'routes.yaml:1:14: providers."a/b": a provider\'s name is made of letters, digits, "-", "_" and "." (targets are written NAME/model)',
      ],
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
      'a base-url without a scheme',
      'providers: { a: { kind: openai, base-url: "api.example.com/v1", keys: [ k ] } }\n',
      [
        'routes.yaml:1:43: providers.a.base-url: "api.example.com/v1" is not an http or https address (write https://host/path)',
      ],
    ],
    [
      'a broken provider is reported once',
      'providers: { a: { kind: nope } }\nmodels: { m: a/x }\n',
      [
        'routes.yaml:1:25: providers.a.kind: there is no kind "nope" (known: anthropic, anthropic-compatible, openai, openai-compatible, openai-responses-compatible, gemini, vertex, openrouter, azure-openai, deepseek, groq, mistral, moonshot, zai, dashscope, xai, siliconflow, ollama, lmstudio, vllm, claude-oauth, codex-oauth, gemini-cli, qwen, kimi, xai-oauth, echo)',
      ],
    ],
    [
      'a credential name twice',
      'providers: { a: { kind: openai, keys: [ { key: k, name: n }, { key: l, name: n } ] } }\n',
      [
        'routes.yaml:1:78: providers.a.keys[1].name: the name "n" is used twice in this provider (give each key a name of its own)',
      ],
    ],
    [
      'a header that is none',
      'providers: { a: { kind: openai, keys: [ { key: k, headers: { "X Org": o } } ], headers: { X-Team: "$", X-Note: "a\\nb" } } }\n',
      [
        'routes.yaml:1:62: providers.a.keys[0].headers."X Org": "X Org" is no header name (write it like X-Team)',
        'routes.yaml:1:99: providers.a.headers.X-Team: names no header to copy (write it like "$x-request-id")',
        'routes.yaml:1:112: providers.a.headers.X-Note: a header cannot hold line breaks or letters beyond Latin-1 (take them out)',
      ],
    ],
    [
      'a prefix that is a provider',
      'providers: { a: { kind: openai, keys: [ k ], prefix: b }, b: { kind: echo } }\n',
      [
        'routes.yaml:1:54: providers.a.prefix: "b" is a provider of its own (choose another prefix)',
      ],
    ],
    [
      'an unset key: off, with one warning',
      'providers: { a: { kind: openai, keys: [ "${NOPE}" ] } }\n',
      ['warning: routes.yaml:1:14: providers.a: switched off: no key (set NOPE)'],
    ],
    [
      'one of two keys unset',
      'providers: { a: { kind: openai, keys: [ "${NOPE}", k ] } }\n',
      [
        'warning: routes.yaml:1:41: providers.a.keys[0]: key left out: the environment variable NOPE is not set (set NOPE, or take the key out)',
      ],
    ],
    [
      'an empty key',
      'providers: { a: { kind: openai, keys: [ "", k ] } }\n',
      [
        'warning: routes.yaml:1:41: providers.a.keys[0]: key left out: it is empty (write it, or take the key out)',
      ],
    ],
    [
      'no keys',
      'providers: { a: { kind: openai } }\n',
      ['warning: routes.yaml:1:14: providers.a: switched off: no key (add keys: [ … ])'],
    ],
    [
      'an empty base-url',
      'providers: { a: { kind: ollama, base-url: "${URL:-}" } }\n',
      [
        'warning: routes.yaml:1:14: providers.a: switched off: its base-url is empty (write it, or take the provider out)',
      ],
    ],
    [
      'a weight without effect',
      'providers: { a: { kind: openai, keys: [ { key: k, weight: 2 }, l ] } }\n',
      [
        'warning: routes.yaml:1:51: providers.a.keys[0].weight: weight means nothing while policy.strategy is round-robin (add policy: { strategy: weighted })',
      ],
    ],
    [
      'discover where there is no list',
      'providers: { a: { kind: azure-openai, base-url: "http://x/v1", keys: [ k ], discover: true } }\n',
      [
        'warning: routes.yaml:1:77: providers.a.discover: kind "azure-openai" has no list of models to ask for (write them down: models: [ … ], and take discover out)',
      ],
    ],
  ],
  'names that lead nowhere': [
    [
      'an unknown provider',
      `${A}models:\n  m: [ a/x, opnrouter/y ]\n`,
      ['routes.yaml:3:13: models.m[1]: no provider named "opnrouter" (declared: a)'],
    ],
    [
      'a provider misspelt',
      'providers: { openrouter: { kind: openrouter, keys: [ k ] } }\nmodels:\n  m: [ [ opnrouter/y ] ]\n',
      [
        'routes.yaml:3:10: models.m[0][0]: no provider named "opnrouter" (did you mean "openrouter"?)',
      ],
    ],
    [
      'no providers at all',
      'models: { m: claude/x }\n',
      ['routes.yaml:1:14: models.m: no provider named "claude" (declared: unused)'],
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
      'a provider without a model',
      `${A}aliases: { b: a, c: a/ }\n`,
      [
        'routes.yaml:2:15: aliases.b: "a" is a provider, not a model (write a/MODEL)',
        'routes.yaml:2:21: aliases.c: "a/" names no model (write a/MODEL)',
      ],
    ],
    [
      'in the long form',
      `${A}models: { m: { to: [ { target: b/x, timeout: { idle: 1s } } ] } }\n`,
      ['routes.yaml:2:32: models.m.to[0].target: no provider named "b" (declared: a)'],
    ],
    [
      'a star too many',
      `${A}aliases: { "gpt-*": "a/*-*", fast: "a/*" }\n`,
      [
        'routes.yaml:2:21: aliases."gpt-*": "a/*-*" has more stars than "gpt-*" (a star here repeats one of the name; write out what it shall be)',
        'routes.yaml:2:36: aliases.fast: "a/*" has more stars than "fast" (a star here repeats one of the name; write out what it shall be)',
      ],
    ],
    [
      'an excluded target',
      'providers: { a: { kind: openai, keys: [ k ], exclude: [ "*-mini" ] } }\nmodels: { m: a/gpt-5-mini }\n',
      ['routes.yaml:2:14: models.m: a excludes gpt-5-mini (change its exclude, or the target)'],
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
      'a cycle of patterns',
      'providers: { a: { kind: openai, keys: [ k ], discover: false } }\naliases: { "x-*": "y-*", "y-*": "x-*" }\n',
      [
        'routes.yaml:2:12: aliases."x-*": leads back to itself: x-* → y-* → x-* (let one of them name a provider/model)',
      ],
    ],
  ],
  'entries that can never be reached, and words without effect': [
    [
      'an alias behind a model',
      `${A}models: { m: a/x }\naliases: { m: a/y }\n`,
      [
        'warning: routes.yaml:3:12: aliases.m: never reached; models.m on line 2 takes it first (take one of the two out)',
      ],
    ],
    [
      'an alias behind a catalogue',
      'providers: { a: { kind: anthropic, keys: [ k ] } }\naliases: { claude-sonnet-4-5: a/claude-opus-5 }\n',
      [
        "warning: routes.yaml:2:12: aliases.claude-sonnet-4-5: never reached; a's own model of that name (line 1) takes it first (take one of the two out)",
      ],
    ],
    [
      'a pattern behind a wider one of a higher section',
      `${A}models: { "claude-*": a/x }\naliases: { "claude-3-*": a/y }\n`,
      [
        'warning: routes.yaml:3:12: aliases."claude-3-*": never reached; models."claude-*" on line 2 takes it first (take one of the two out)',
      ],
    ],
    [
      'a model behind force',
      `${A}models: { m: a/x }\nforce: { m: a/y }\n`,
      [
        'warning: routes.yaml:2:11: models.m: never reached; force.m on line 3 takes it first (ask for it by another name, or take one of the two out)',
      ],
    ],
    [
      'a model that looks like an address',
      `${A}models: { a/x: a/y }\n`,
      [
        'warning: routes.yaml:2:11: models."a/x": never reached; the address of provider "a" on line 1 takes it first (ask for it by another name, or take one of the two out)',
      ],
    ],
    [
      'a pattern with a suffix',
      `${A}aliases: { "gpt-*(high)": a/x }\n`,
      [
        'warning: routes.yaml:2:12: aliases."gpt-*(high)": never reached; what stands in brackets behind a name is taken off before (write it without: gpt-*)',
      ],
    ],
    [
      'a weight outside a pool',
      `${A}models:\n  pair:\n    - { target: a/x, weight: 3 }\n    - { target: a/y, weight: 1, timeout: { first-byte: 20s } }\n`,
      [
        'warning: routes.yaml:4:22: models.pair[0].weight: weight means nothing outside a pool (put those that share the load into a list of their own: [ [ a/x, b/y ] ])',
      ],
    ],
    [
      'a weight in a pool that goes round',
      `${A}models: { m: [ [ { target: a/x, weight: 3 }, a/y ] ] }\n`,
      [
        'warning: routes.yaml:2:33: models.m[0][0].weight: weight means nothing to a pool that is round-robin (add strategy: weighted)',
      ],
    ],
    [
      'changes that are lost in a list',
      `${A}models: { m: { to: a/x, set: { user: u } }, n: [ m, a/y ] }\naliases: { o: [ a/z, m ] }\n`,
      [
        'warning: routes.yaml:2:50: models.n[0]: the default, set and remove of models.m do not apply to it as one of several (write them on models.n, or in rules)',
        'warning: routes.yaml:3:22: aliases.o[1]: the default, set and remove of models.m do not apply to it as one of several (write them on a model of this list, or in rules)',
      ],
    ],
    [
      'switches of another tool',
      'policy: { quota-exceeded: { switch-project: true, switch-preview-model: true } }\n',
      [
        'warning: routes.yaml:1:29: policy.quota-exceeded.switch-project: has no effect: API keys have no projects to switch (declare a key of each project; one that is used up makes room for the next)',
        'warning: routes.yaml:1:51: policy.quota-exceeded.switch-preview-model: has no effect: no model has a preview of the same name (list the models to fall back on: models: { NAME: [ provider/model, provider/preview ] })',
      ],
    ],
  ],
  'conditions and changes': [
    [
      'a condition misspelt',
      `${A}force: { x: { to: a/x, when: { cleint: amp } } }\n`,
      ['routes.yaml:2:32: force.x.when.cleint: unknown key "cleint" (did you mean "client"?)'],
    ],
    [
      'an unknown client',
      `${A}force: { x: { to: a/x, when: { client: [ amp, claude ] } } }\n`,
      [
        'routes.yaml:2:40: force.x.when.client: there is no client "claude" (did you mean "claude-code"?)',
      ],
    ],
    [
      'a client like no other',
      `${A}force: { x: { to: a/x, when: { client: emacs } } }\n`,
      [
        'routes.yaml:2:40: force.x.when.client: there is no client "emacs" (known: amp, claude-code, codex, gemini-cli, opencode, qwen-code, other)',
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
      'an API key that there is not',
      `${A}force: { x: { to: a/x, when: { key: alcie } } }\napi-keys: [ { name: alice, key: key-of-alice } ]\n`,
      [
        'warning: routes.yaml:2:37: force.x.when.key: never holds: there is no API key named "alcie" (did you mean "alice"?)',
      ],
    ],
    [
      'an API key where there is none',
      'rules: [ { when: { key: alice }, set: { user: a } } ]\n',
      [
        'warning: routes.yaml:1:25: rules[0].when.key: never holds: there is no API key named "alice" (there are: local)',
      ],
    ],
    [
      'tokens without a comparison',
      `${A}models: { m: { to: [ { when: { input-tokens: "180k" }, to: a/x } ] } }\n`,
      [
        'routes.yaml:2:46: models.m.to[0].when.input-tokens: expected a comparison, not "180k" (write it like ">180k" or "<=4k", in quotes)',
      ],
    ],
    [
      'hours that no clock shows',
      `${A}force: { x: { to: a/x, when: { hour: "22-30" } } }\n`,
      [
        'routes.yaml:2:38: force.x.when.hour: expected hours of the day, not "22-30" (write it like "9-17" or "22-6")',
      ],
    ],
    [
      'no hour at all',
      `${A}force: { x: { to: a/x, when: { hour: "9-9" } } }\n`,
      [
        'routes.yaml:2:38: force.x.when.hour: expected hours of the day, not "9-9" (write it like "9-17" or "22-6")',
      ],
    ],
    [
      'a word for yes or no',
      'rules: [ { when: { stream: sometimes } } ]\n',
      [
        'routes.yaml:1:28: rules[0].when.stream: expected true or false, not "sometimes" (write true or false)',
      ],
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
      'conditions on a model',
      `${A}models: { m: { to: a/x, when: { client: amp } } }\n`,
      [
        'routes.yaml:2:25: models.m.when: unknown key "when" (known here: to, description, context, report-model, strategy, default, set, remove)',
      ],
    ],
  ],
  'API keys and tests': [
    [
      'a sample key',
      'api-keys: [ changeme ]\n',
      [
        'routes.yaml:1:13: api-keys[0]: this is a sample key, which is public (make one of your own: openssl rand -hex 24)',
      ],
    ],
    [
      'a key twice',
      'api-keys: [ aaaaaaaa, aaaaaaaa ]\n',
      ['routes.yaml:1:23: api-keys[1]: this key stands here twice (take one out)'],
    ],
    [
      'a name twice',
      'api-keys: [ { name: a, key: aaaaaaaa }, { name: a, key: bbbbbbbb } ]\n',
      [
        'routes.yaml:1:41: api-keys[1]: the name "a" is used twice (give each key a name of its own)',
      ],
    ],
    [
      'a hash that is none',
      'api-keys: [ "sha256:12" ]\nremote-management: { secret-key: "sha256:12" }\n',
      [
        'routes.yaml:1:13: api-keys[0]: this is no SHA-256 hash of a key (write sha256: and 64 hex digits, or let "jackfield key NAME" make a key)',
        'routes.yaml:2:34: remote-management.secret-key: this is no SHA-256 hash (write sha256: and 64 hex digits: printf %s "$SECRET" | sha256sum)',
      ],
    ],
    [
      'half of a bcrypt hash',
      'remote-management: { secret-key: "$2a$10$short" }\n',
      [
        'routes.yaml:1:34: remote-management.secret-key: this is no whole bcrypt hash (a bcrypt hash has 60 characters; copy all of them, or write the secret itself)',
      ],
    ],
    [
      'a sample for the management',
      'remote-management: { secret-key: changeme }\n',
      [
        'routes.yaml:1:34: remote-management.secret-key: this is a sample key, which is public (make one of your own: openssl rand -hex 24)',
      ],
    ],
    [
      'a hash where a key is needed',
      'providers: { a: { kind: openai, keys: [ "sha256:12" ] } }\n',
      [
        'routes.yaml:1:41: providers.a.keys[0]: a hash opens nothing at a provider (write the key itself, or ${NAME}; only api-keys can be hashes)',
      ],
    ],
    [
      'a secret in the place of a name is not repeated',
      'models: { m: sk-abcdefghijklmnop/x }\n',
      ['routes.yaml:1:14: models.m: no provider named "(a secret)" (declared: unused)'],
    ],
    [
      'an empty key',
      'api-keys: [ "" ]\n',
      ['routes.yaml:1:13: api-keys[0]: must not be empty (write something, or take it out)'],
    ],
    [
      'a failing test',
      `${A}models: { m: a/x }\ntests: [ { ask: m, expect: a/y } ]\n`,
      ['routes.yaml:3:10: tests[0]: "m" leads to a/x, not to a/y (mend the routes or the test)'],
    ],
    [
      'a test that finds no target',
      `${A}tests: [ { ask: m, expect: a/y }, { ask: a/x, expect: not-found } ]\n`,
      [
        'routes.yaml:2:10: tests[0]: "m" leads to not-found, not to a/y (mend the routes or the test)',
        'routes.yaml:2:35: tests[1]: "a/x" leads to a/x, not to not-found (mend the routes or the test)',
      ],
    ],
    [
      'a test of a provider that is off',
      'providers: { a: { kind: openai, keys: [ "${NOPE}" ] } }\nmodels: { m: a/x }\ntests: [ { ask: m, expect: a/x } ]\n',
      [
        'warning: routes.yaml:1:14: providers.a: switched off: no key (set NOPE)',
        'warning: routes.yaml:3:10: tests[0]: "m" leads to no provider that can serve now, not to a/x, whose provider is switched off (set its key to try this test)',
      ],
    ],
    [
      'a test of a provider that is disabled',
      'providers: { a: { kind: openai, keys: [ k ], disabled: true } }\nmodels: { m: a/x }\ntests: [ { ask: m, expect: a/x } ]\n',
      [
        'routes.yaml:3:10: tests[0]: "m" leads to no provider that can serve now, not to a/x (mend the routes or the test)',
      ],
    ],
    [
      'a test by an unknown client',
      `${A}models: { m: a/x }\ntests: [ { ask: m, expect: a/x, client: amq } ]\n`,
      ['routes.yaml:3:41: tests[0].client: there is no client "amq" (did you mean "amp"?)'],
    ],
  ],
  'what is hardly meant': [
    [
      'a model that is not among those of the file',
      'providers: { a: { kind: openai, keys: [ k ], models: [ coder-1, { name: x-2, alias: y-2 } ] }, b: { kind: openai, keys: [ k ], models: [ z ], discover: true }, c: { kind: openai, keys: [ k ], models: [] } }\nmodels: { m: [ a/codr-1, a/x-2, a/y-2, a/other, b/w, c/v ] }\n',
      [
        'warning: routes.yaml:2:16: models.m[0]: a has no "codr-1" among its models (did you mean "coder-1"?)',
        'warning: routes.yaml:2:40: models.m[3]: a has no "other" among its models (add it to providers.a.models)',
      ],
    ],
    [
      'a slip in the name of a model, and no other version of one',
      'providers: { a: { kind: anthropic, keys: [ k ] } }\nmodels: { m: [ a/claude-sonet-4-5, a/claude-sonnet-4-6, a/claude-sonnet-4-5-20990101, a/quite-another ] }\n',
      [
        'warning: routes.yaml:2:16: models.m[0]: a is not known to have "claude-sonet-4-5" (did you mean "claude-sonnet-4-5"?)',
      ],
    ],
    [
      'a slip in what the upstream lists',
      'providers: { a: { kind: openrouter, keys: [ k ] } }\nmodels: { m: [ a/z-ai/gml-4.6, a/z-ai/glm-4.7 ] }\n',
      [
        'warning: routes.yaml:2:16: models.m[0]: a is not known to have "z-ai/gml-4.6" (did you mean "z-ai/glm-4.6"?)',
      ],
      { lists: ['z-ai/glm-4.6'] },
    ],
    [
      'levels that there are not',
      `${A}models: { m: a/x(hihg), n: [ a/x(high), a/x(8192), a/x(soon), a/x() ] }\n`,
      [
        'warning: routes.yaml:2:14: models.m: "(hihg)" is no level of thinking, and is left out (did you mean "high"?)',
        'warning: routes.yaml:2:52: models.n[2]: "(soon)" is no level of thinking, and is left out (write one of none, auto, minimal, low, medium, high, xhigh, max, or a number)',
        'warning: routes.yaml:2:63: models.n[3]: "()" is no level of thinking, and is left out (write one of none, auto, minimal, low, medium, high, xhigh, max, or a number)',
      ],
    ],
    [
      'a name that is taken for a level',
      `${A}models: { "coder(high)": a/x, "coder (old)": a/y }\n`,
      [
        'warning: routes.yaml:2:11: models."coder(high)": what stands in brackets is how much to think; this entry takes it away from "coder" (choose another name, or write the level behind its target)',
      ],
    ],
    [
      'variables as other languages write them',
      'providers: { a: { kind: openai, keys: [ $OPENAI_API_KEY, { key: "%KEY%" }, os.environ/KEY ] } }\napi-keys: [ "$KEY", "{{ KEY }}" ]\nremote-management: { secret-key: $SECRET }\n',
      [
        'routes.yaml:1:41: providers.a.keys[0]: "$OPENAI_API_KEY" is no variable here (write "${OPENAI_API_KEY}")',
        'routes.yaml:1:58: providers.a.keys[1]: this is no variable here (a variable is written "${NAME}")',
        'routes.yaml:1:76: providers.a.keys[2]: this is no variable here (a variable is written "${NAME}")',
        'routes.yaml:2:13: api-keys[0]: "$KEY" is no variable here (write "${KEY}")',
        'routes.yaml:2:21: api-keys[1]: this is no variable here (a variable is written "${NAME}")',
        'routes.yaml:3:34: remote-management.secret-key: "$SECRET" is no variable here (write "${SECRET}")',
      ],
    ],
    [
      'one key twice, unless its headers make two of it',
      'providers: { a: { kind: openai, keys: [ k, { key: "${K}", name: n }, { key: k, headers: { OpenAI-Project: p } } ] }, b: { kind: openai, keys: [ k ] } }\n',
      [
        'warning: routes.yaml:1:44: providers.a.keys[1]: the same key as keys[0] (take one out: they share what the provider allows)',
      ],
      { env: { K: 'k' } },
    ],
    [
      'blanks around keys',
      'providers: { a: { kind: openai, keys: [ "k ", "${K} " ] } }\napi-keys: [ " key-of-alice", key-of-bob ]\n',
      [
        'warning: routes.yaml:1:41: providers.a.keys[0]: the key begins or ends with a blank, which is not sent (take it out)',
        'warning: routes.yaml:1:47: providers.a.keys[1]: the key begins or ends with a blank, which is not sent (take it out)',
        'routes.yaml:2:13: api-keys[0]: the key begins or ends with a blank, which no client can send (take it out)',
      ],
      { env: { K: 'other' } },
    ],
    ...['sk-1234', 'your-secret-key', 'your-api-key-2', 'sk-xxxx', 'CHANGE_ME', '<your key>'].map(
      (key): Case => [
        `the sample key ${key}`,
        `api-keys: [ "${key}" ]\n`,
        [
          'routes.yaml:1:13: api-keys[0]: this is a sample key, which is public (make one of your own: openssl rand -hex 24)',
        ],
      ],
    ),
    [
      'tests that nothing can pass, beside other mistakes',
      `${A}models: { m: nobody/x }\ntests: [ { ask: m, expect: b/x }, { ask: m, expect: notfound }, { ask: m, expect: x }, { ask: m, expect: a/x } ]\n`,
      [
        'routes.yaml:2:14: models.m: no provider named "nobody" (declared: a)',
        'routes.yaml:3:28: tests[0].expect: no provider named "b" (declared: a)',
        'routes.yaml:3:53: tests[1].expect: expected provider/model or not-found, not "notfound" (did you mean "not-found"?)',
        'routes.yaml:3:83: tests[2].expect: expected provider/model or not-found, not "x" (write provider/model)',
      ],
    ],
    [
      'anchors live under x-…, whatever is there',
      'x-base: &base { kind: openai, keys: [ "${KEY}" ], timeout: 7 }\nx-other: [ 1, "${NOPE}", $X ]\nproviders: { a: { <<: *base, timeout: { idle: 5s } } }\n',
      [],
      { env: { KEY: 'k' } },
    ],
  ],
  'all of them at once': [
    [
      'in file order',
      'modles: {}\nserver: { port: 99999 }\nversion: 2\n',
      [
        'routes.yaml:1:1: modles: unknown key "modles" (did you mean "models"?)',
        'routes.yaml:2:17: server.port: 99999 is out of range (from 0 to 65535)',
        'routes.yaml:3:10: version: expected 1, not 2 (write 1)',
      ],
    ],
    [
      'a mistake in one entry hides none in the others',
      `${A}server: { prot: 1 }\npolicy: { keepalive: 5 }\nmodels:\n  bad: 7\n  good: nobody/x\naliases: { n: bad, o: baad }\nforce: { p: { to: a/x, when: { client: nobody } } }\nrules: [ { set: 1 }, { set: { model: x } } ]\napi-keys: [ { nam: x }, changeme ]\ntests: [ { ask: good }, { ask: good, expect: a/x, client: who } ]\n`,
      [
        'routes.yaml:2:11: server.prot: unknown key "prot" (did you mean "port"?)',
        'routes.yaml:3:22: policy.keepalive: expected a duration, not 5 (give it a unit: 5s or 5m)',
        'routes.yaml:5:8: models.bad: expected a text or a list or a mapping, not 7 (put it in quotes)',
        'routes.yaml:6:9: models.good: no provider named "nobody" (declared: a)',
        'routes.yaml:7:23: aliases.o: no model or alias named "baad" (a target is written provider/model)',
        'routes.yaml:8:40: force.p.when.client: there is no client "nobody" (known: amp, claude-code, codex, gemini-cli, opencode, qwen-code, other)',
        'routes.yaml:9:17: rules[0].set: expected a mapping, not 1 (write { key: value, … })',
        'routes.yaml:9:31: rules[1].set.model: "model" cannot be edited here (models and force say which model is asked)',
        'routes.yaml:10:13: api-keys[0]: "key" is missing (add key: …)',
        'routes.yaml:10:15: api-keys[0].nam: unknown key "nam" (did you mean "name"?)',
        'routes.yaml:10:25: api-keys[1]: this is a sample key, which is public (make one of your own: openssl rand -hex 24)',
        'routes.yaml:11:10: tests[0]: "expect" is missing (add expect: …)',
        'routes.yaml:11:59: tests[1].client: there is no client "who" (known: amp, claude-code, codex, gemini-cli, opencode, qwen-code, other)',
      ],
    ],
    [
      'a doubled key and what else is wrong',
      `${A}models: { m: nobody/x }\nserver: {}\nserver: { port: x }\n`,
      [
        'routes.yaml:2:14: models.m: no provider named "nobody" (declared: a)',
        'routes.yaml:4:1: server: this key is written twice (keep one of them)',
        'routes.yaml:4:17: server.port: expected a whole number, not "x" (write digits only)',
      ],
    ],
    [
      'a provider that is left out is not missed',
      'providers: { a: { kind: openai, keys: [ k ], prority: 1 }, b: { kind: echo } }\nmodels: { m: [ a/x, c/x ] }\n',
      [
        'routes.yaml:1:46: providers.a.prority: unknown key "prority" (did you mean "priority"?)',
        'routes.yaml:2:21: models.m[1]: no provider named "c" (declared: a, b)',
      ],
    ],
    [
      'a name that is left out is not missed',
      `${A}models: { "claude-*": { to: a/x, strategy: none } }\naliases: { n: claude-5, o: cloude-5 }\n`,
      [
        'routes.yaml:2:44: models."claude-*".strategy: expected one of round-robin, fill-first, weighted, least-latency, not "none" (write one of these words)',
        'routes.yaml:3:28: aliases.o: no model or alias named "cloude-5" (a target is written provider/model)',
      ],
    ],
    [
      'a mistake in a member hides none in the others',
      'providers: { a: { kind: opnai, keys: [ k ], prority: 1, headers: { "X Y": z } } }\nmodels: { m: { to: [ 7, nobody/x ], strategy: none } }\n',
      [
        'routes.yaml:1:25: providers.a.kind: there is no kind "opnai" (did you mean "openai"?)',
        'routes.yaml:1:45: providers.a.prority: unknown key "prority" (did you mean "priority"?)',
        'routes.yaml:1:68: providers.a.headers."X Y": "X Y" is no header name (write it like X-Team)',
        'routes.yaml:2:22: models.m.to[0]: expected a text or a mapping or a list, not 7 (put it in quotes)',
        'routes.yaml:2:25: models.m.to[1]: no provider named "nobody" (declared: none)',
        'routes.yaml:2:47: models.m.strategy: expected one of round-robin, fill-first, weighted, least-latency, not "none" (write one of these words)',
      ],
    ],
    [
      'an unknown section hides nothing',
      'foo: 1\nproviders: { a: { kind: opnai } }\nmodels: { m: nobody/x }\n',
      [
        'routes.yaml:1:1: foo: unknown key "foo" (known here: version, providers, models, aliases, force, policy, server, api-keys, auth-dir, remote-management, usage, logging, rules, tests)',
        'routes.yaml:2:25: providers.a.kind: there is no kind "opnai" (did you mean "openai"?)',
        'routes.yaml:3:14: models.m: no provider named "nobody" (declared: none)',
      ],
    ],
    [
      'what is in a list counts as it is written there',
      `${A}models: { m: [ 7, a/x, [ 8, nobody/y ] ] }\n`,
      [
        'routes.yaml:2:16: models.m[0]: expected a text or a mapping or a list, not 7 (put it in quotes)',
        'routes.yaml:2:26: models.m[2][0]: expected a text or a mapping, not 8 (put it in quotes)',
        'routes.yaml:2:29: models.m[2][1]: no provider named "nobody" (declared: a)',
      ],
    ],
    [
      'a version that is missing hides nothing',
      'providers: { a: { kind: echo } }\nmodels: { m: nobody/x }\n',
      [
        'routes.yaml:1:1: "version" is missing (add version: 1)',
        'routes.yaml:2:14: models.m: no provider named "nobody" (declared: a)',
      ],
      { asItIs: true },
    ],
    [
      'a misspelt section is checked as what it is meant to be',
      'version: 1\nprovider: { a: { kind: opnai }, b: { kind: echo, models: [ 7, x ] } }\nmodls: { m: [ 7, nobody/x ], n: b/y }\n',
      [
        'routes.yaml:2:1: provider: unknown key "provider" (did you mean "providers"?)',
        'routes.yaml:2:24: provider.a.kind: there is no kind "opnai" (did you mean "openai"?)',
        'routes.yaml:2:60: provider.b.models[0]: expected a text or a mapping, not 7 (put it in quotes)',
        'routes.yaml:3:1: modls: unknown key "modls" (did you mean "models"?)',
        'routes.yaml:3:15: modls.m[0]: expected a text or a mapping or a list, not 7 (put it in quotes)',
        'routes.yaml:3:18: modls.m[1]: no provider named "nobody" (declared: b)',
      ],
      { asItIs: true },
    ],
    [
      'references into a misspelt section are no mistakes',
      'provders: { a: { kind: openai, keys: [ k ] } }\nmodels: { m: a/x }\n',
      ['routes.yaml:1:1: provders: unknown key "provders" (did you mean "providers"?)'],
    ],
  ],
  'what upstreams list': [
    [
      'a name that one lists, and another may list tomorrow',
      'providers: { a: { kind: anthropic, keys: [ k ] } }\naliases: { n: claude-9 }\n',
      [
        'routes.yaml:2:15: aliases.n: no model or alias named "claude-9" (a lists it: write a/claude-9)',
      ],
      { lists: ['claude-9'] },
    ],
    [
      'a name that none lists any more',
      'providers: { a: { kind: anthropic, keys: [ k ] } }\naliases: { n: claude-opus-5 }\n',
      [
        'warning: routes.yaml:2:15: aliases.n: no provider lists "claude-opus-5" any more (name a model that one has, or write provider/model)',
      ],
      { lists: ['claude-9'] },
    ],
    [
      'a test of what is not known yet',
      'providers: { a: { kind: anthropic, keys: [ k ] } }\ntests: [ { ask: claude-9, expect: a/claude-9 } ]\n',
      [
        'warning: routes.yaml:2:10: tests[0]: not tested: what models a has is not known yet (try again when it was reached once)',
      ],
    ],
  ],
  'where it is': [
    [
      'in a block',
      `${A}models:\n  coder:\n    description: The best\n    to:\n      - a/x\n      - - a/y\n        - nobody/z\n`,
      ['routes.yaml:8:11: models.coder.to[1][1]: no provider named "nobody" (declared: a)'],
    ],
    [
      'behind a key with odd letters',
      `${A}aliases:\n  "claude-3.5 *": nobody/x\n`,
      ['routes.yaml:3:19: aliases."claude-3.5 *": no provider named "nobody" (declared: a)'],
    ],
    [
      'in an anchor, once',
      'providers:\n  a: &base { kind: openai, keys: [ k ], timeout: { idle: 3 } }\n  b: *base\n',
      [
        'routes.yaml:2:58: providers.a.timeout.idle: expected a duration, not 3 (give it a unit: 3s or 3m)',
      ],
    ],
    [
      'in a merge, once',
      'providers:\n  a: &base { kind: openai, keys: [ k ], timeout: { idle: 3 } }\n  b: { <<: *base, priority: 2 }\n  c: { priority: 1, <<: [ *base ] }\n',
      [
        'routes.yaml:2:58: providers.a.timeout.idle: expected a duration, not 3 (give it a unit: 3s or 3m)',
      ],
    ],
    [
      'in what a merge overrides',
      'providers:\n  a: &base { kind: openai, keys: [ k ] }\n  b: { <<: *base, kind: opnai }\n',
      ['routes.yaml:3:25: providers.b.kind: there is no kind "opnai" (did you mean "openai"?)'],
    ],
    [
      'in an anchored list',
      `${A}models:\n  m: &list [ a/x, nobody/y ]\n  n: *list\n`,
      ['routes.yaml:3:19: models.m[1]: no provider named "nobody" (declared: a)'],
    ],
    [
      'of a provider that is another’s copy',
      'providers:\n  a: &base { kind: openai, keys: [ "${NOPE}" ] }\n  b: *base\n',
      [
        'warning: routes.yaml:2:3: providers.a: switched off: no key (set NOPE)',
        'warning: routes.yaml:3:3: providers.b: switched off: no key (set NOPE)',
      ],
    ],
  ],
  'a listener that others reach': [
    [
      'wants keys',
      'server: { host: 0.0.0.0 }\n',
      [
        'routes.yaml:1:17: server.host: 0.0.0.0 lets other machines in, and without api-keys they would need none (add api-keys ("jackfield key NAME" makes one), listen on 127.0.0.1, or write server.open-to-all: true to admit all)',
      ],
    ],
    [
      'wants keys where a name may lead others to it',
      'server: { host: gateway.lan }\n',
      [
        'warning: routes.yaml:1:17: server.host: unless gateway.lan is a name of this machine alone, it lets other machines in, and without api-keys they would need none (add api-keys ("jackfield key NAME" makes one), listen on 127.0.0.1, or write server.open-to-all: true to admit all)',
      ],
    ],
    [
      'open to all beside keys',
      'server: { open-to-all: true }\napi-keys: [ key-of-alice ]\n',
      [
        'warning: routes.yaml:1:24: server.open-to-all: means nothing while there are api-keys: callers need one (take it out)',
      ],
    ],
  ],
}

for (const [title, cases] of Object.entries(CASES))
  describe(title, () => {
    for (const [name, file, expected, machine] of cases)
      test(name, () => expect(diagnosticsOf(file, machine)).toEqual(expected))
  })

describe('the schema for editors', () => {
  const validate = new Ajv({ strict: false }).compile(jsonSchema())
  /** What is wrong with a single value, wherever it stands, the schema knows too. */
  const SHAPE =
    /unknown key|is missing|expected (?:a|one of|true)|is out of range|the list is empty/
  /** What a text may hold is not for a schema to say, nor what the same value means elsewhere. */
  const BEYOND = /hours of the day|a comparison|provider\/model/

  for (const [title, cases] of Object.entries(CASES))
    for (const [name, file, , machine] of cases) {
      const text = machine?.asItIs ? file : whole(file)
      const result = compiled(file, machine)
      const errors = result.ok ? [] : result.diagnostics.filter(one => one.severity === 'error')
      const { source } = parseSource('routes.yaml', text)
      const refused = errors.some(({ message }) => SHAPE.test(message) && !BEYOND.test(message))
      if (result.ok)
        test(`admits what is good: ${title}: ${name}`, () => {
          validate(source.value)
          expect(validate.errors ?? []).toEqual([])
        })
      else if (refused && source.value !== undefined && machine?.env === undefined)
        test(`refuses what is not: ${title}: ${name}`, () =>
          expect(validate(source.value)).toBe(false))
    }
})

describe('every diagnostic', () => {
  test('has a place, a cause and a remedy', () => {
    for (const [, file, , machine] of Object.values(CASES).flat()) {
      const result = compiled(file, machine)
      for (const { at, message, hint } of result.ok ? result.warnings : result.diagnostics) {
        expect(Math.min(at.line, at.column)).toBeGreaterThan(0)
        expect([message, hint]).not.toContain('')
      }
    }
  })

  test('that the code can make is made here', () => {
    const patterns = messagesInCode()
    expect(patterns.length).toBeGreaterThan(45)
    const seen = Object.values(CASES)
      .flatMap(cases => cases.flatMap(([, , expected]) => expected))
      .join('\n')
    expect(patterns.filter(pattern => !pattern.test(seen)).map(String)).toEqual([])
  })
})
