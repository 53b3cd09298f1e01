import { describe, expect, test } from 'bun:test'
import type { Part, Stop, Usage } from '../../../src/conversation/index.ts'
import type { JsonObject } from '../../../src/lib/json/json.ts'
import { anthropic } from '../../../src/protocols/anthropic/index.ts'
import { codecTables, text } from '../../support/codec-tables.ts'

const { decodeResponse, encodeResponse } = codecTables(anthropic)

const reply = (members: JsonObject): JsonObject => ({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'served',
  content: [{ type: 'text', text: 'hi' }],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: { input_tokens: 1, output_tokens: 1 },
  ...members,
})

describe('a block of a reply is the part, and the part is the block', () => {
  test.each<[string, JsonObject, Part, JsonObject?]>([
    ['text', { type: 'text', text: 'a' }, text('a')],
    [
      'a call',
      { type: 'tool_use', id: 'toolu_1', name: 'f', input: { a: 1 } },
      { type: 'tool-call', id: 'toolu_1', name: 'f', arguments: '{"a":1}', runsOn: 'client' },
    ],
    [
      'thinking with its signature',
      { type: 'thinking', thinking: 'a', signature: 's' },
      { type: 'thinking', text: 'a', seal: { issuer: 'up', protocol: 'anthropic', value: 's' } },
    ],
    [
      'thinking that is hidden',
      { type: 'redacted_thinking', data: 's' },
      { type: 'thinking-redacted', seal: { issuer: 'up', protocol: 'anthropic', value: 's' } },
    ],
    [
      'a refusal of another protocol',
      { type: 'text', text: 'no' },
      { type: 'refusal', text: 'no' },
      { type: 'text', text: 'no' },
    ],
  ])('%s', (name, block, part) => {
    if (part.type !== 'refusal')
      expect(decodeResponse(reply({ content: [block] })).parts, name).toEqual([part])
    expect(encodeResponse({ parts: [part] }).body.content, name).toEqual([block])
  })

  test('a citation keeps its quote and its source', () => {
    const citations = [
      {
        type: 'web_search_result_location',
        cited_text: 'a',
        encrypted_index: 'x',
        title: 'Log',
        url: 'https://a.test/',
      },
    ]
    const { parts } = decodeResponse(reply({ content: [{ type: 'text', text: 'a', citations }] }))
    expect(parts[0]).toMatchObject({
      citations: [{ quote: 'a', title: 'Log', url: 'https://a.test/' }],
    })
  })
})

test.each<[string, Stop['reason'], string]>([
  ['end_turn', 'end', 'end_turn'],
  ['max_tokens', 'length', 'max_tokens'],
  ['stop_sequence', 'stop-sequence', 'stop_sequence'],
  ['tool_use', 'tool-calls', 'tool_use'],
  ['refusal', 'refusal', 'refusal'],
  ['pause_turn', 'paused', 'pause_turn'],
  ['something_new', 'other', 'end_turn'],
])('stop_reason %s is %s, and %s for a client', (stop_reason, reason, written) => {
  expect(decodeResponse(reply({ stop_reason })).stop).toMatchObject({ reason, raw: stop_reason })
  expect(encodeResponse({ parts: [text('a')], stop: { reason, raw: null } }).body.stop_reason).toBe(
    written,
  )
})

describe('counts are split, and written as this protocol splits them', () => {
  test.each<[string, JsonObject, Usage]>([
    ['without a cache', { input_tokens: 5, output_tokens: 2 }, { fresh: 5, output: 2 }],
    [
      'with a cache',
      {
        input_tokens: 5,
        cache_read_input_tokens: 7,
        cache_creation_input_tokens: 3,
        output_tokens: 2,
      },
      { fresh: 5, cacheRead: 7, cacheWrite: 3, output: 2 },
    ],
  ])('%s', (_, usage, counts) => {
    expect(decodeResponse(reply({ usage })).usage).toMatchObject({ ...counts, raw: usage })
    expect(encodeResponse({ parts: [text('a')], usage: counts }).body.usage).toMatchObject(usage)
  })
})

test('an error in the place of a reply is thrown with its code', () => {
  const error = { type: 'overloaded_error', message: 'Overloaded' }
  expect(() => decodeResponse({ type: 'error', error })).toThrow('Overloaded')
})
