import { describe, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { compileTable } from '../src/config/index.ts'
import { importConfig } from '../src/import/index.ts'
import { kinds } from '../src/providers/index.ts'
import { localGateway } from './support/local-gateway.ts'
import { whole } from './support/routes.ts'

/** The files that the README shows, in their order, do what it says of them. */

const README = readFileSync(join(import.meta.dir, '../README.md'), 'utf8')
const [SOLO = '', CONDITIONS = '', FACTS = '', TEAM = '', CLI_PROXY_API = '', ...OTHERS] = [
  ...README.matchAll(/```yaml\n(.*?)```/gs),
].map(([, text]) => text ?? '')

const ENV = {
  ANTHROPIC_API_KEY: 'sk-ant-ours',
  ANTHROPIC_SPARE_KEY: 'sk-ant-spare',
  OPENROUTER_API_KEY: 'sk-or',
  ALICE_KEY: 'alice-key',
  BOB_KEY: 'bob-key',
  BUILD_KEY: 'build-key',
}
const ASK = { max_tokens: 9, messages: [{ role: 'user', content: 'hi' }] }

function compiled(text: string, env: Record<string, string> = ENV) {
  const result = compileTable('routes.yaml', whole(text), { env, readFile: () => '', kinds })
  if (!result.ok) throw new Error(result.diagnostics.map(one => one.message).join('\n'))
  expect(result.warnings.map(one => one.message)).toEqual([])
  return result.value
}

const USED = { input_tokens: 1_500_000, output_tokens: 600_000 }

function answered(model: string, usage: object = USED): Response {
  return Response.json({
    id: 'msg',
    type: 'message',
    role: 'assistant',
    model,
    content: [{ type: 'text', text: 'ok' }],
    stop_reason: 'end_turn',
    usage,
  })
}

function chatAnswered(model: string): Response {
  const message = { role: 'assistant', content: 'ok' }
  return Response.json({ id: 'c', model, choices: [{ index: 0, message, finish_reason: 'stop' }] })
}

test('there are five files, and each is tested here', () => {
  expect([SOLO, CONDITIONS, FACTS, TEAM, CLI_PROXY_API].every(text => text !== '')).toBe(true)
  expect(OTHERS).toEqual([])
})

describe('a solo developer', () => {
  test('is served by the first, and by the second when that cannot', async () => {
    let limited = false
    const gateway = localGateway(
      SOLO,
      ({ url }) => {
        if (!url.includes('anthropic')) return chatAnswered('glm')
        return limited
          ? Response.json({ type: 'error', error: { message: 'no' } }, { status: 429 })
          : answered('claude')
      },
      ENV,
    )
    const provider = async () =>
      (await gateway.call('/v1/messages', { json: { ...ASK, model: 'coder' } })).headers.get(
        'x-jackfield-provider',
      )
    expect(await provider()).toBe('claude/claude-sonnet-4-5')
    limited = true
    expect(await provider()).toBe('openrouter/z-ai/glm-4.6')
  })

  test('with one key only is served by whom it belongs to', () => {
    const { ANTHROPIC_API_KEY: _, ...others } = ENV
    const result = compileTable('routes.yaml', SOLO, { env: others, readFile: () => '', kinds })
    expect(result.ok).toBe(true)
  })
})

test('conditions, defaults and rules compile with the providers they name', () => {
  const providers = `version: 1
providers:
  claude: { kind: anthropic, keys: [ k ] }
  gemini: { kind: gemini, keys: [ k ] }
  openrouter: { kind: openrouter, keys: [ k ] }
`
  expect(compiled(`${providers}${CONDITIONS}`).listed.map(({ id }) => id)).toContain('smart')
})

test('what the file says of a model is known of it', () => {
  const { providers } = compiled(FACTS)
  expect(providers.get('local')?.models).toMatchObject([
    { name: 'qwen3-coder', contextTokens: 32_000, lacks: ['images'] },
    { name: 'glm-4.6', price: { input: 0.6, output: 2.2, cacheRead: 0.11 } },
  ])
})

describe('a team', () => {
  const team = () =>
    localGateway(
      TEAM,
      ({ url }) => (url.includes('anthropic') ? answered('claude') : chatAnswered('glm')),
      ENV,
    )
  const asking =
    (gateway: ReturnType<typeof team>) =>
    async (key: string, model: string): Promise<Response> =>
      gateway.call('/v1/messages', { json: { ...ASK, model }, headers: { 'x-api-key': key } })

  test('compiles without a warning', () => {
    compiled(TEAM)
  })

  test('knows its members', async () => {
    const ask = asking(team())
    expect((await ask('nobody', 'coder')).status).toBe(401)
    expect((await ask('alice-key', 'quick')).status).toBe(200)
    expect((await ask('bob-key', 'quick')).status).toBe(403)
  })

  test('gives the build machine the small model, whatever it asks for, thirty times a minute', async () => {
    const ask = asking(team())
    for (let at = 0; at < 30; at++) {
      const response = await ask('build-key', 'coder')
      expect(response.headers.get('x-jackfield-provider')).toBe('openrouter/z-ai/glm-4.6')
    }
    const refused = await ask('build-key', 'coder')
    expect(refused.status).toBe(429)
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await ask('alice-key', 'coder')).status).toBe(200)
  })

  test.each([
    ['two million tokens', { input_tokens: 2_000_000, output_tokens: 10 }, '2000000 tokens a day'],
    ['five dollars', { input_tokens: 1_000_000, output_tokens: 200_000 }, '5 USD a day'],
  ])('holds bob to %s a day', async (_, usage, limit) => {
    // The dollars are those of Claude Sonnet: 3 and 15 for a million.
    const gateway = localGateway(TEAM, () => answered('claude', usage), ENV)
    const ask = asking(gateway)
    const first = await ask('bob-key', 'coder')
    expect(first.status).toBe(200)
    await first.text()
    const refused = await ask('bob-key', 'coder')
    expect(refused.status).toBe(429)
    expect(await refused.text()).toContain(limit)
  })

  test('uses the spare key only while the other one cools down', async () => {
    let limited = false
    const gateway = localGateway(
      TEAM,
      ({ headers }) =>
        limited && headers.get('x-api-key') === 'sk-ant-ours'
          ? Response.json({ type: 'error', error: { message: 'no' } }, { status: 429 })
          : answered('claude'),
      ENV,
    )
    const ask = asking(gateway)
    for (let at = 0; at < 3; at++) await ask('alice-key', 'coder')
    limited = true
    await ask('alice-key', 'coder')
    expect(gateway.received.map(({ headers }) => headers.get('x-api-key'))).toEqual([
      'sk-ant-ours',
      'sk-ant-ours',
      'sk-ant-ours',
      'sk-ant-ours',
      'sk-ant-spare',
    ])
  })
})

test('someone who moves in from CLIProxyAPI keeps the key, the port and the names', () => {
  const imported = importConfig('config.yaml', CLI_PROXY_API, {
    env: {},
    readFile: () => '',
    kinds,
    folders: ['/'],
    home: '/',
    filesIn: () => [],
    newKey: () => 'jf-x',
  })
  if (!imported.ok) throw new Error(imported.problem)
  const table = compiled(imported.text, {})
  expect(table.server.port).toBe(8317)
  const kimi = table.resolve('kimi')
  expect(kimi.found && kimi.route.steps[0]?.members[0]?.model).toBe('moonshotai/kimi-k2')
  expect(imported.text).toContain('laptop-key-0001')
})
