import { describe, expect, test } from 'bun:test'
import { detectClient } from '../../src/exchange/facts.ts'
import type { JsonObject } from '../../src/lib/json/json.ts'
import { createMemoryState } from '../../src/store/state/memory.ts'
import { renewedGateway } from '../support/local-gateway.ts'
import { captures, sharedMissing } from '../support/shared.ts'

const PROVIDERS = `
version: 1
providers:
  chat: { kind: openai-compatible, base-url: "http://chat.test/v1", keys: [ k ] }
  claude: { kind: anthropic-compatible, base-url: "http://claude.test", keys: [ k ] }
policy: { request-retry: 0 }
logging: { level: error }
`
const REPLY = {
  id: 'c',
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content: 'ok' }, finish_reason: 'stop' }],
}

function gatewayOf(routes: string) {
  return renewedGateway(`${PROVIDERS}${routes}`, () => Response.json(REPLY))
}

const ASK = { model: 'm', messages: [{ role: 'user', content: 'hi' }] }

async function asked(routes: string, json: JsonObject, headers: Record<string, string> = {}) {
  const gateway = gatewayOf(routes)
  const response = await gateway.call('/v1/chat/completions', { json, headers })
  const [sent] = gateway.received
  return { response, model: JSON.parse(sent?.text ?? '{}').model as string, text: sent?.text ?? '' }
}

describe('conditions on a request as it comes', () => {
  const when = (condition: string): string =>
    `models:\n  m:\n    to:\n      - { when: { ${condition} }, to: chat/special }\n      - chat/usual\n`

  test('the client', async () => {
    const routes = when('client: [ opencode ]')
    expect((await asked(routes, ASK, { 'user-agent': 'opencode/1.18.33 ai-sdk' })).model).toBe(
      'special',
    )
    expect((await asked(routes, ASK)).model).toBe('usual')
  })

  test('tools, images, thinking', async () => {
    const tools = [{ type: 'function', function: { name: 'find', parameters: {} } }]
    expect((await asked(when('tools: find'), { ...ASK, tools })).model).toBe('special')
    expect((await asked(when('tools: find'), ASK)).model).toBe('usual')
    const content = [{ type: 'image_url', image_url: { url: 'http://x/y.png' } }]
    const shown = { ...ASK, messages: [{ role: 'user', content }] }
    expect((await asked(when('images: true'), shown)).model).toBe('special')
    expect((await asked(when('images: true'), ASK)).model).toBe('usual')
    const thinking = when('thinking: true')
    expect((await asked(thinking, { ...ASK, reasoning_effort: 'low' })).model).toBe('special')
    expect((await asked(thinking, { ...ASK, reasoning_effort: 'none' })).model).toBe('usual')
  })

  test('tokens: counted where the length cannot tell', async () => {
    const routes = when('input-tokens: ">1000"')
    const words = (count: number): JsonObject => ({
      ...ASK,
      messages: [{ role: 'user', content: 'word '.repeat(count) }],
    })
    expect((await asked(routes, words(10))).model).toBe('usual')
    expect((await asked(routes, words(900))).model).toBe('usual')
    expect((await asked(routes, words(1_100))).model).toBe('special')
    expect((await asked(routes, words(9_000))).model).toBe('special')
    // A rule's condition is decided by the same count.
    const rules =
      'models: { m: chat/m }\nrules: [ { when: { input-tokens: ">1000" }, set: { user: long } } ]\n'
    expect(JSON.parse((await asked(rules, words(900))).text).user).toBeUndefined()
    expect(JSON.parse((await asked(rules, words(1_100))).text).user).toBe('long')
    // A picture is long and costs little.
    const url = `data:image/png;base64,${'A'.repeat(200_000)}`
    const picture = {
      ...ASK,
      messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url } }] }],
    }
    expect((await asked(when('input-tokens: ">5000"'), picture)).model).toBe('usual')
  })

  test('are part of a relay too', async () => {
    const gateway = gatewayOf(when('key: local, tools: none'))
    await gateway.call('/v1/embeddings', { json: { model: 'm', input: 'x' } })
    expect(JSON.parse(gateway.received[0]?.text ?? '{}').model).toBe('usual')
  })
})

describe('changes to a request', () => {
  const EDITS = `
models:
  m:
    to: chat/up
    default: { temperature: 0.2, metadata.team: core }
    set: { user: gateway }
    remove: [ top_k ]
rules:
  - { default: { temperature: 0.9, seed: 7 }, set: { user: everybody } }
  - { when: { protocol: anthropic }, set: { max_tokens: 5 } }
`

  test('are made on the client’s own bytes', async () => {
    const gateway = gatewayOf(EDITS)
    const body =
      '{"model":"m", "messages": [{"role":"user","content":"\\u00e9"}], "top_k": 3, "n": 1.0}'
    await gateway.call('/v1/chat/completions', { method: 'POST', body })
    expect(gateway.received[0]?.text).toBe(
      '{"model":"up", "messages": [{"role":"user","content":"\\u00e9"}], "n": 1.0,"temperature":0.2,"metadata":{"team":"core"},"seed":7,"user":"gateway"}',
    )
  })

  test('defaults give way to the client', async () => {
    const { text } = await asked(EDITS, { ...ASK, temperature: 1, metadata: { team: 'mine' } })
    expect(JSON.parse(text)).toMatchObject({ temperature: 1, metadata: { team: 'mine' } })
  })

  test('are translated like what the client itself says', async () => {
    const gateway = gatewayOf(`
models: { m: { to: claude/up, default: { temperature: 0.5 }, set: { max_completion_tokens: 77 } } }
`)
    await gateway.call('/v1/chat/completions', { json: ASK })
    expect(JSON.parse(gateway.received[0]?.text ?? '{}')).toMatchObject({
      temperature: 0.5,
      max_tokens: 77,
    })
  })
})

describe('a key with a list of models', () => {
  const KEYS = `
models: { coder: chat/a, secret: chat/b }
api-keys:
  - { name: alice, key: alice-key, models: [ coder, "chat/*" ] }
  - { name: bob, key: bob-key }
`
  const bearer = (key: string) => ({ authorization: `Bearer ${key}` })

  test('may ask for those only, and sees those only', async () => {
    const ask = async (key: string, model: string): Promise<number> => {
      const gateway = gatewayOf(KEYS)
      const json = { ...ASK, model }
      return (await gateway.call('/v1/chat/completions', { json, headers: bearer(key) })).status
    }
    expect(await ask('alice-key', 'coder')).toBe(200)
    expect(await ask('alice-key', 'chat/x')).toBe(200)
    expect(await ask('alice-key', 'secret')).toBe(403)
    expect(await ask('bob-key', 'secret')).toBe(200)
    const gateway = gatewayOf(KEYS)
    const listed = async (key: string): Promise<string[]> => {
      const response = await gateway.call('/v1/models', { headers: bearer(key) })
      return ((await response.json()) as { data: { id: string }[] }).data.map(({ id }) => id)
    }
    expect(await listed('alice-key')).toEqual(['coder'])
    expect(await listed('bob-key')).toEqual(['coder', 'secret'])
    expect((await gateway.call('/v1/models/secret', { headers: bearer('alice-key') })).status).toBe(
      404,
    )
  })
})

describe.skipIf(sharedMissing)('real programs are known by their headers', () => {
  const NAMED: Record<string, string> = {
    'claude-code': 'claude-code',
    codex: 'codex',
    'gemini-cli': 'gemini-cli',
    opencode: 'opencode',
    'qwen-code': 'qwen-code',
    amp: 'amp',
  }
  const endings = [
    '/v1/messages',
    '/v1/chat/completions',
    '/v1/responses',
    'generateContent',
    'GenerateContent',
  ]
  for (const capture of endings.flatMap(ending => captures(ending)))
    test(capture.id, () => {
      const program = capture.id.split('/')[0] ?? ''
      expect(detectClient(new Headers(capture.headers))).toBe((NAMED[program] ?? 'other') as never)
    })
})

describe('a key with limits', () => {
  const LIMITS = `
models: { m: chat/up }
api-keys:
  - { name: alice, key: alice-key, limits: { requests-per-minute: 2, tokens-per-day: 100 } }
  - { name: bob, key: bob-key }
`
  const USED = { ...REPLY, usage: { prompt_tokens: 30, completion_tokens: 10, total_tokens: 40 } }

  function limited(state = createMemoryState(() => Date.UTC(2026, 0, 1))) {
    const gateway = renewedGateway(`${PROVIDERS}${LIMITS}`, () => Response.json(USED), {}, state)
    const ask = (key: string, path = '/v1/chat/completions', json: JsonObject = ASK) =>
      gateway.call(path, { json, headers: { authorization: `Bearer ${key}` } })
    return { gateway, ask }
  }

  test('waits for the next minute', async () => {
    const { gateway, ask } = limited()
    expect((await ask('alice-key')).status).toBe(200)
    gateway.advance(20_000)
    expect((await ask('alice-key')).status).toBe(200)
    const refused = await ask('alice-key')
    expect(refused.status).toBe(429)
    expect(refused.headers.get('retry-after')).toBe('40')
    expect(await refused.text()).toContain('2 requests a minute')
    expect((await ask('bob-key')).status).toBe(200)
    gateway.advance(40_001)
    expect((await ask('alice-key')).status).toBe(200)
    // Counting tokens is a request, too.
    const count = () => ask('alice-key', '/v1/responses/input_tokens', { model: 'm', input: 'x' })
    expect((await count()).status).toBe(429)
    gateway.advance(60_001)
    for (const status of [200, 200, 429]) expect((await count()).status).toBe(status)
    expect((await ask('alice-key')).status).toBe(429)
  })

  test('waits for the next day once its tokens are spent, also after a restart', async () => {
    const state = createMemoryState(() => Date.UTC(2026, 0, 1))
    const { gateway, ask } = limited(state)
    for (let at = 0; at < 3; at++) {
      expect((await ask('alice-key')).status).toBe(200)
      gateway.advance(60_001)
    }
    const refused = await ask('alice-key')
    expect(refused.status).toBe(429)
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(80_000)
    expect((await limited(state).ask('alice-key')).status).toBe(429)
    gateway.advance(86_400_000)
    expect((await ask('alice-key')).status).toBe(200)
  })

  test('is told so in its client’s own protocol', async () => {
    const { ask } = limited()
    await ask('alice-key')
    await ask('alice-key')
    const refused = await ask('alice-key', '/v1/messages', { ...ASK, max_tokens: 5 })
    expect(refused.status).toBe(429)
    expect(await refused.json()).toMatchObject({
      type: 'error',
      error: { type: 'rate_limit_error' },
    })
  })
})

test('how long prompts are is learnt from what upstreams counted', async () => {
  const routes = `
providers:
  a: { kind: openai-compatible, base-url: "http://a.test/v1", keys: [ a1 ] }
models:
  m:
    - { when: { input-tokens: ">20k" }, to: a/large }
    - a/small
`
  const text = 'a word or two, again and again. '.repeat(1_300)
  const gateway = renewedGateway(routes, ({ body }) =>
    Response.json({
      id: 'c',
      model: 'x',
      choices: [{ index: 0, message: { role: 'assistant', content: 'ok' }, finish_reason: 'stop' }],
      // A language in which every byte is a token.
      usage: { prompt_tokens: body.length, completion_tokens: 1 },
    }),
  )
  for (let turn = 0; turn < 2; turn++)
    await gateway.call('/v1/chat/completions', {
      json: { model: 'm', messages: [{ role: 'user', content: text }] },
    })
  const models = gateway.received.map(({ text }) => JSON.parse(text).model)
  expect(models).toEqual(['small', 'large'])
})
