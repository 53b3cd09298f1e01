import { describe, expect, test } from 'bun:test'
import type { Stop, Usage } from '../../../src/conversation/index.ts'
import type { JsonObject } from '../../../src/lib/json/json.ts'
import { openaiChat } from '../../../src/protocols/openai-chat/index.ts'

const ASKED = { model: 'asked', id: 'id', atMs: 0 }
const decode = (message: JsonObject, finish = 'stop') =>
  openaiChat.decodeResponse(
    { id: 'c-1', model: 'm', choices: [{ index: 0, message, finish_reason: finish }] },
    'up',
  )

describe('cached input is counted once', () => {
  test.each<[string, JsonObject, Usage]>([
    ['not mentioned', { prompt_tokens: 10 }, { fresh: 10 }],
    [
      'partly',
      { prompt_tokens: 10, prompt_tokens_details: { cached_tokens: 6 } },
      { fresh: 4, cacheRead: 6 },
    ],
    [
      'written too',
      { prompt_tokens: 10, prompt_tokens_details: { cached_tokens: 6, cache_write_tokens: 3 } },
      { fresh: 1, cacheRead: 6, cacheWrite: 3 },
    ],
    [
      'as DeepSeek says it',
      { prompt_tokens: 10, prompt_cache_hit_tokens: 6 },
      { fresh: 4, cacheRead: 6 },
    ],
    [
      'more than there is',
      { prompt_tokens: 1, prompt_tokens_details: { cached_tokens: 6 } },
      { fresh: 0, cacheRead: 1, beyond: { cacheRead: 5 } },
    ],
    [
      'reasoning is output',
      { completion_tokens: 9, completion_tokens_details: { reasoning_tokens: 5 } },
      { output: 9, reasoning: 5 },
    ],
  ])('%s', (_, wire, usage) =>
    expect(openaiChat.decodeUsage(wire)).toEqual({ ...usage, raw: wire }),
  )

  test('counts of another protocol add up again', () => {
    const usage = { fresh: 1, cacheRead: 2, cacheWrite: 3, output: 4, raw: { input_tokens: 1 } }
    const reply = {
      id: 'r',
      model: 'm',
      parts: [],
      stop: { reason: 'end', raw: 'end_turn' } as const,
      usage,
    }
    expect(openaiChat.encodeResponse(reply, ASKED).usage).toMatchObject({
      prompt_tokens: 6,
      completion_tokens: 4,
      total_tokens: 10,
      prompt_tokens_details: { cached_tokens: 2 },
    })
  })
})

describe('why it stopped, in this protocol’s words', () => {
  test.each<[Stop, string]>([
    [{ reason: 'end', raw: 'end_turn' }, 'stop'],
    [{ reason: 'stop-sequence', raw: 'stop_sequence' }, 'stop'],
    [{ reason: 'tool-calls', raw: 'tool_use' }, 'tool_calls'],
    [{ reason: 'tool-calls', raw: 'stop' }, 'tool_calls'],
    [{ reason: 'tool-calls', raw: 'function_call' }, 'function_call'],
    [{ reason: 'refusal', raw: 'refusal' }, 'content_filter'],
  ])('%o', (stop, finish_reason) => {
    const encoded = openaiChat.encodeResponse(
      { id: 'r', model: 'm', parts: [], stop, usage: {} },
      ASKED,
    )
    expect(encoded.choices).toMatchObject([{ finish_reason }])
  })
})

describe('a reply is read', () => {
  test('thinking first, then text, then calls', () => {
    const tool_calls = [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }]
    const { parts, stop } = decode({ reasoning: 'hm', content: 'hi', tool_calls })
    expect(parts.map(({ type }) => type)).toEqual(['thinking', 'text', 'tool-call'])
    expect(stop).toEqual({ reason: 'tool-calls', raw: 'stop' })
  })

  test('sealed details are kept whole', () => {
    const reasoning_details = [{ type: 'reasoning.encrypted', data: 'SEALED' }]
    const response = decode({ content: 'hi', reasoning_details })
    expect(response.parts[0]).toMatchObject({
      type: 'thinking',
      seal: { issuer: 'up', value: 'SEALED' },
    })
    expect(JSON.stringify(openaiChat.encodeResponse(response, ASKED))).toContain('"data":"SEALED"')
  })

  test('a refusal', () => {
    expect(decode({ content: null, refusal: 'no' }).parts).toEqual([
      { type: 'refusal', text: 'no' },
    ])
  })

  test('an error in a 200 is thrown', () => {
    const body = { error: { message: 'full', code: 'rate_limit_exceeded' } }
    expect(() => openaiChat.decodeResponse(body, 'up')).toThrow(
      expect.objectContaining({ code: 'rate-limited', status: 429 }),
    )
    expect(() => openaiChat.decodeResponse({ choices: [] }, 'up')).toThrow('without a choice')
  })
})

test('a reply of another protocol: content null beside calls, server calls left out', () => {
  const call = { type: 'tool-call', name: 'f', arguments: '' } as const
  const reply = {
    id: '',
    model: 'm',
    parts: [
      { ...call, id: 's', runsOn: 'server' as const },
      { ...call, id: 'a', runsOn: 'client' as const },
    ],
    stop: { reason: 'tool-calls', raw: null } as const,
    usage: {},
  }
  const encoded = openaiChat.encodeResponse(reply, ASKED)
  expect(encoded.id).toBe('chatcmpl-id')
  expect(encoded.choices).toEqual([
    {
      index: 0,
      message: {
        role: 'assistant',
        content: null,
        refusal: null,
        tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }],
      },
      logprobs: null,
      finish_reason: 'tool_calls',
    },
  ])
})
