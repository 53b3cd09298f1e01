import { describe, expect, test } from 'bun:test'
import type { ConversationResponse } from '../../src/conversation/index.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import { codecs } from '../../src/protocols/index.ts'
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
