import { describe, expect, test } from 'bun:test'
import { compileTable } from '../../src/config/index.ts'
import { planChanges, type RequestedBefore } from '../../src/gateway/plan.ts'
import { kinds } from '../../src/providers/index.ts'
import { whole } from '../support/routes.ts'

function table(text: string, env: Record<string, string> = {}) {
  const compiled = compileTable('routes.yaml', whole(text), { env, readFile: () => '', kinds })
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.diagnostics))
  return compiled.value
}

const PROVIDERS = `
providers:
  claude: { kind: anthropic-compatible, base-url: "http://c", keys: [ k ] }
  kimi: { kind: openai-compatible, base-url: "http://k/v1", keys: [ k ] }
`

function plan(now: string, next: string, before: RequestedBefore[] = []): string[] {
  return planChanges(table(PROVIDERS + now), table(PROVIDERS + next), before).map(
    ({ text }) => text,
  )
}

describe('what a new file would change', () => {
  test('nothing', () => {
    const same = 'models: { coder: claude/x }\n'
    expect(plan(same, same)).toEqual([])
  })

  test('names that move, come and go', () => {
    expect(
      plan(
        'models: { coder: claude/x, old: claude/y }\n',
        'models: { coder: [ kimi/k2, claude/x ], fresh: kimi/k2 }\n',
      ),
    ).toEqual([
      '"coder": claude/x → kimi/k2, then claude/x',
      '"old": claude/y → none',
      '"fresh": none → kimi/k2',
    ])
  })

  test('for whom, where it depends on who asks', () => {
    const keys =
      'api-keys: [ { name: alice, key: key-of-alice }, { name: bob, key: key-of-bob-0 } ]\n'
    const changes = plan(
      `${keys}models: { coder: claude/x }\n`,
      `${keys}models: { coder: { to: [ { when: { key: alice }, to: kimi/k2 }, claude/x ] } }\n`,
    )
    expect(changes).toEqual(['"coder" for key alice: claude/x → kimi/k2, then claude/x'])
  })

  test('what a key may ask for no longer', () => {
    const keys = (models: string) =>
      `api-keys: [ { name: alice, key: key-of-alice${models} }, { name: bob, key: key-of-bob-0 } ]\nmodels: { coder: claude/x, small: kimi/k2 }\n`
    expect(plan(keys(''), keys(', models: [ "co*" ]'))).toEqual([
      '"small" for key alice: kimi/k2 → none',
    ])
  })

  test('requests of one sort only', () => {
    const now = 'models: { coder: claude/x }\n'
    const steps = [
      '{ when: { input-tokens: ">180k" }, to: kimi/long }',
      '{ when: { images: true }, to: kimi/eyes }',
      '{ when: { stream: false }, to: kimi/whole }',
      'claude/x',
    ]
    expect(plan(now, `models: { coder: { to: [ ${steps.join(', ')} ] } }\n`)).toEqual([
      '"coder", long prompts: claude/x → kimi/long, then claude/x',
      '"coder", pictures: claude/x → kimi/eyes, then claude/x',
      '"coder", not streamed: claude/x → kimi/whole, then claude/x',
    ])
    // What changes for all of them is said once.
    expect(plan(now, 'models: { coder: kimi/k2 }\n')).toEqual(['"coder": claude/x → kimi/k2'])
  })

  test('names that are not in the file, but were asked for', () => {
    const before: RequestedBefore[] = [
      { model: 'claude-sonnet-9', key: 'local', client: 'claude-code' },
      { model: 'claude-sonnet-9', key: 'local', client: 'claude-code' },
    ]
    expect(plan('aliases: { "claude-*": claude/x }\n', '', before)).toEqual([
      '"claude-sonnet-9": claude/x → none',
    ])
  })

  test('providers and settings', () => {
    const now = table('providers: { a: { kind: openai, keys: [ "${A}" ] }, b: { kind: echo } }\n')
    const next = table(
      'server: { port: 9000 }\nproviders: { a: { kind: openai, keys: [ "${A}" ] }, c: { kind: echo } }\n',
      { A: 'k' },
    )
    const told = planChanges(now, next, []).map(({ text }) => text)
    expect(told).toContain('provider a is switched on')
    expect(told).toContain('provider c is new')
    expect(told).toContain('provider b is gone')
    expect(told).toContain('server.port: 8317 → 9000 (from the next start on)')
  })
})
