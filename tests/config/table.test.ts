import { describe, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { normaliseBaseUrl } from '../../src/config/base-url.ts'
import { compileTable } from '../../src/config/index.ts'
import { parseCount, parseDuration, parseSize } from '../../src/config/values.ts'
import { kinds } from '../../src/providers/index.ts'

const PROVIDERS = `
providers:
  a: { kind: openai-compatible, base-url: "http://a/v1", keys: [ k ], models: [ alpha, { name: up-beta, alias: beta }, shared ] }
  b: { kind: anthropic-compatible, base-url: "http://b", keys: [ k ], models: [ shared, "claude-x" ], priority: 1 }
  off: { kind: openai, keys: [ "\${NOPE}" ] }
  work: { kind: openai-compatible, base-url: "http://w/v1", keys: [ k ], models: [ hidden ], prefix: team }
  echo: { kind: echo }
`

function table(text: string, env: Record<string, string> = {}) {
  const compiled = compileTable('routes.yaml', text, { env, readFile: () => 'from-file\n', kinds })
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.diagnostics))
  return compiled.value
}

/** Steps as text: `a/x | b/y` shares the load; `,` falls back. */
function route(text: string, asked: string, env: Record<string, string> = {}): string {
  const resolution = table(text, env).resolve(asked)
  if (!resolution.found)
    return `not found${resolution.nearest.length > 0 ? `: ${resolution.nearest.join(' ')}` : ''}`
  return resolution.route.steps
    .map(step =>
      step.members
        .map(({ provider, model, reasoning, weight }) => {
          const thinking = reasoning
            ? `(${'effort' in reasoning ? reasoning.effort : reasoning.budgetTokens})`
            : ''
          return `${provider.id}/${model}${thinking}${weight === 1 ? '' : `*${weight}`}`
        })
        .join(' | '),
    )
    .join(', ')
}

describe('a name leads to its targets', () => {
  test.each<[string, string, string, string]>([
    ['a target', 'models: { m: a/x }', 'm', 'a/x'],
    ['slashes belong to the model', 'models: { m: a/x/y/z }', 'm', 'a/x/y/z'],
    ['a list falls back', 'models: { m: [ a/x, b/y ] }', 'm', 'a/x, b/y'],
    ['a list in a list shares', 'models: { m: [ a/x, [ b/y, a/z ] ] }', 'm', 'a/x, b/y | a/z'],
    ['the long form', 'models: { m: { to: [ a/x, b/y ], description: d } }', 'm', 'a/x, b/y'],
    [
      'weights',
      'models: { m: { strategy: weighted, to: [ [ { target: a/x, weight: 3 }, b/y ] ] } }',
      'm',
      'a/x*3 | b/y',
    ],
    ['another entry', 'models: { m: [ n, b/y ], n: [ a/x, a/z ] }', 'm', 'a/x, a/z, b/y'],
    ['an entry in a pool', 'models: { m: [ [ n, b/y ] ], n: a/x }', 'm', 'a/x | b/y'],
    ['1: a suffix', 'models: { m: a/x }', 'm(high)', 'a/x(high)'],
    ['1: a budget', 'models: { m: a/x }', 'm(8192)', 'a/x(8192)'],
    ['1: none', 'models: { m: a/x }', 'm(none)', 'a/x(none)'],
    ['1: zero is none', 'models: { m: a/x }', 'm(0)', 'a/x(none)'],
    ['1: auto', 'models: { m: a/x }', 'm(auto)', 'a/x(auto)'],
    ['1: nonsense is taken off', 'models: { m: a/x }', 'm(very)', 'a/x'],
    ['1: the suffix of the target wins', 'models: { m: a/x(low) }', 'm(high)', 'a/x(low)'],
    ['1: through an alias', 'models: { m: a/x }\naliases: { n: m }', 'n(high)', 'a/x(high)'],
    ['2: force overrides a model', 'models: { m: a/x }\nforce: { m: b/y }', 'm', 'b/y'],
    ['2: force overrides an address', 'force: { "a/*": b/forced }', 'a/x', 'b/forced'],
    ['2: force overrides a catalogue', 'force: { alpha: b/y }', 'alpha', 'b/y'],
    ['2: at most once', 'models: { m: a/x }\nforce: { m: m }', 'm', 'a/x'],
    ['2: exact before glob', 'force: { "m*": b/glob, mm: b/exact }', 'mm', 'b/exact'],
    [
      '2: longer literal before shorter',
      'force: { "m*": b/short, "mmm*": b/long }',
      'mmmm',
      'b/long',
    ],
    ['2: then file order', 'force: { "m*x": b/first, "mx*": b/second }', 'mxmx', 'b/first'],
    ['3: an address', 'models: { m: a/x }', 'b/anything', 'b/anything'],
    ['3: with a scheme', 'models: { m: a/x }', 'b://any/thing', 'b/any/thing'],
    ['3: an alias of the provider', 'models: { m: a/x }', 'a/beta', 'a/up-beta'],
    ['3: a prefix', 'models: { m: a/x }', 'team/hidden', 'work/hidden'],
    ['4: models before the catalogue', 'models: { alpha: b/y }', 'alpha', 'b/y'],
    ['5: the catalogue', '', 'alpha', 'a/alpha'],
    ['5: an alias in it', '', 'beta', 'a/up-beta'],
    ['5: several providers, by priority', '', 'shared', 'b/shared, a/shared'],
    ['5: a prefixed model has no bare name', '', 'hidden', 'not found'],
    ['6: an alias', 'aliases: { n: a/x }', 'n', 'a/x'],
    ['6: an alias of an alias', 'aliases: { n: o, o: a/x }', 'n', 'a/x'],
    ['6: an alias yields to the catalogue', 'aliases: { alpha: b/y }', 'alpha', 'a/alpha'],
    [
      '6: an exact alias beats a models pattern',
      'models: { "n*": b/glob }\naliases: { nn: a/exact }',
      'nn',
      'a/exact',
    ],
    ['7: a models pattern', 'models: { "claude-*": a/x }', 'claude-7', 'a/x'],
    [
      '7: a star is carried over',
      'models: { "claude-*": a/anthropic/claude-* }',
      'claude-7',
      'a/anthropic/claude-7',
    ],
    ['7: stars in order', 'models: { "*-to-*": "a/*/*" }', 'x-to-y', 'a/x/y'],
    [
      '7: before alias patterns',
      'models: { "c*": a/model }\naliases: { "cc*": b/alias }',
      'ccc',
      'a/model',
    ],
    ['8: an alias pattern', 'aliases: { "gpt-*": beta }', 'gpt-9', 'a/up-beta'],
    ['9: not found', '', 'zzzzzzz', 'not found'],
    [
      '9: the nearest names',
      'models: { coder: a/x, codex: a/y }',
      'codr',
      'not found: coder codex',
    ],
    ['names are case-sensitive', 'models: { Coder: a/x }', 'coder', 'not found: Coder'],
    ['whom nobody pays for is left out', 'models: { m: [ off/x, a/y ] }', 'm', 'a/y'],
    ['nobody at all', 'models: { m: off/x }', 'm', ''],
    ['echo gives way to a real provider', 'models: { m: [ echo/echo, a/x ] }', 'm', 'a/x'],
    ['echo by its name', 'models: { m: echo/echo }', 'm', 'echo/echo'],
    ['echo by address', '', 'echo/echo', 'echo/echo'],
    [
      'dots and brackets in patterns are plain',
      'models: { "gpt-4.1*": a/x }',
      'gpt-401',
      'not found: gpt-4.1*',
    ],
  ])('%s', (_, yaml, asked, expected) => {
    const got = route(`${PROVIDERS}${yaml}\n`, asked)
    expect(
      got.startsWith('not found') && expected.startsWith('not found') && !expected.includes(':')
        ? 'not found'
        : got.replace(': gpt-4.1*', ''),
    ).toBe(expected.replace(': gpt-4.1*', ''))
  })

  test('echo stands in while no real provider can be used', () => {
    const yaml =
      'providers: { echo: { kind: echo }, off: { kind: openai, keys: [ "${NOPE}" ] } }\nmodels: { m: [ off/x, echo/echo ] }\n'
    expect(route(yaml, 'm')).toBe('echo/echo')
    expect(route(yaml, 'm', { NOPE: 'k' })).toBe('off/x')
  })

  test('why somebody is passed over', () => {
    const resolution = table(`${PROVIDERS}models: { m: [ off/x, echo/echo, a/y ] }\n`).resolve('m')
    expect(resolution.found && resolution.route.passedOver).toEqual([
      { target: 'off/x', reason: 'no key: set NOPE', at: { line: 5, column: 3 } },
      {
        target: 'echo/echo',
        reason: 'echo does not stand in for a real provider',
        at: { line: 7, column: 3 },
      },
    ])
  })
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
  ])('%j: %s', (env, asked, expected) => expect(route(text, asked, env)).toBe(expected))
})

test('interpolation fills in values, defaults and files', () => {
  const { apiKeys, server } = table(
    'api-keys: [ "${KEY}", "${file:k.txt}" ]\nserver: { host: "${HOST:-127.0.0.2}" }\n',
    { KEY: ' spaced-key ' },
  )
  expect(apiKeys.map(({ key }) => key)).toEqual(['spaced-key', 'from-file'])
  expect(server.host).toBe('127.0.0.2')
})

describe('a base URL is understood as people write it', () => {
  test.each([
    ['openai-chat', 'https://x/v1', 'https://x/v1'],
    ['openai-chat', 'https://x/v1/', 'https://x/v1'],
    ['openai-chat', 'https://x', 'https://x/v1'],
    ['openai-chat', 'https://x/v1/v1', 'https://x/v1'],
    ['openai-chat', 'https://x/v1/chat/completions', 'https://x/v1'],
    ['openai-chat', 'https://x/api/paas/v4/chat/completions/', 'https://x/api/paas/v4'],
    ['openai-chat', 'https://x/openai/deployments/gpt-5', 'https://x/openai/deployments/gpt-5'],
    ['anthropic', 'https://x', 'https://x'],
    ['anthropic', 'https://x/v1', 'https://x'],
    ['anthropic', 'https://x/v1/messages', 'https://x'],
    ['anthropic', 'https://x/api/anthropic/', 'https://x/api/anthropic'],
    ['gemini', 'https://x/v1beta/models', 'https://x'],
  ] as const)('%s %s', (protocol, written, expected) =>
    expect(normaliseBaseUrl(written, protocol)?.baseUrl).toBe(expected),
  )
  test('a query is kept apart', () =>
    expect(normaliseBaseUrl('https://x/v1?a=b', 'openai-chat')).toEqual({
      baseUrl: 'https://x/v1',
      query: 'a=b',
    }))
})

describe('values', () => {
  test.each([
    ['250ms', 250],
    ['30s', 30_000],
    ['5m', 300_000],
    ['1h', 3_600_000],
    [0, 0],
    ['30', undefined],
    ['', undefined],
  ])('duration %p', (value, expected) => expect(parseDuration(value)).toBe(expected))
  test.each([
    ['64kB', 64_000],
    ['10MB', 10_000_000],
    [12, 12],
    ['big', undefined],
  ])('size %p', (value, expected) => expect(parseSize(value)).toBe(expected))
  test.each([
    ['200k', 200_000],
    ['2M', 2_000_000],
    ['7', 7],
    ['x', undefined],
  ])('count %p', (value, expected) => expect(parseCount(value)).toBe(expected))
})
