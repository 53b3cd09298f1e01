import { describe, expect, test } from 'bun:test'
import { collect, type Part, type StreamEvent } from '../../../src/conversation/index.ts'
import type { JsonObject } from '../../../src/lib/json/json.ts'
import { gemini } from '../../../src/protocols/gemini/index.ts'
import { codecTables, grown, text } from '../../support/codec-tables.ts'
import { list, object } from '../../support/readers/seen.ts'

const { decodeStream, encodeStream } = codecTables(gemini)

const chunk = (parts: JsonObject[], finishReason?: string): JsonObject => ({
  candidates: [
    { content: { role: 'model', parts }, index: 0, ...(finishReason ? { finishReason } : {}) },
  ],
  usageMetadata: { promptTokenCount: 5, candidatesTokenCount: 2, totalTokenCount: 7 },
  modelVersion: 'served',
  responseId: 'r',
})
const seal = { issuer: 'up', protocol: 'gemini' as const, value: 's' }

describe('what is streamed is collected', () => {
  test.each<[string, JsonObject[], Part[]]>([
    ['text in pieces', [chunk([{ text: 'a' }]), chunk([{ text: 'b' }], 'STOP')], [text('ab')]],
    [
      'thoughts before text',
      [chunk([{ text: 'a', thought: true }]), chunk([{ text: 'b' }], 'STOP')],
      [{ type: 'thinking', text: 'a', seal: { ...seal, value: '' } }, text('b')],
    ],
    [
      'two calls in a chunk, the first with a signature',
      [
        chunk(
          [
            { functionCall: { id: 'c', name: 'f', args: { a: 1 } }, thoughtSignature: 's' },
            { functionCall: { id: 'd', name: 'g', args: {} } },
          ],
          'STOP',
        ),
      ],
      [
        { type: 'tool-call', id: 'c', name: 'f', arguments: '{"a":1}', runsOn: 'client', seal },
        { type: 'tool-call', id: 'd', name: 'g', arguments: '{}', runsOn: 'client' },
      ],
    ],
  ])('%s', (_, payloads, parts) => {
    expect(collect(decodeStream(payloads)).parts).toEqual(parts)
  })
})

describe('how a stream ends', () => {
  test.each<[string, JsonObject[], object]>([
    [
      'with a reason',
      [chunk([{ text: 'a' }], 'MAX_TOKENS')],
      { type: 'response-end', stop: { reason: 'length' }, usage: { fresh: 5, output: 2 } },
    ],
    [
      'after a call',
      [chunk([{ functionCall: { name: 'f', args: {} } }], 'STOP')],
      { type: 'response-end', stop: { reason: 'tool-calls' } },
    ],
    [
      'without a reason',
      [chunk([{ text: 'a' }])],
      { type: 'error', error: { code: 'upstream-failed' } },
    ],
    [
      'with an error',
      [
        chunk([{ text: 'a' }]),
        { error: { code: 503, message: 'The model is overloaded.', status: 'UNAVAILABLE' } },
      ],
      { type: 'error', error: { code: 'overloaded' } },
    ],
  ])('%s', (_, payloads, last) => {
    expect(decodeStream(payloads).at(-1)).toMatchObject(last)
  })
})

describe('events become chunks', () => {
  const begin: StreamEvent = { type: 'response-start', id: 'reply_1', model: 'served' }
  const finish: StreamEvent = {
    type: 'response-end',
    stop: { reason: 'end', raw: null },
    usage: { fresh: 5, output: 9 },
  }
  const written = (...events: StreamEvent[]): JsonObject[] =>
    encodeStream([begin, ...events, finish]).flatMap(({ candidates }) =>
      list(object(list(candidates)[0]?.content).parts),
    )

  test.each<[string, StreamEvent[], JsonObject[]]>([
    [
      'text as it comes',
      grown(0, text(''), { text: 'a' }, { text: 'b' }),
      [{ text: 'a' }, { text: 'b' }],
    ],
    [
      'a call at once, when its arguments are whole',
      grown(
        0,
        { type: 'tool-call', id: 'c', name: 'f', arguments: '', runsOn: 'client' },
        { arguments: '{"a"' },
        { arguments: ':1}' },
      ),
      [{ functionCall: { id: 'c', name: 'f', args: { a: 1 } } }],
    ],
    [
      'a thought',
      grown(0, { type: 'thinking', text: '' }, { text: 'a' }),
      [{ text: 'a', thought: true }],
    ],
  ])('%s', (_, events, parts) => {
    expect(written(...events).filter(part => part.text !== '')).toEqual(parts)
  })

  test('the last chunk has the reason and the counts', () => {
    expect(
      encodeStream([begin, ...grown(0, text(''), { text: 'a' }), finish]).at(-1),
    ).toMatchObject({
      candidates: [{ finishReason: 'STOP' }],
      usageMetadata: { promptTokenCount: 5, candidatesTokenCount: 9, totalTokenCount: 14 },
    })
  })
})
