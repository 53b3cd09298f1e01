import { describe, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { compileTable, formatDiagnostic } from '../../src/config/index.ts'
import type { UpstreamModel } from '../../src/protocols/codec.ts'
import { kinds } from '../../src/providers/index.ts'
import type { DiscoveredModel } from '../../src/routing/discovered-models.ts'
import { whole } from '../support/routes.ts'

const SINCE = Date.UTC(2026, 10, 21)

function found(models: readonly (string | UpstreamModel)[]): DiscoveredModel[] {
  return models.map(model => ({
    ...(typeof model === 'string' ? { name: model } : model),
    discoveredAtMs: SINCE,
  }))
}

/** Compiles with the same list for every provider; none: no list is known yet. */
function compiled(
  text: string,
  list?: readonly (string | UpstreamModel)[],
  env: Record<string, string> = {},
) {
  return compileTable('routes.yaml', whole(text), {
    env,
    readFile: () => '',
    kinds,
    discovered: () => list && found(list),
  })
}

function table(...args: Parameters<typeof compiled>) {
  const result = compiled(...args)
  if (!result.ok) throw new Error(result.diagnostics.map(formatDiagnostic).join('\n'))
  return result.value
}

function told(...args: Parameters<typeof compiled>): string[] {
  const result = compiled(...args)
  return (result.ok ? result.warnings : result.diagnostics).map(formatDiagnostic)
}

const listed = (...args: Parameters<typeof compiled>): string[] =>
  table(...args).listed.map(({ id }) => id)

function first(asked: string, ...args: Parameters<typeof compiled>): string | undefined {
  const resolution = table(...args).resolve(asked)
  const target = resolution.found ? resolution.route.steps[0]?.members[0] : undefined
  return target && `${target.provider.id}/${target.model}`
}

const provider = (more: string, id = 'a'): string =>
  `providers: { ${id}: { kind: openai-compatible, base-url: "http://a.test/v1", keys: [ k ]${more} } }\n`

describe('which models a provider has', () => {
  test.each<[string, string, string[] | undefined, string[]]>([
    ['none while its list is not known', '', undefined, []],
    ['those that its upstream lists', '', ['x', 'y/z'], ['x', 'y/z']],
    ['none where the upstream has none', '', [], []],
    ['those of the file alone', ', models: [ m ]', ['x'], ['m']],
    [
      'those of the file, then the others, where it says discover',
      ', models: [ m, { name: x, alias: mine } ], discover: true',
      ['a', 'x', 'm'],
      ['m', 'mine', 'a'],
    ],
    ['none where it says not to', ', discover: false', ['x'], []],
    ['less what is excluded', ', exclude: [ "*-audio" ]', ['x', 'x-audio'], ['x']],
    ['with its prefix', ', prefix: work', ['x'], ['work/x']],
    ['none while it is off', ', disabled: true', ['x'], []],
  ])('%s', (_, more, list, expected) => expect(listed(provider(more), list)).toEqual(expected))

  test('what the file says of a model goes before what the list tells', () => {
    const text = provider(', models: [ { name: x, context: 8k }, y ], discover: true')
    const list = [
      { name: 'x', contextTokens: 1_000, maxOutputTokens: 500 },
      { name: 'y', contextTokens: 2_000 },
    ]
    expect(table(text, list).listed).toMatchObject([
      { id: 'x', contextTokens: 8_000, maxOutputTokens: 500 },
      { id: 'y', contextTokens: 2_000 },
    ])
  })

  test('a name like the address of another provider is listed as an address', () => {
    const text =
      'providers:\n  openai: { kind: openai, keys: [ "${NONE}" ] }\n  or: { kind: openrouter, keys: [ k ] }\n'
    const list = ['openai/gpt-5.5', 'z-ai/glm-4.6']
    expect(listed(text, list)).toEqual(['or/openai/gpt-5.5', 'z-ai/glm-4.6'])
    expect(first('or/openai/gpt-5.5', text, list)).toBe('or/openai/gpt-5.5')
  })
})

describe('a kind’s own models and the discovered ones', () => {
  const claude = 'providers: { claude: { kind: anthropic, keys: [ k ] } }\n'

  test('its own serve until a list is known, and where one has nothing', () => {
    expect(listed(claude)).toContain('claude-opus-5')
    expect(listed(claude, [])).toContain('claude-opus-5')
  })

  test('the list takes their place; undated names stay beside dated ones', () => {
    expect(listed(claude, ['claude-new', 'claude-sonnet-4-5-20250929'])).toEqual([
      'claude-sonnet-4-5',
      'claude-new',
      'claude-sonnet-4-5-20250929',
    ])
  })

  test('what the list tells goes before what the kind knows', () => {
    const { listed } = table(claude, [
      { name: 'claude-opus-4-6' },
      { name: 'claude-sonnet-4-6', contextTokens: 1_000_000 },
    ])
    expect(listed).toMatchObject([
      { id: 'claude-opus-4-6', contextTokens: 1_000_000, maxOutputTokens: 128_000 },
      { id: 'claude-sonnet-4-6', contextTokens: 1_000_000, maxOutputTokens: 64_000 },
    ])
  })
})

describe('a discovered name', () => {
  const aliased = `${provider('')}models: { m: a/declared }\naliases: { x: m }\nforce: { y: m }\n`

  test('beats an alias, which is told, and neither models nor force', () => {
    expect(first('x', aliased, [])).toBe('a/declared')
    expect(first('x', aliased, ['x'])).toBe('a/x')
    expect(first('m', aliased, ['m'])).toBe('a/declared')
    expect(first('y', aliased, ['y'])).toBe('a/declared')
    expect(told(aliased, ['x', 'm', 'y'])).toEqual([
      "routes.yaml:3:12: aliases.x: never reached; a's own model of that name (line 1) takes it first (take one of the two out)",
    ])
  })

  test('says so when it is explained', () => {
    const verdicts = (...args: Parameters<typeof compiled>): string[] =>
      table(...args)
        .resolve('x')
        .trace.map(({ rule, verdict }) => `${rule}: ${verdict}`)
    expect(verdicts(provider(''), ['x'])).toContain(
      '5 catalogue: listed by a (discovered 2026-11-21)',
    )
    expect(verdicts(provider(', models: [ x ]'))).toContain('5 catalogue: listed by a')
  })

  test('is not found where it is not listed any more', () => {
    expect(table(provider(''), ['x']).resolve('y').found).toBe(false)
  })
})

describe('what an upstream lists never makes a file wrong', () => {
  test('a destination names whose model it is, listed or not', () => {
    const bare = `${provider('')}models: { m: vendor/y }\n`
    expect(told(bare)).toEqual([
      'routes.yaml:2:14: models.m: no provider named "vendor" (declared: a)',
    ])
    expect(told(bare, ['vendor/y'])).toEqual([
      'routes.yaml:2:14: models.m: no provider named "vendor" (a lists it: write a/vendor/y)',
    ])
    expect(told(`${provider('')}models: { m: x }\n`, ['x'])).toEqual([
      'routes.yaml:2:14: models.m: no model or alias named "x" (a lists it: write a/x)',
    ])
    expect(told(`${provider('')}models: { m: a/x }\n`, [])).toEqual([])
  })

  test('a model of the kind that is listed no more is a warning', () => {
    const text = 'providers: { o: { kind: openai, keys: [ k ] } }\nmodels: { m: gpt-4o }\n'
    expect(told(text)).toEqual([])
    expect(told(text, ['gpt-4o'])).toEqual([])
    expect(told(text, ['gpt-9'])).toEqual([
      'routes.yaml:2:14: models.m: no provider lists "gpt-4o" any more (name a model that one has, or write provider/model)',
    ])
  })

  test('aliases in a circle are wrong, listed or not', () => {
    const circle = `${provider('')}aliases: { x: y, y: x }\n`
    for (const list of [undefined, ['x'], ['y']])
      expect(told(circle, list).join()).toContain('leads back to itself')
  })

  test('a test of the file waits for the list that it is about', () => {
    const tested = `${provider('')}tests: [ { ask: x, expect: a/x } ]\n`
    expect(told(tested)).toEqual([
      'routes.yaml:2:10: tests[0]: not tested: what models a has is not known yet (try again when it was reached once)',
    ])
    expect(told(tested, ['x'])).toEqual([])
    expect(compiled(tested, ['y']).ok).toBe(false)
  })
})

describe('discover where there is nothing to discover', () => {
  test.each([
    ['azure-openai', 'kind: azure-openai, base-url: "http://a.test/openai/v1", keys: [ k ]'],
    ['vertex', 'kind: vertex, keys: [ k ]'],
    ['echo', 'kind: echo'],
  ])('%s: nobody is asked, and an explicit wish is told', (kind, entry) => {
    const text = `providers: { a: { ${entry} } }\n`
    expect(table(text, ['x']).providers.get('a')?.discovery).toBeUndefined()
    expect(told(text, ['x'])).toEqual([])
    expect(told(text.replace(' } }', ', discover: true } }'), ['x']).join()).toContain(
      `kind "${kind}" has no list of models to ask for (write them down: models: [ … ], and take discover out)`,
    )
  })
})

test('the built-in file asks no upstream while no key is set', () => {
  const builtin = readFileSync(join(import.meta.dir, '../../routes.yaml'), 'utf8')
  const asked = (env: Record<string, string>) =>
    [...table(builtin, undefined, env).providers.values()]
      .filter(({ discovery }) => discovery)
      .map(({ id }) => id)
  expect(asked({})).toEqual([])
  expect(asked({ OPENROUTER_API_KEY: 'k' })).toEqual(['openrouter'])
})

describe('the identity of a list', () => {
  const identity = (text: string): string | undefined =>
    table(text).providers.get('a')?.discovery?.identity
  const plain = identity(provider(''))

  test.each([
    ['another address', provider('').replace('a.test', 'b.test')],
    ['another key', provider('').replace('[ k ]', '[ l ]')],
    ['another proxy', provider(', proxy-url: "http://proxy.test:1"')],
    ['other headers', provider(', headers: { x-team: a }')],
    ['another kind', provider('').replace('openai-compatible', 'vllm')],
  ])('%s: another list', (_, text) => {
    expect(identity(text)).toBeString()
    expect(identity(text)).not.toBe(plain)
  })

  test.each([
    ['a further key', provider('').replace('[ k ]', '[ k, l ]')],
    ['what is hidden of it', provider(', exclude: [ x ], prefix: p')],
    ['how long to wait', provider(', timeout: { idle: 1s }')],
  ])('%s: the same list', (_, text) => expect(identity(text)).toBe(plain))

  test('no secret shows', () => {
    expect(identity(provider('').replace('[ k ]', '[ hidden-secret ]'))).toMatch(/^[0-9a-f]{64}$/)
  })
})
