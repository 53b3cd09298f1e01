import { describe, expect, test } from 'bun:test'
import { collect, type Part, type StreamEvent } from '../../../src/conversation/index.ts'
import type { JsonObject } from '../../../src/lib/json/json.ts'
import { anthropic } from '../../../src/protocols/anthropic/index.ts'
import { codecTables, grown, text } from '../../support/codec-tables.ts'

const { decodeStream, encodeStream } = codecTables(anthropic)

const start: JsonObject = {
  type: 'message_start',
  message: {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'served',
    content: [],
    usage: { input_tokens: 5, output_tokens: 1 },
  },
}
const end = (stop_reason: string): JsonObject[] => [
  {
    type: 'message_delta',
    delta: { stop_reason, stop_sequence: null },
    usage: { output_tokens: 9 },
  },
  { type: 'message_stop' },
]
const block = (index: number, content_block: JsonObject, ...deltas: JsonObject[]): JsonObject[] => [
  { type: 'content_block_start', index, content_block },
  ...deltas.map((delta): JsonObject => ({ type: 'content_block_delta', index, delta })),
  { type: 'content_block_stop', index },
]

describe('what is streamed is collected', () => {
  test.each<[string, JsonObject[], Part[]]>([
    [
      'text in pieces',
      block(
        0,
        { type: 'text', text: '' },
        { type: 'text_delta', text: 'a' },
        { type: 'text_delta', text: 'b' },
      ),
      [text('ab')],
    ],
    [
      'arguments in pieces',
      block(
        0,
        { type: 'tool_use', id: 'toolu_1', name: 'f', input: {} },
        { type: 'input_json_delta', partial_json: '' },
        { type: 'input_json_delta', partial_json: '{"a"' },
        { type: 'input_json_delta', partial_json: ':1}' },
      ),
      [{ type: 'tool-call', id: 'toolu_1', name: 'f', arguments: '{"a":1}', runsOn: 'client' }],
    ],
    [
      'a call without arguments',
      block(0, { type: 'tool_use', id: 'toolu_1', name: 'f', input: {} }),
      [{ type: 'tool-call', id: 'toolu_1', name: 'f', arguments: '{}', runsOn: 'client' }],
    ],
    [
      'thinking and its signature',
      block(
        0,
        { type: 'thinking', thinking: '', signature: '' },
        { type: 'thinking_delta', thinking: 'a' },
        { type: 'signature_delta', signature: 's' },
      ),
      [{ type: 'thinking', text: 'a', seal: { issuer: 'up', protocol: 'anthropic', value: 's' } }],
    ],
    [
      'two calls side by side',
      [
        ...block(0, { type: 'tool_use', id: 'toolu_1', name: 'f', input: {} }),
        ...block(1, { type: 'tool_use', id: 'toolu_2', name: 'g', input: {} }),
      ],
      [
        { type: 'tool-call', id: 'toolu_1', name: 'f', arguments: '{}', runsOn: 'client' },
        { type: 'tool-call', id: 'toolu_2', name: 'g', arguments: '{}', runsOn: 'client' },
      ],
    ],
  ])('%s', (_, blocks, parts) => {
    const events = decodeStream([start, ...blocks, ...end('end_turn')])
    expect(collect(events).parts).toEqual(parts)
  })

  test('counts of the beginning and of the end are one usage', () => {
    const events = decodeStream([start, ...end('end_turn')])
    expect(events.at(-1)).toMatchObject({
      type: 'response-end',
      stop: { reason: 'end' },
      usage: { fresh: 5, output: 9 },
    })
  })
})

describe('how a stream ends', () => {
  const said = block(0, { type: 'text', text: '' }, { type: 'text_delta', text: 'a' })
  test.each<[string, JsonObject[], object]>([
    [
      'with a reason',
      [start, ...said, ...end('max_tokens')],
      { type: 'response-end', stop: { reason: 'length' } },
    ],
    [
      'with a reason, without the last event',
      [start, ...said, ...end('end_turn').slice(0, 1)],
      { type: 'response-end' },
    ],
    ['without a reason', [start, ...said], { type: 'error', error: { code: 'upstream-failed' } }],
    [
      'within a block',
      [start, ...said.slice(0, 2)],
      { type: 'error', error: { code: 'upstream-failed' } },
    ],
    [
      'with an error',
      [
        start,
        ...said,
        { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } },
      ],
      { type: 'error', error: { code: 'overloaded' } },
    ],
  ])('%s', (_, payloads, last) => {
    expect(decodeStream(payloads).at(-1)).toMatchObject(last)
  })
})

describe('events become blocks', () => {
  const begin: StreamEvent = { type: 'response-start', id: 'reply_1', model: 'served' }
  const finish: StreamEvent = {
    type: 'response-end',
    stop: { reason: 'end', raw: null },
    usage: { fresh: 5, output: 9 },
  }
  const written = (...events: StreamEvent[]): JsonObject[] =>
    encodeStream([begin, ...events, finish]).filter(({ type }) =>
      String(type).startsWith('content_block'),
    )

  test.each<[string, StreamEvent[], JsonObject[]]>([
    [
      'text',
      grown(0, text(''), { text: 'a' }, { text: 'b' }),
      block(
        0,
        { type: 'text', text: '' },
        { type: 'text_delta', text: 'a' },
        { type: 'text_delta', text: 'b' },
      ),
    ],
    [
      'a call',
      grown(
        0,
        { type: 'tool-call', id: 'call_1', name: 'f', arguments: '', runsOn: 'client' },
        { arguments: '{"a":1}' },
      ),
      block(
        0,
        { type: 'tool_use', id: 'call_1', name: 'f', input: {} },
        { type: 'input_json_delta', partial_json: '{"a":1}' },
      ),
    ],
  ])('%s', (_, events, blocks) => {
    expect(written(...events)).toEqual(blocks)
  })

  test('the end says why, and what was used', () => {
    const [ended, stopped] = encodeStream([
      begin,
      ...grown(0, text(''), { text: 'a' }),
      finish,
    ]).slice(-2)
    expect(ended).toMatchObject({
      type: 'message_delta',
      delta: { stop_reason: 'end_turn' },
      usage: { input_tokens: 5, output_tokens: 9 },
    })
    expect(stopped).toEqual({ type: 'message_stop' })
  })
})
