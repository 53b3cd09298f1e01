import { describe, expect, test } from 'bun:test'
import type { Part, Stop } from '../../../src/conversation/index.ts'
import type { JsonObject } from '../../../src/lib/json/json.ts'
import { openaiResponses } from '../../../src/protocols/openai-responses/index.ts'
import { codecTables, text } from '../../support/codec-tables.ts'

const { decodeResponse, encodeResponse } = codecTables(openaiResponses)

const reply = (output: JsonObject[], members: JsonObject = {}): JsonObject => ({
  id: 'resp_1',
  object: 'response',
  status: 'completed',
  model: 'served',
  output,
  ...members,
})
const message = (...content: JsonObject[]): JsonObject => ({
  type: 'message',
  id: 'msg_1',
  status: 'completed',
  role: 'assistant',
  content,
})
const said = message({ type: 'output_text', text: 'a', annotations: [] })

describe('an item of the output is the part, and the part is the item', () => {
  test.each<[string, JsonObject, Part]>([
    ['text', said, text('a')],
    ['a refusal', message({ type: 'refusal', refusal: 'no' }), { type: 'refusal', text: 'no' }],
    [
      'a call',
      {
        type: 'function_call',
        id: 'fc_1',
        status: 'completed',
        call_id: 'c',
        name: 'f',
        arguments: '{"a": 1}',
      },
      { type: 'tool-call', id: 'c', name: 'f', arguments: '{"a": 1}', runsOn: 'client' },
    ],
    [
      'a call with free text',
      {
        type: 'custom_tool_call',
        id: 'ct_1',
        status: 'completed',
        call_id: 'c',
        name: 'g',
        input: 'a',
      },
      { type: 'tool-call', id: 'c', name: 'g', arguments: 'a', runsOn: 'client', freeform: true },
    ],
  ])('%s', (_, item, part) => {
    expect(decodeResponse(reply([item])).parts).toMatchObject([part])
    const { id: _id, ...written } = item
    expect(encodeResponse({ parts: [part] }).body.output).toMatchObject([written])
  })

  test('reasoning is its summary, under its seal', () => {
    const summary = [{ type: 'summary_text', text: 'a' }]
    const item = { type: 'reasoning', id: 'rs_1', summary, encrypted_content: 's' }
    expect(decodeResponse(reply([item, said])).parts).toMatchObject([
      { type: 'thinking', text: 'a', seal: { issuer: 'up', protocol: 'openai-responses' } },
      text('a'),
    ])
    expect(encodeResponse({ parts: [{ type: 'thinking', text: 'a' }] }).body.output).toMatchObject([
      { type: 'reasoning', summary },
    ])
  })

  test('an annotation is a citation', () => {
    const annotations = [
      { type: 'url_citation', start_index: 0, end_index: 1, url: 'https://a.test/', title: 'Log' },
    ]
    const cited = message({ type: 'output_text', text: 'a', annotations })
    const { parts } = decodeResponse(reply([cited]))
    expect(parts[0]).toMatchObject({
      citations: [{ url: 'https://a.test/', title: 'Log', range: [0, 1] }],
    })
  })
})

describe('why it stopped', () => {
  const call = { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' }
  test.each<[string, JsonObject, Stop['reason']]>([
    ['completed', reply([said]), 'end'],
    ['completed, with a call', reply([call]), 'tool-calls'],
    [
      'too long',
      reply([said], { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } }),
      'length',
    ],
    [
      'filtered',
      reply([said], { status: 'incomplete', incomplete_details: { reason: 'content_filter' } }),
      'refusal',
    ],
  ])('%s', (_, body, reason) => {
    expect(decodeResponse(body).stop.reason).toBe(reason)
  })

  test.each<[Stop['reason'], JsonObject]>([
    ['end', { status: 'completed' }],
    ['stop-sequence', { status: 'completed' }],
    ['tool-calls', { status: 'completed' }],
    ['length', { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } }],
    ['refusal', { status: 'incomplete', incomplete_details: { reason: 'content_filter' } }],
  ])('of another protocol: %s', (reason, members) => {
    const { body } = encodeResponse({ parts: [text('a')], stop: { reason, raw: null } })
    expect(body).toMatchObject(members)
  })
})

test('counts: what is cached is within the input, reasoning within the output', () => {
  const usage = {
    input_tokens: 12,
    input_tokens_details: { cached_tokens: 7 },
    output_tokens: 7,
    output_tokens_details: { reasoning_tokens: 4 },
    total_tokens: 19,
  }
  const decoded = decodeResponse(reply([said], { usage })).usage
  expect(decoded).toMatchObject({ fresh: 5, cacheRead: 7, output: 7, reasoning: 4 })
  const { raw: _, ...counts } = decoded
  expect(encodeResponse({ parts: [text('a')], usage: counts }).body.usage).toMatchObject(usage)
})

test('a response that failed is thrown with its message', () => {
  const error = { code: 'server_error', message: 'The model failed.' }
  expect(() => decodeResponse(reply([], { status: 'failed', error }))).toThrow('The model failed.')
})
