import { describe, expect, test } from 'bun:test'
import type { ConversationResponse } from '../../src/conversation/index.ts'
import type { JsonObject } from '../../src/lib/json/json.ts'
import { anthropic } from '../../src/protocols/anthropic/index.ts'
import { gemini } from '../../src/protocols/gemini/index.ts'
import { codecs } from '../../src/protocols/index.ts'
import { openaiChat } from '../../src/protocols/openai-chat/index.ts'
import { openaiResponses } from '../../src/protocols/openai-responses/index.ts'
import { object } from '../support/readers/seen.ts'

const RESPONSE: ConversationResponse = {
  id: 'r',
  model: 'm',
  parts: [{ type: 'text', text: 'x' }],
  stop: { reason: 'end', raw: null },
  usage: { fresh: 10, cacheRead: 20, cacheWrite: 5, output: 30, reasoning: 12 },
}

/** The same counts as each protocol splits them: some totals include what was cached, some not. */
const WRITTEN: Record<string, JsonObject> = {
  anthropic: {
    input_tokens: 10,
    cache_read_input_tokens: 20,
    cache_creation_input_tokens: 5,
    output_tokens: 30,
  },
  'openai-chat': {
    prompt_tokens: 35,
    completion_tokens: 30,
    total_tokens: 65,
    prompt_tokens_details: { cached_tokens: 20, cache_write_tokens: 5 },
    completion_tokens_details: { reasoning_tokens: 12 },
  },
  'openai-responses': {
    input_tokens: 35,
    input_tokens_details: { cached_tokens: 20, cache_write_tokens: 5 },
    output_tokens: 30,
    output_tokens_details: { reasoning_tokens: 12 },
    total_tokens: 65,
  },
  gemini: {
    promptTokenCount: 35,
    cachedContentTokenCount: 20,
    candidatesTokenCount: 18,
    thoughtsTokenCount: 12,
    totalTokenCount: 65,
  },
}

describe('usage', () => {
  for (const codec of codecs) {
    test(`of ${codec.protocol} is written and read as it counts`, () => {
      const reply = codec.encodeResponse(RESPONSE, { model: 'm', id: 'req_1', atMs: 0 })
      const wire = object(reply[codec.members.usage])
      expect(wire).toEqual(WRITTEN[codec.protocol] ?? {})
      const { raw: _, ...read } = codec.decodeUsage(wire)
      const { cacheWrite, reasoning, ...shared } = RESPONSE.usage
      expect(read).toMatchObject(
        codec.protocol === 'gemini'
          ? { ...shared, fresh: 15, reasoning }
          : { ...shared, cacheWrite },
      )
    })

    test(`of ${codec.protocol} is whole numbers also where nothing was told`, () => {
      const reply = codec.encodeResponse(
        { ...RESPONSE, usage: {} },
        { model: 'm', id: 'req_1', atMs: 0 },
      )
      const numbers = JSON.stringify(reply[codec.members.usage]).match(/:(-?[\d.]+|null)/g) ?? []
      expect(numbers.length).toBeGreaterThan(1)
      for (const number of numbers) expect(number).toMatch(/^:\d+$/)
    })
  }
})

describe('more cached tokens than tokens in all', () => {
  /** As Azure states it of Grok, and OpenRouter of a cache that was just written. */
  const stated: [string, JsonObject, number, number][] = [
    [
      'read',
      {
        prompt_tokens: 20,
        completion_tokens: 5,
        total_tokens: 25,
        prompt_tokens_details: { cached_tokens: 150 },
      },
      20,
      150,
    ],
    [
      'written',
      {
        prompt_tokens: 2000,
        completion_tokens: 5,
        total_tokens: 2005,
        prompt_tokens_details: { cached_tokens: 1900, cache_write_tokens: 1900 },
      },
      2000,
      1900,
    ],
  ]
  for (const [title, wire, total, cached] of stated) {
    const usage = openaiChat.decodeUsage(wire)

    test(`${title}: the counts that are billed sum to the stated total`, () => {
      const { fresh = 0, cacheRead = 0, cacheWrite = 0 } = usage
      expect(fresh + cacheRead + cacheWrite).toBe(total)
      expect(Math.min(fresh, cacheRead, cacheWrite)).toBeGreaterThanOrEqual(0)
    })

    test(`${title}: every client gets the stated total, and the stated cached tokens where its protocol can say them`, () => {
      const encoded = (codec: (typeof codecs)[number]): JsonObject =>
        object(
          codec.encodeResponse({ ...RESPONSE, usage }, { model: 'm', id: 'req_1', atMs: 0 })[
            codec.members.usage
          ],
        )
      expect(encoded(openaiChat)).toEqual(wire)
      expect(encoded(openaiResponses)).toMatchObject({
        input_tokens: total,
        input_tokens_details: { cached_tokens: cached },
        total_tokens: total + 5,
      })
      expect(encoded(gemini)).toMatchObject({
        promptTokenCount: total,
        cachedContentTokenCount: cached,
        totalTokenCount: total + 5,
      })
      const { input_tokens, cache_read_input_tokens, cache_creation_input_tokens } =
        encoded(anthropic)
      expect(
        Number(input_tokens) +
          Number(cache_read_input_tokens) +
          Number(cache_creation_input_tokens),
      ).toBe(total)
    })
  }

  test.each([
    [openaiResponses, { input_tokens: 20, input_tokens_details: { cached_tokens: 150 } }],
    [gemini, { promptTokenCount: 20, cachedContentTokenCount: 150 }],
  ])('is read alike from other protocols', (codec, wire) => {
    expect(codec.decodeUsage(wire)).toMatchObject({
      fresh: 0,
      cacheRead: 20,
      beyond: { cacheRead: 130 },
    })
  })
})

describe('what upstreams write otherwise', () => {
  const written = (codec: (typeof codecs)[number], usage: ConversationResponse['usage']) =>
    object(
      codec.encodeResponse({ ...RESPONSE, usage }, { model: 'm', id: 'req_1', atMs: 0 })[
        codec.members.usage
      ],
    )

  test('Gemini: counts that are text are numbers, for the account and every client', () => {
    const usage = gemini.decodeUsage({
      promptTokenCount: '35',
      cachedContentTokenCount: '20',
      candidatesTokenCount: '18',
      thoughtsTokenCount: '12',
      totalTokenCount: '65',
      trafficType: 'ON_DEMAND',
    })
    expect(usage).toMatchObject({ fresh: 15, cacheRead: 20, output: 30, reasoning: 12 })
    expect(written(anthropic, usage)).toMatchObject({ input_tokens: 15, output_tokens: 30 })
    expect(written(gemini, usage)).toEqual({ ...WRITTEN.gemini, trafficType: 'ON_DEMAND' })
  })

  test.each(['', 'five', '-5', '5 tokens', null, {}])('Gemini: %p is no count', wire => {
    expect(gemini.decodeUsage({ promptTokenCount: wire }).fresh).toBeUndefined()
  })

  test.each([
    ['with all its members', WRITTEN['openai-responses'] ?? {}],
    ['with a total', { input_tokens: 35, output_tokens: 30, total_tokens: 65 }],
    [
      'with details alone',
      { input_tokens: 35, output_tokens: 30, output_tokens_details: { reasoning_tokens: 12 } },
    ],
  ])('Responses %s: Anthropic’s clients get the members of their own', (_, wire) => {
    expect(Object.keys(written(anthropic, openaiResponses.decodeUsage(wire))).toSorted()).toEqual([
      'cache_creation_input_tokens',
      'cache_read_input_tokens',
      'input_tokens',
      'output_tokens',
    ])
  })

  test('Anthropic: its further members stay', () => {
    const wire = { ...WRITTEN.anthropic, server_tool_use: { web_search_requests: 1 } }
    expect(written(anthropic, anthropic.decodeUsage(wire))).toEqual(wire)
  })
})
