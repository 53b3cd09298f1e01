import { describe, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import type { JsonEdit } from '../../src/lib/json/json-edit.ts'
import { type SampleFacts, sampleFacts } from '../../src/routing/facts.ts'
import type { Provider, RoutingTable, Target, Timeouts } from '../../src/routing/table.ts'
import { type Machine, routeText, tableOf } from '../support/routes.ts'

/** A file, and the routing table that it becomes, side by side. */

const DEFAULTS = tableOf('')
/** What a small file has been given, so that it is a whole one. */
const GIVEN = new Set(DEFAULTS.providers.keys())
const PLAIN = tableOf('providers: { p: { kind: openai, keys: [ k ] } }\n').providers.get('p')

/** Members that are not as they are by default. */
function unlike<T extends object>(some: T, others: T | undefined): string {
  const known = new Map(Object.entries(others ?? {}))
  return Object.entries(some)
    .filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(known.get(name)))
    .map(([name, value]) => `${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ')
}

function providerText(provider: Provider): string {
  const { id, kind, speaks, credentials, models, headers, timeouts } = provider
  const declared = models.filter(({ at }) => at !== undefined)
  const parts = [
    `${id}: ${kind.id}`,
    speaks
      .map(({ protocol, baseUrl, query }) => `${protocol} ${baseUrl}${query && `?${query}`}`)
      .join(', '),
    credentials.map(keyText).join(', ') || 'no key',
    declared.length > 0 ? `has ${declared.map(modelText).join(', ')}` : '',
    unlike(headers, {}),
    unlike(timeouts, PLAIN?.timeouts),
    provider.priority === 0 ? '' : `priority ${provider.priority}`,
    provider.prefix ? `as ${provider.prefix}/…` : '',
    provider.proxy ? `through ${provider.proxy}` : '',
    provider.off ? `off: ${provider.off}` : '',
  ]
  return parts.filter(part => part !== '').join('; ')
}

function keyText({
  id,
  weight,
  priority,
  headers,
  proxy,
}: Provider['credentials'][number]): string {
  const name = id.slice(id.indexOf('/') + 1)
  const more = [
    weight === 1 ? '' : `×${weight}`,
    priority === 0 ? '' : `^${priority}`,
    unlike(headers, {}),
    proxy ? `through ${proxy}` : '',
  ].filter(part => part !== '')
  return [name, ...more].join(' ')
}

function modelText({ name, alias, contextTokens, thinking }: Provider['models'][number]): string {
  return [
    alias === name ? name : `${alias} = ${name}`,
    contextTokens ?? '',
    thinking ? `thinks ${thinking.join(' ') || 'never'}` : '',
  ]
    .filter(part => part !== '')
    .join(' ')
}

function targetText({ provider, model, reasoning, weight, timeouts }: Target): string {
  const level = reasoning && ('effort' in reasoning ? reasoning.effort : reasoning.budgetTokens)
  const own: Timeouts = timeouts
  const patience = unlike(own, provider.timeouts)
  return `${provider.id}/${model}${level === undefined ? '' : `(${level})`}${weight === 1 ? '' : `×${weight}`}${patience && ` {${patience}}`}`
}

function editText(edit: JsonEdit): string {
  const path = edit.path.join('.')
  return edit.kind === 'remove'
    ? `remove ${path}`
    : `${edit.kind} ${path}=${JSON.stringify(edit.value)}`
}

function nameText(table: RoutingTable, asked: string, given: Partial<SampleFacts>): string {
  const resolution = table.resolve(asked, sampleFacts(asked, given))
  if (!resolution.found) return `${asked} → nobody`
  const { steps, edits, reportModel, passedOver } = resolution.route
  const told = steps.map(({ members, strategy }) => {
    const pool = members.map(targetText).join(' | ')
    return members.length > 1 && strategy !== 'round-robin' ? `${pool} [${strategy}]` : pool
  })
  const more = [
    ...edits.map(editText),
    reportModel === 'served' ? 'reports what served' : '',
    ...passedOver.map(({ target, reason }) => `not ${target} (${reason})`),
  ].filter(part => part !== '')
  return [`${asked} → ${told.join(', ') || 'nobody'}`, ...more].join('; ')
}

/** Every name that the file gives, patterns with numbers for their stars, and what is listed besides. */
function namesIn(text: string, table: RoutingTable): string[] {
  const document = (parse(text, { merge: true }) ?? {}) as Record<string, Record<string, unknown>>
  const written = ['force', 'models', 'aliases'].flatMap(section =>
    Object.keys(document[section] ?? {}),
  )
  const numbered = written.map(name => {
    let star = 0
    return name.replace(/\*/g, () => String(++star))
  })
  const listed = table.listed.map(({ id }) => id)
  return [...new Set([...numbered, ...(listed.length > 12 ? [] : listed)])]
}

/** Who answers, what each name leads to, and what else is not as it is by default. */
function rendered(text: string, machine: Machine = {}, given: Partial<SampleFacts> = {}): string[] {
  const table = tableOf(text, machine)
  const sections = { server: table.server, policy: table.policy, logging: table.logging }
  const settings = Object.entries(sections).flatMap(([name, section]) => {
    const told = unlike(section, DEFAULTS[name as keyof typeof sections])
    return told ? [`${name}: ${told}`] : []
  })
  const listed = table.listed.flatMap(({ id, description, contextTokens }) =>
    description === undefined && contextTokens === undefined
      ? []
      : [
          `list: ${[id, contextTokens ?? '', description ?? ''].filter(one => one !== '').join(', ')}`,
        ],
  )
  return [
    ...[...table.providers.values()].filter(({ id }) => !GIVEN.has(id)).map(providerText),
    ...namesIn(text, table).map(name => nameText(table, name, given)),
    ...(listed.length > 12 ? [] : listed),
    ...table.rules.map(
      ({ when, edits }) =>
        `rule${when ? ` (${when.text})` : ''}: ${edits.map(editText).join(', ')}`,
    ),
    ...table.apiKeys.map(({ name, models, limits }) =>
      [`key ${name}`, models?.join(' ') ?? '', limits ? unlike(limits, {}) : '']
        .filter(part => part !== '')
        .join('; '),
    ),
    ...settings,
    ...(table.files.length > 0 ? [`files: ${table.files.join(', ')}`] : []),
  ]
}

/** Four providers that need no lines of their own below. */
const P =
  'providers: { a: { kind: groq, keys: [ k ], models: [] }, b: { kind: xai, keys: [ k ], models: [] }, c: { kind: mistral, keys: [ k ], models: [] }, off: { kind: zai, keys: [ "${NOPE}" ], models: [] } }\n'
const THEIRS = rendered(P).length

type Case = readonly [
  title: string,
  file: string,
  table: string[],
  machine?: Machine,
  asked?: Partial<SampleFacts>,
]

const CASES: Record<string, readonly Case[]> = {
  providers: [
    [
      'a kind with a key',
      'providers: { p: { kind: groq, keys: [ k ] } }\n',
      ['p: groq; openai-chat https://api.groq.com/openai/v1; key-1'],
    ],
    [
      'a kind that speaks two protocols',
      'providers: { p: { kind: deepseek, keys: [ k ], models: [ m ] } }\n',
      [
        'p: deepseek; openai-chat https://api.deepseek.com/v1, anthropic https://api.deepseek.com/anthropic; key-1; has m',
        'm → p/m',
      ],
    ],
    [
      'an address of one’s own',
      'providers: { p: { kind: openai-compatible, base-url: "http://p:8000/", keys: [ k ] } }\n',
      ['p: openai-compatible; openai-chat http://p:8000/v1; key-1'],
    ],
    [
      'a whole endpoint',
      'providers: { p: { kind: anthropic-compatible, base-url: "https://p.test/api/v1/messages", keys: [ k ] } }\n',
      ['p: anthropic-compatible; anthropic https://p.test/api; key-1'],
    ],
    [
      'Azure: a deployment',
      'providers: { p: { kind: azure-openai, base-url: "https://x.openai.azure.com/openai/deployments/gpt-5", api-version: "2025-04-01-preview", keys: [ k ] } }\n',
      [
        'p: azure-openai; openai-chat https://x.openai.azure.com/openai/deployments/gpt-5?api-version=2025-04-01-preview; key-1',
      ],
    ],
    [
      'Azure: the resource',
      'providers: { p: { kind: azure-openai, base-url: "https://x.openai.azure.com/", keys: [ k ] } }\n',
      ['p: azure-openai; openai-chat https://x.openai.azure.com/openai/v1; key-1'],
    ],
    [
      'Vertex in a region',
      'providers: { p: { kind: vertex, base-url: "https://europe-west4-aiplatform.googleapis.com/v1/", keys: [ k ], models: [ m ] } }\n',
      ['p: vertex; gemini https://europe-west4-aiplatform.googleapis.com; key-1; has m', 'm → p/m'],
    ],
    [
      'Gemini behind a proxy of one’s own',
      'providers: { p: { kind: gemini, base-url: "https://proxy.test/google/v1beta/models", keys: [ k ], models: [ m ] } }\n',
      ['p: gemini; gemini https://proxy.test/google; key-1; has m', 'm → p/m'],
    ],
    [
      'a local server without a key',
      'providers: { p: { kind: ollama } }\n',
      ['p: ollama; openai-chat http://127.0.0.1:11434/v1; none'],
    ],
    [
      'a local server elsewhere',
      'providers: { p: { kind: vllm, base-url: "http://gpu:8000" } }\n',
      ['p: vllm; openai-chat http://gpu:8000/v1; none'],
    ],
    [
      'keys in the short form',
      'providers: { p: { kind: groq, keys: [ "${A}", "${B}" ] } }\n',
      ['p: groq; openai-chat https://api.groq.com/openai/v1; key-1, key-2'],
      { env: { A: 'a', B: 'b' } },
    ],
    [
      'keys in the long form',
      'providers: { p: { kind: groq, keys: [ { key: a, name: main, priority: 1 }, { key: b, weight: 3, headers: { X-Org: o }, proxy-url: "http://q:1" } ] } }\npolicy: { strategy: weighted }\n',
      [
        'p: groq; openai-chat https://api.groq.com/openai/v1; main ^1, key-2 ×3 X-Org o through http://q:1',
        'policy: strategy weighted',
      ],
    ],
    [
      'one key of two is set',
      'providers: { p: { kind: groq, keys: [ "${A}", "${B}" ] } }\n',
      ['p: groq; openai-chat https://api.groq.com/openai/v1; key-2'],
      { env: { B: 'b' } },
    ],
    [
      'no key is set',
      'providers: { p: { kind: groq, keys: [ "${A}" ], models: [ m ] } }\nmodels: { n: p/m }\n',
      [
        'p: groq; openai-chat https://api.groq.com/openai/v1; no key; has m; off: no key: set A',
        'n → nobody; not p/m (no key: set A)',
      ],
    ],
    [
      'a key from a file',
      'providers: { p: { kind: groq, keys: [ "${file:key}" ] } }\n',
      ['p: groq; openai-chat https://api.groq.com/openai/v1; key-1', 'files: key'],
      { files: { key: 'k\n' } },
    ],
    [
      'disabled',
      'providers: { p: { kind: groq, keys: [ k ], disabled: true, models: [ m ] } }\nmodels: { n: p/m }\n',
      [
        'p: groq; openai-chat https://api.groq.com/openai/v1; key-1; has m; off: disabled in the file',
        'n → nobody; not p/m (disabled in the file)',
      ],
    ],
    [
      'models',
      'providers: { p: { kind: groq, keys: [ k ], models: [ a, { name: b-1, alias: b, context: 400k }, { name: c, thinking: [ low, high ] }, { name: d, thinking: [] } ] } }\n',
      [
        'p: groq; openai-chat https://api.groq.com/openai/v1; key-1; has a, b = b-1 400000, c thinks low high, d thinks never',
        'a → p/a',
        'b → p/b-1',
        'c → p/c',
        'd → p/d',
        'list: b, 400000',
      ],
    ],
    [
      'an alias for several',
      'providers: { p: { kind: groq, keys: [ k ], models: [ { name: x, alias: z }, { name: y, alias: z } ] } }\n',
      [
        'p: groq; openai-chat https://api.groq.com/openai/v1; key-1; has z = x, z = y',
        'z → p/x | p/y',
      ],
    ],
    [
      'some are hidden',
      'providers: { p: { kind: groq, keys: [ k ], models: [ a, a-audio-b, { name: c-audio-d, alias: e } ], exclude: [ "*-audio-*" ] } }\n',
      ['p: groq; openai-chat https://api.groq.com/openai/v1; key-1; has a', 'a → p/a'],
    ],
    [
      'a prefix',
      'providers: { p: { kind: groq, keys: [ k ], models: [ a ], prefix: work } }\nmodels: { m: p/a, n: work/a }\n',
      [
        'p: groq; openai-chat https://api.groq.com/openai/v1; key-1; has a; as work/…',
        'm → p/a',
        'n → p/a',
        'work/a → p/a',
      ],
    ],
    [
      'a prefix of two',
      'providers: { p: { kind: groq, keys: [ k ], models: [ a ], prefix: work }, q: { kind: xai, keys: [ k ], models: [ a, b ], prefix: work, priority: 1 } }\n',
      [
        'p: groq; openai-chat https://api.groq.com/openai/v1; key-1; has a; as work/…',
        'q: xai; openai-chat https://api.x.ai/v1; key-1; has a, b; priority 1; as work/…',
        'work/a → q/a, p/a',
        'work/b → q/b',
      ],
    ],
    [
      'headers',
      'providers: { p: { kind: groq, keys: [ k ], headers: { X-Team: infra, X-Trace: "$x-request-id" } } }\n',
      [
        'p: groq; openai-chat https://api.groq.com/openai/v1; key-1; X-Team infra, X-Trace $x-request-id',
      ],
    ],
    [
      'proxies',
      'providers: { p: { kind: groq, keys: [ k ] }, q: { kind: xai, keys: [ k ], proxy-url: direct, models: [ m ] } }\nserver: { proxy-url: "socks5://u:p@127.0.0.1:1080" }\n',
      [
        'p: groq; openai-chat https://api.groq.com/openai/v1; key-1; through socks5://u:p@127.0.0.1:1080',
        'q: xai; openai-chat https://api.x.ai/v1; key-1; has m; through direct',
        'm → q/m',
      ],
    ],
    [
      'timeouts',
      'providers: { p: { kind: groq, keys: [ k ], timeout: { connect: 500ms, idle: 5m, total: 1h } } }\n',
      [
        'p: groq; openai-chat https://api.groq.com/openai/v1; key-1; connectMs 500, idleMs 300000, totalMs 3600000',
      ],
    ],
    [
      'priorities',
      'providers: { p: { kind: groq, keys: [ k ], models: [ m ] }, q: { kind: xai, keys: [ k ], models: [ m ], priority: 1 }, r: { kind: mistral, keys: [ k ], models: [ m ], priority: 1 } }\n',
      [
        'p: groq; openai-chat https://api.groq.com/openai/v1; key-1; has m',
        'q: xai; openai-chat https://api.x.ai/v1; key-1; has m; priority 1',
        'r: mistral; openai-chat https://api.mistral.ai/v1; key-1; has m; priority 1',
        'm → q/m | r/m, p/m',
      ],
    ],
    [
      'anchors and merges',
      'providers:\n  p: &base { kind: openai-compatible, base-url: "http://p/v1", keys: [ k ], timeout: { idle: 5m }, models: [ a ] }\n  q: { <<: *base, base-url: "http://q/v1", models: [ b ] }\n',
      [
        'p: openai-compatible; openai-chat http://p/v1; key-1; has a; idleMs 300000',
        'q: openai-compatible; openai-chat http://q/v1; key-1; has b; idleMs 300000',
        'a → p/a',
        'b → q/b',
      ],
    ],
    [
      'the demo alone',
      'providers: { echo: { kind: echo, models: [ echo ] } }\n',
      [
        'echo: echo; openai-chat echo:, anthropic echo:, openai-responses echo:, gemini echo:; none; has echo 200000',
        'echo → echo/echo',
        'list: echo, 200000',
      ],
    ],
    [
      'the demo in company',
      'providers: { echo: { kind: echo, models: [ echo ] }, p: { kind: groq, keys: [ k ], models: [ m ] } }\nmodels: { n: [ echo/echo, p/m ] }\n',
      [
        'echo: echo; openai-chat echo:, anthropic echo:, openai-responses echo:, gemini echo:; none; has echo 200000',
        'p: groq; openai-chat https://api.groq.com/openai/v1; key-1; has m',
        'n → p/m; not echo/echo (echo does not stand in for a real provider)',
        'm → p/m',
      ],
    ],
    [
      'the demo stands in',
      'providers: { echo: { kind: echo, models: [ echo ] }, p: { kind: groq, keys: [ "${A}" ], models: [ m ] } }\nmodels: { n: [ p/m, echo/echo ] }\n',
      [
        'echo: echo; openai-chat echo:, anthropic echo:, openai-responses echo:, gemini echo:; none; has echo 200000',
        'p: groq; openai-chat https://api.groq.com/openai/v1; no key; has m; off: no key: set A',
        'n → echo/echo; not p/m (no key: set A)',
        'echo → echo/echo',
        'list: n, 200000',
        'list: echo, 200000',
      ],
    ],
  ],
  models: [
    ['a target', `${P}models: { m: a/x }\n`, ['m → a/x']],
    [
      'slashes and a scheme',
      `${P}models: { m: a/x/y, n: "b://x/y" }\n`,
      ['m → a/x/y', 'n → b/x/y'],
    ],
    [
      'a suffix',
      `${P}models: { m: a/x(high), n: b/y(8192), o: c/z(none) }\n`,
      ['m → a/x(high)', 'n → b/y(8192)', 'o → c/z(none)'],
    ],
    ['a list', `${P}models: { m: [ a/x, b/y ] }\n`, ['m → a/x, b/y']],
    ['a pool', `${P}models: { m: [ a/x, [ b/y, c/z ] ] }\n`, ['m → a/x, b/y | c/z']],
    [
      'a pool with weights',
      `${P}models: { m: { to: [ [ { target: a/x, weight: 3 }, b/y ] ], strategy: weighted } }\n`,
      ['m → a/x×3 | b/y [weighted]'],
    ],
    [
      'strategies',
      `${P}models: { m: { to: [ [ a/x, b/y ] ], strategy: fill-first }, n: { to: [ [ a/x, b/y ] ], strategy: least-latency } }\npolicy: { strategy: fill-first }\n`,
      [
        'm → a/x | b/y [fill-first]',
        'n → a/x | b/y [least-latency]',
        'policy: strategy fill-first',
      ],
    ],
    [
      'timeouts of targets',
      `${P}models: { m: [ { target: a/x, timeout: { first-byte: 20s } }, b/y ] }\n`,
      ['m → a/x {firstByteMs 20000}, b/y'],
    ],
    [
      'another model',
      `${P}models: { m: [ n, c/z ], n: [ a/x, [ b/y, c/y ] ] }\n`,
      ['m → a/x, b/y | c/y, c/z', 'n → a/x, b/y | c/y'],
    ],
    [
      'what is shown',
      `${P}models: { m: { to: a/x, description: The best, context: 200k }, n: a/y }\n`,
      ['m → a/x', 'n → a/y', 'list: m, 200000, The best'],
    ],
    [
      'what is changed',
      `${P}models: { m: { to: a/x, default: { temperature: 0.2 }, set: { metadata.team: core }, remove: [ top_k ] } }\n`,
      ['m → a/x; default temperature=0.2; set metadata.team="core"; remove top_k'],
    ],
    [
      'what is reported',
      `${P}models: { m: { to: a/x, report-model: served }, n: { to: a/x, report-model: asked } }\n`,
      ['m → a/x; reports what served', 'n → a/x'],
    ],
    [
      'a pattern',
      `${P}models: { "claude-*": a/anthropic/claude-* }\n`,
      ['claude-1 → a/anthropic/claude-1'],
    ],
    [
      'patterns of several stars',
      `${P}models: { "*-to-*": a/*/*, "x-*-*": b/* }\n`,
      ['1-to-2 → a/1/2', 'x-1-2 → b/1'],
    ],
    [
      'the longest pattern first',
      `${P}models: { "g*": a/x, "gpt-*": b/y, "gpt-5*": c/z }\n`,
      ['g1 → a/x', 'gpt-1 → b/y', 'gpt-51 → c/z'],
    ],
    [
      'before the catalogue',
      'providers: { a: { kind: groq, keys: [ k ], models: [ m, n ] } }\nmodels: { m: a/other }\n',
      [
        'a: groq; openai-chat https://api.groq.com/openai/v1; key-1; has m, n',
        'm → a/other',
        'n → a/n',
      ],
    ],
    [
      'a list that runs over one that is off',
      `${P}models: { m: [ off/x, a/y ], n: off/x }\n`,
      ['m → a/y; not off/x (no key: set NOPE)', 'n → nobody; not off/x (no key: set NOPE)'],
    ],
  ],
  'aliases and force': [
    [
      'an alias',
      `${P}models: { m: a/x }\naliases: { n: m, o: n, p: b/y }\n`,
      ['m → a/x', 'n → a/x', 'o → a/x', 'p → b/y'],
    ],
    [
      'an alias yields',
      'providers: { a: { kind: groq, keys: [ k ], models: [ m ] } }\naliases: { m: a/other }\n',
      ['a: groq; openai-chat https://api.groq.com/openai/v1; key-1; has m', 'm → a/m'],
    ],
    ['an alias with a list', `${P}aliases: { n: [ a/x, [ b/y, c/z ] ] }\n`, ['n → a/x, b/y | c/z']],
    [
      'an alias of a pattern',
      `${P}models: { "m-*": a/* }\naliases: { n: m-7 }\n`,
      ['m-1 → a/1', 'n → a/7'],
    ],
    [
      'a pattern of aliases',
      `${P}models: { big: a/x, small: b/y }\naliases: { "claude-*-haiku-*": small, "claude-*": big }\n`,
      ['big → a/x', 'small → b/y', 'claude-1-haiku-2 → b/y', 'claude-1 → a/x'],
    ],
    [
      'a pattern with its star',
      `${P}models: { m-1: a/x }\naliases: { "n-*": "m-*" }\n`,
      ['m-1 → a/x', 'n-1 → a/x'],
    ],
    [
      'an alias takes over what the model says',
      `${P}models: { m: { to: a/x, set: { user: u }, report-model: served } }\naliases: { n: m, o: { to: m, report-model: asked } }\n`,
      [
        'm → a/x; set user="u"; reports what served',
        'n → a/x; set user="u"; reports what served',
        'o → a/x; set user="u"',
      ],
    ],
    [
      'force',
      `${P}models: { m: a/x }\nforce: { m: b/y, fresh: c/z }\n`,
      ['m → b/y', 'fresh → c/z'],
    ],
    [
      'force over an address',
      `${P}force: { "a/*": b/* }\nmodels: { m: a/x }\n`,
      ['a/1 → b/1', 'm → a/x'],
    ],
    [
      'force once',
      `${P}models: { m: a/x, n: b/y }\nforce: { m: n, n: m }\n`,
      ['m → b/y', 'n → a/x'],
    ],
    ['force with a list', `${P}force: { m: [ a/x, [ b/y, c/z ] ] }\n`, ['m → a/x, b/y | c/z']],
    [
      'force with a suffix',
      `${P}models: { m: a/x, n: b/y(low) }\nforce: { f: m(high), g: n(high) }\n`,
      ['f → a/x(high)', 'g → b/y(low)', 'm → a/x', 'n → b/y(low)'],
    ],
  ],
  conditions: [
    [
      'force holds',
      `${P}force: { m: { to: b/y, when: { client: amp } } }\nmodels: { m: a/x }\n`,
      ['m → b/y'],
      {},
      { client: 'amp' },
    ],
    [
      'force does not hold',
      `${P}force: { m: { to: b/y, when: { client: amp } } }\nmodels: { m: a/x }\n`,
      ['m → a/x'],
      {},
      { client: 'codex' },
    ],
    [
      'an alias does not hold',
      `${P}aliases: { m: { to: b/y, when: { stream: true } }, "m*": a/x }\n`,
      ['m → a/x', 'm1 → a/x'],
      {},
      { stream: false },
    ],
    [
      'a step holds',
      `${P}models: { m: { to: [ { when: { input-tokens: ">180k" }, to: b/long }, a/x ] } }\n`,
      ['m → b/long, a/x'],
      {},
      { inputTokens: 200000 },
    ],
    [
      'a step does not hold',
      `${P}models: { m: { to: [ { when: { input-tokens: ">180k" }, to: b/long }, a/x ] } }\n`,
      ['m → a/x'],
      {},
      { inputTokens: 180000 },
    ],
    [
      'steps in steps',
      `${P}models: { m: [ { when: { client: amp }, to: [ { when: { images: true }, to: b/eyes }, b/y ] }, a/x ] }\n`,
      ['m → b/eyes, b/y, a/x'],
      {},
      { client: 'amp', images: true },
    ],
    [
      'no step holds',
      `${P}models: { m: [ { when: { thinking: true }, to: a/x } ] }\n`,
      ['m → nobody'],
    ],
    [
      'several conditions',
      `${P}models: { m: [ { when: { client: [ amp, codex ], protocol: openai-responses, tools: "web_*", header: { X-Team: "infra-*" }, hour: "22-6" }, to: b/y }, a/x ] }\n`,
      ['m → b/y, a/x'],
      {},
      {
        client: 'codex',
        protocol: 'openai-responses',
        tools: ['web_search'],
        headers: { 'x-team': 'infra-1' },
        hour: 3,
      },
    ],
  ],
  'the rest': [
    [
      'rules',
      'rules: [ { when: { model: "gpt-5*", protocol: openai-responses }, default: { reasoning.effort: high } }, { remove: top_k } ]\n',
      [
        'rule (model gpt-5*, protocol openai-responses): default reasoning.effort="high"',
        'rule: remove top_k',
      ],
    ],
    [
      'keys of callers',
      `${P}models: { m: a/x }\napi-keys: [ "\${KEY}", { name: alice, key: key-of-alice, models: [ m, "claude-*" ], limits: { requests-per-minute: 60, tokens-per-day: 2M, cost-per-day: 5 USD } } ]\n`,
      [
        'm → a/x',
        'key key-1',
        'key alice; m claude-*; requestsPerMinute 60, tokensPerDay 2000000, usdPerDay 5',
      ],
      { env: { KEY: 'key-of-all' } },
    ],
    [
      'server',
      'server: { host: 0.0.0.0, port: "${PORT:-9000}", body-limit: 10MB, shutdown-grace: 5s, open-to-all: true, origins: [ "http://localhost:3000" ] }\n',
      [
        'server: host 0.0.0.0, port 9000, openToAll true, origins ["http://localhost:3000"], bodyLimitBytes 10000000, shutdownGraceMs 5000',
      ],
    ],
    [
      'TLS',
      'server: { tls: { cert: "certs/cert.pem", key: /etc/key.pem } }\n',
      ['server: tls {"cert":"CERT","key":"KEY"}', 'files: certs/cert.pem, /etc/key.pem'],
      { files: { 'certs/cert.pem': 'CERT', '/etc/key.pem': 'KEY' } },
    ],
    [
      'policy',
      'policy: { request-retry: 1, max-retry-interval: 5s, strategy: fill-first, session-affinity: false, cooldown: { quota: upstream, transient: 5s, max: 10m }, keepalive: 0 }\n',
      [
        'policy: requestRetry 1, maxRetryIntervalMs 5000, strategy fill-first, cooldown {"transientMs":5000,"maxMs":600000}, sessionAffinityMs 0, keepaliveMs 0',
      ],
    ],
    [
      'logging',
      'logging: { level: debug, file: false, requests: off }\n',
      ['logging: level debug'],
    ],
    [
      'all defaults, written out',
      'version: 1\nserver: { host: 127.0.0.1, port: 8317, proxy-url: "", body-limit: 64MB, shutdown-grace: 30s }\npolicy: { request-retry: 3, max-retry-interval: 30s, strategy: round-robin, session-affinity: 1h, cooldown: { quota: upstream, transient: 60s, max: 30m }, keepalive: 15s }\nlogging: { level: info }\n',
      [],
    ],
    ['nothing', '', []],
  ],
}

for (const [title, cases] of Object.entries(CASES))
  describe(title, () => {
    for (const [name, file, table, machine, asked] of cases)
      test(name, () =>
        expect(rendered(file, machine, asked).slice(file.startsWith(P) ? THEIRS : 0)).toEqual(
          table,
        ),
      )
  })

describe('the shipped routes.yaml', () => {
  const text = readFileSync(join(import.meta.dir, '../../routes.yaml'), 'utf8')
  test.each<[Record<string, string>, string, string]>([
    [{}, 'coder', 'echo/echo'],
    [{}, 'claude-opus-5-5', 'echo/echo'],
    [{}, 'gpt-5', 'echo/echo'],
    [{ ANTHROPIC_API_KEY: 'k' }, 'coder', 'claude/claude-sonnet-4-5'],
    [{ ANTHROPIC_API_KEY: 'k' }, 'claude-opus-5', 'claude/claude-opus-5'],
    [{ ANTHROPIC_API_KEY: 'k' }, 'claude-unheard-of', 'claude/claude-sonnet-4-5'],
    [{ OPENAI_API_KEY: 'k' }, 'coder', 'openai/gpt-5.5'],
    [{ OPENAI_API_KEY: 'k' }, 'claude-haiku-4-5', 'openai/gpt-5.4-mini'],
    [{ GEMINI_API_KEY: 'k' }, 'fast', 'gemini/gemini-2.5-flash'],
    [{ OPENROUTER_API_KEY: 'k' }, 'coder', 'openrouter/anthropic/claude-sonnet-4.5'],
    [{ OLLAMA_BASE_URL: 'http://127.0.0.1:11434' }, 'coder', 'ollama/qwen3-coder'],
  ])('%j: %s', (env, asked, expected) =>
    expect(routeText(tableOf(text, { env }).resolve(asked))).toBe(expected),
  )
})
