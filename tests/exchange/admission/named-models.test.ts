import { describe, expect, test } from 'bun:test'
import type { JsonObject } from '../../../src/lib/json/json.ts'
import { renewedGateway } from '../../support/local-gateway.ts'
import type { Wire } from '../../support/read-reply.ts'
import { replyOf } from '../../support/small-reply.ts'
import { pathOf, question } from '../../support/wires.ts'

const ROUTES = `
providers:
  o: { kind: openai-compatible, base-url: "http://o.test/v1", keys: [ k ], discover: false, models: [ { name: small, price: { input: 1, output: 1 } }, big ] }
  a: { kind: anthropic, keys: [ k ], discover: false }
  g: { kind: gemini, keys: [ k ], discover: false }
models: { small: o/small, claude-small: a/claude-small, gem-small: g/gem-small }
api-keys:
  - { name: alice, key: key-of-alice, models: [ small, "claude-small*", "gem-small*", "o/cheap-*", flex ] }
  - { name: bob, key: key-of-bob }
  - { name: carol, key: key-of-carol, limits: { cost-per-day: 5 USD } }
  - { name: dave, key: key-of-dave, limits: { cost-per-day: 5 USD, unknown-price: allow } }
`
const ASKED: Record<Wire, string> = {
  anthropic: 'claude-small',
  'openai-chat': 'small',
  'openai-responses': 'small',
  gemini: 'gem-small',
}

async function asked(key: string, wire: Wire, more: JsonObject) {
  const local = renewedGateway(ROUTES, ({ path }) =>
    replyOf(
      path.includes('generateContent')
        ? 'gemini'
        : path.endsWith('messages')
          ? 'anthropic'
          : 'openai-chat',
      'x',
      false,
    ),
  )
  const response = await local.call(pathOf(wire, ASKED[wire], false), {
    json: { ...question(wire, ASKED[wire], false), ...more },
    headers: { 'x-api-key': key },
  })
  return { status: response.status, text: await response.text(), sent: local.received.length }
}

const OTHERS: [wire: Wire, more: JsonObject, at: string, name: string][] = [
  ['openai-chat', { models: ['small', 'big'] }, 'models[1]', 'big'],
  ['openai-chat', { models: [{ model: 'big' }] }, 'models[0].model', 'big'],
  ['openai-chat', { route: 'fallback' }, 'route', 'fallback'],
  ['openai-chat', { fallbacks: ['big'] }, 'fallbacks[0]', 'big'],
  ['openai-chat', { fallbacks: [{ small: ['big'] }] }, 'fallbacks[0].small[0]', 'big'],
  ['openai-chat', { preset: 'team' }, 'preset', 'team'],
  [
    'openai-chat',
    { plugins: [{ id: 'auto-router', allowed_models: ['x/*'] }] },
    'plugins[0].allowed_models[0]',
    'x/*',
  ],
  [
    'openai-chat',
    { compound_custom: { models: { answering_model: 'big' } } },
    'compound_custom.models.answering_model',
    'big',
  ],
  ['openai-chat', { service_tier: 'priority' }, 'service_tier', 'priority'],
  ['openai-chat', { models: ['cheap-1', 'o/big'] }, 'models[1]', 'o/big'],
  [
    'openai-responses',
    { tools: [{ type: 'image_generation', model: 'gpt-image-1' }] },
    'tools[0].model',
    'gpt-image-1',
  ],
  ['openai-responses', { service_tier: 'priority' }, 'service_tier', 'priority'],
  ['anthropic', { fallbacks: [{ model: 'claude-big' }] }, 'fallbacks[0].model', 'claude-big'],
  [
    'anthropic',
    { tools: [{ type: 'advisor_20260301', name: 'advisor', model: 'claude-big' }] },
    'tools[0].model',
    'claude-big',
  ],
  ['anthropic', { speed: 'fast' }, 'speed', 'fast'],
  ['gemini', { model: 'models/gemini-big' }, 'model', 'gemini-big'],
  [
    'gemini',
    { generationConfig: { routingConfig: { manualMode: { modelName: 'gemini-big' } } } },
    'generationConfig.routingConfig.manualMode.modelName',
    'gemini-big',
  ],
  ['gemini', { serviceTier: 'priority' }, 'serviceTier', 'priority'],
]
const HARMLESS: [wire: Wire, more: JsonObject][] = [
  ['openai-chat', { models: ['small'] }],
  ['openai-chat', { models: ['cheap-1', 'o/cheap-2'] }],
  ['openai-chat', { service_tier: 'auto' }],
  ['openai-chat', { service_tier: 'flex' }],
  ['openai-chat', { service_tier: null, models: null, route: null }],
  [
    'openai-chat',
    {
      tools: [
        {
          type: 'function',
          function: {
            name: 'f',
            parameters: { type: 'object', properties: { model: { type: 'string' } } },
          },
        },
      ],
    },
  ],
  ['anthropic', { service_tier: 'standard_only', speed: 'standard' }],
  ['gemini', { model: 'models/gem-small' }],
]

describe('a key that may ask for some models names no others in the rest of the request', () => {
  test.each(OTHERS)('%s %j', async (wire, more, at, name) => {
    const { status, text, sent } = await asked('key-of-alice', wire, more)
    expect([status, sent]).toEqual([403, 0])
    const words = `${at}: the key "alice" may not ask for "${name}"; leave it out, or add it to the models of the key`
    expect(text).toContain(JSON.stringify(words).slice(1, -1))
  })

  test.each(HARMLESS)('%s %j is no other model', async (wire, more) => {
    expect((await asked('key-of-alice', wire, more)).status).toBe(200)
  })

  test('a member given twice counts twice, and in disguise too', async () => {
    for (const more of ['"models":["big"],"models":["small"]', '"mod\\u0065ls":["b\\u0069g"]']) {
      const local = renewedGateway(ROUTES, () => replyOf('openai-chat', 'x', false))
      const response = await local.call('/v1/chat/completions', {
        method: 'POST',
        body: `{"model":"small",${more},"messages":[{"role":"user","content":"x"}]}`,
        headers: { 'x-api-key': 'key-of-alice' },
      })
      expect([response.status, local.received.length]).toEqual([403, 0])
    }
  })

  test.each(OTHERS)('a key that may ask for all names what it likes: %s %j', async (wire, more) => {
    expect((await asked('key-of-bob', wire, more)).status).not.toBe(403)
  })
})

describe('a budget in money cannot follow the upstream to another model', () => {
  test.each([
    ['key-of-carol', { models: ['big'] }, 403],
    ['key-of-carol', { models: ['small'] }, 200],
    ['key-of-dave', { models: ['big'] }, 200],
  ])('%s %j: %d', async (key, more, status) => {
    const reply = await asked(key, 'openai-chat', more)
    expect(reply.status).toBe(status)
    if (status === 403) expect(reply.text).toContain('what \\"big\\" costs would not be counted')
  })
})
