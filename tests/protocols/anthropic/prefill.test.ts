import { describe, expect, test } from 'bun:test'
import type { JsonObject } from '../../../src/lib/json/json.ts'
import { anthropic } from '../../../src/protocols/anthropic/index.ts'
import { codecFor } from '../../../src/protocols/index.ts'
import type { Wire } from '../../support/read-reply.ts'

/** What a client's request becomes for a Claude model, and what was lost. */
function encoded(from: Wire, body: JsonObject, model: string) {
  const codec = codecFor(from)
  if (!codec) throw new Error('no codec')
  codec.requests.generate?.check(body)
  const request = codec.decodeRequest(body, { model: 'm', stream: false })
  const to = { model, stream: false, issuer: 'up', quirks: {} }
  const { wire, losses } = anthropic.encodeRequest(request, to)
  return { body: wire.body, losses: losses.map(({ path }) => path) }
}

const BUDGETS = 'claude-sonnet-4-5'
const ADAPTIVE = 'claude-opus-4-6'

const PREFILLED = {
  'openai-chat': {
    model: 'm',
    messages: [
      { role: 'user', content: 'List three.' },
      { role: 'assistant', content: '{' },
    ],
    reasoning_effort: 'high',
  },
  'openai-responses': {
    model: 'm',
    input: [
      { role: 'user', content: 'List three.' },
      { role: 'assistant', content: '{' },
    ],
    reasoning: { effort: 'high' },
  },
  gemini: {
    contents: [
      { role: 'user', parts: [{ text: 'List three.' }] },
      { role: 'model', parts: [{ text: '{' }] },
    ],
    generationConfig: { thinkingConfig: { thinkingBudget: 2_000 } },
  },
} satisfies Partial<Record<Wire, JsonObject>>
const foreign = ['openai-chat', 'openai-responses', 'gemini'] as const

describe('an answer that has begun, from clients of other protocols', () => {
  test.each(foreign)('%s: is gone on from without thinking', from => {
    const { body, losses } = encoded(from, PREFILLED[from], BUDGETS)
    expect(body.messages).toHaveLength(2)
    expect(body).not.toHaveProperty('thinking')
    expect(losses).toContain('thinking')
  })

  test.each(foreign)('%s: is left out for a model that refuses it, which thinks', from => {
    const { body, losses } = encoded(from, PREFILLED[from], ADAPTIVE)
    expect(body.messages).toEqual([
      { role: 'user', content: [{ type: 'text', text: 'List three.' }] },
    ])
    expect(body.thinking).toMatchObject({ type: 'adaptive' })
    expect(losses).toContain('messages[1]')
  })

  test('is kept where nothing else is said', () => {
    const alone = { model: 'm', messages: [{ role: 'assistant', content: '{' }] }
    const { body } = encoded('openai-chat', alone, ADAPTIVE)
    expect(JSON.stringify(body.messages)).toContain('"{"')
  })

  test.each([
    ['claude-sonnet-4-5', 2],
    ['claude-haiku-4-5-20251001', 2],
    ['claude-opus-4-1', 2],
    ['claude-sonnet-4-20250514', 2],
    ['claude-opus-4-6', 1],
    ['us.anthropic.claude-opus-4-7-v1', 1],
    ['claude-sonnet-5', 1],
    ['glm-4.6', 2],
  ])('%s gets %d messages', (model, count) => {
    const { reasoning_effort: _, ...plain } = PREFILLED['openai-chat']
    expect(encoded('openai-chat', plain, model).body.messages).toHaveLength(count)
  })
})

test('a client of this protocol sends its own answer that has begun', () => {
  const own = {
    model: 'm',
    max_tokens: 4_000,
    messages: [
      { role: 'user', content: 'List three.' },
      { role: 'assistant', content: '{' },
    ],
    thinking: { type: 'enabled', budget_tokens: 2_000 },
  }
  for (const model of [BUDGETS, ADAPTIVE]) {
    const { body, losses } = encoded('anthropic', own, model)
    expect(body.messages).toEqual(own.messages)
    expect(body.thinking).toEqual(own.thinking)
    expect(losses).toEqual([])
  }
})

describe('a budget that does not fit below the output cap', () => {
  const own = (max_tokens: number, budget_tokens: number) => ({
    model: 'm',
    max_tokens,
    messages: [{ role: 'user', content: 'hi' }],
    thinking: { type: 'enabled', budget_tokens, display: 'omitted' },
  })

  test.each<[number, number, JsonObject | undefined, string[]]>([
    [4_000, 3_999, own(4_000, 3_999).thinking, []],
    [4_000, 4_000, own(4_000, 3_999).thinking, ['thinking']],
    [4_000, 32_000, own(4_000, 3_999).thinking, ['thinking']],
    [1_025, 32_000, own(1_025, 1_024).thinking, ['thinking']],
    [1_024, 32_000, undefined, ['thinking']],
    [0, 32_000, undefined, ['thinking']],
  ])('max_tokens %d, budget %d', (cap, budget, thinking, lost) => {
    const { body, losses } = encoded('anthropic', own(cap, budget), BUDGETS)
    expect(body.thinking).toEqual(thinking!)
    expect(losses).toEqual(lost)
  })

  test('of another protocol is lowered and named', () => {
    const body = {
      contents: [{ parts: [{ text: 'hi' }] }],
      generationConfig: { maxOutputTokens: 4_000, thinkingConfig: { thinkingBudget: 30_000 } },
    }
    const { body: sent, losses } = encoded('gemini', body, BUDGETS)
    expect(sent.thinking).toMatchObject({ budget_tokens: 3_999 })
    expect(losses).toEqual(['thinking'])
  })
})
