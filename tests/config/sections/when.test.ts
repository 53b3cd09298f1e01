import { describe, expect, test } from 'bun:test'
import { compileTable } from '../../../src/config/index.ts'
import { kinds } from '../../../src/providers/index.ts'
import { type SampleFacts, sampleFacts } from '../../../src/routing/facts.ts'
import { whole } from '../../support/routes.ts'

const PROVIDERS = `
providers:
  a: { kind: openai-compatible, base-url: "http://a/v1", keys: [ k ], models: [ real ], discover: true }
  b: { kind: openai-compatible, base-url: "http://b/v1", keys: [ k ] }
`

function table(text: string) {
  const compiled = compileTable('routes.yaml', whole(`${PROVIDERS}${text}`), {
    env: {},
    readFile: () => '',
    kinds,
  })
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.diagnostics))
  return compiled.value
}

function route(text: string, asked: string, given: Partial<SampleFacts> = {}): string {
  const resolution = table(text).resolve(asked, sampleFacts(asked, given))
  if (!resolution.found) return 'not found'
  return resolution.route.steps
    .map(step => step.members.map(({ provider, model }) => `${provider.id}/${model}`).join(' | '))
    .join(', ')
}

const SMART = `
models:
  smart:
    to:
      - when: { input-tokens: ">180k" }
        to: b/long
      - when: { thinking: true }
        to: b/thinker
      - to: [ a/first, a/second ]
`

/** Each condition, a request for which it holds, and one for which it does not. */
const CONDITIONS: readonly (readonly [
  when: string,
  holds: Partial<SampleFacts>,
  not: Partial<SampleFacts>,
])[] = [
  ['client: amp', { client: 'amp' }, { client: 'codex' }],
  ['client: [ amp, codex ]', { client: 'codex' }, { client: 'other' }],
  ['protocol: gemini', { protocol: 'gemini' }, { protocol: 'anthropic' }],
  ['key: alice', { key: 'alice' }, { key: 'bob' }],
  [
    'header: { x-team: "infra-*" }',
    { headers: { 'x-team': 'infra-7' } },
    { headers: { 'x-team': 'web' } },
  ],
  ['header: { X-Team: "*" }', { headers: { 'x-team': 'any' } }, {}],
  ['input-tokens: ">180k"', { inputTokens: 180_001 }, { inputTokens: 180_000 }],
  ['input-tokens: "<=4k"', { inputTokens: 4_000 }, { inputTokens: 4_001 }],
  ['thinking: true', { thinking: true }, { thinking: false }],
  ['images: false', { images: false }, { images: true }],
  ['stream: true', { stream: true }, { stream: false }],
  ['tools: web_search', { tools: ['Bash', 'web_search'] }, { tools: ['Bash'] }],
  ['tools: [ "mcp__*" ]', { tools: ['mcp__a'] }, {}],
  ['hour: "22-6"', { hour: 23 }, { hour: 6 }],
  ['hour: "9-17"', { hour: 9 }, { hour: 17 }],
  ['hour: 3', { hour: 3 }, { hour: 4 }],
  ['client: amp, stream: true', { client: 'amp', stream: true }, { client: 'amp', stream: false }],
]

describe('conditions', () => {
  for (const [when, holds, not] of CONDITIONS)
    test(when, () => {
      const text = `force: { x: { to: b/forced, when: { ${when} } } }\naliases: { x: a/plain }\n`
      expect(route(text, 'x', holds)).toBe('b/forced')
      expect(route(text, 'x', not)).toBe('a/plain')
    })

  test('on a model’s name', () => {
    const text = `force: { "*": { to: b/forced, when: { model: [ "gpt-*", "o3" ] } } }\naliases: { "*": a/plain }\n`
    expect(route(text, 'gpt-5')).toBe('b/forced')
    expect(route(text, 'o3')).toBe('b/forced')
    expect(route(text, 'o4')).toBe('a/plain')
  })

  test('on the steps of a model', () => {
    expect(route(SMART, 'smart')).toBe('a/first, a/second')
    expect(route(SMART, 'smart', { thinking: true })).toBe('b/thinker, a/first, a/second')
    expect(route(SMART, 'smart', { inputTokens: 200_000 })).toBe('b/long, a/first, a/second')
  })

  test('a step in a step is bound by both', () => {
    const text = `models: { m: { to: [ { when: { client: amp }, to: [ { when: { stream: true }, to: b/x } ] }, a/y ] } }\n`
    expect(route(text, 'm', { client: 'amp', stream: true })).toBe('b/x, a/y')
    expect(route(text, 'm', { client: 'amp', stream: false })).toBe('a/y')
    expect(route(text, 'm', { client: 'other', stream: true })).toBe('a/y')
  })

  test('that do not hold let the next entry have the name', () => {
    const text = `
force:
  "gpt-5*": { to: b/one, when: { client: amp } }
  "gpt-*": { to: b/two, when: { client: codex } }
aliases: { "gpt-*": a/three }
`
    expect(route(text, 'gpt-5', { client: 'amp' })).toBe('b/one')
    expect(route(text, 'gpt-5', { client: 'codex' })).toBe('b/two')
    expect(route(text, 'gpt-5', { client: 'other' })).toBe('a/three')
  })

  test('are asked of every request, not once for a name', () => {
    const { resolve } = table(
      'force: { x: { to: b/forced, when: { client: amp } } }\naliases: { x: a/plain }\n',
    )
    const first = (client: 'amp' | 'other'): string | undefined => {
      const found = resolve('x', sampleFacts('x', { client }))
      return found.found ? found.route.steps[0]?.members[0]?.provider.id : undefined
    }
    expect([first('amp'), first('other'), first('amp')]).toEqual(['b', 'a', 'b'])
    // A route that depends on no condition is the very same every time.
    expect(resolve('real', sampleFacts('real'))).toBe(
      resolve('real', sampleFacts('real', { client: 'amp' })),
    )
  })

  test('never make another entry unreachable in the eyes of the check', () => {
    expect(table('force: { real: { to: b/x, when: { client: amp } } }\n').warnings).toEqual([])
    expect(
      table('force: { "*": { to: b/x, when: { client: amp } } }\naliases: { y: a/z }\n').warnings,
    ).toEqual([])
  })

  test('can be part of the file’s own tests', () => {
    const text = `
force: { x: { to: b/forced, when: { client: amp } } }
aliases: { x: a/plain }
tests:
  - { ask: x, client: amp, expect: b/forced }
  - { ask: x, expect: a/plain }
`
    expect(table(text).warnings).toEqual([])
    const wrong = compileTable(
      'routes.yaml',
      `${PROVIDERS}${text}  - { ask: x, client: codex, expect: b/forced }\n`,
      {
        env: {},
        readFile: () => '',
        kinds,
      },
    )
    expect(wrong.ok).toBe(false)
  })
})
