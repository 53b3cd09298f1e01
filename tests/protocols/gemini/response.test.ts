import { describe, expect, test } from 'bun:test'
import type { Part, Stop } from '../../../src/conversation/index.ts'
import type { JsonObject } from '../../../src/lib/json/json.ts'
import { gemini } from '../../../src/protocols/gemini/index.ts'
import { codecTables, text } from '../../support/codec-tables.ts'
import { list, object } from '../../support/readers/seen.ts'

const { decodeResponse, encodeResponse } = codecTables(gemini)

const reply = (
  parts: JsonObject[],
  members: JsonObject = {},
  candidate: JsonObject = {},
): JsonObject => ({
  candidates: [{ content: { role: 'model', parts }, finishReason: 'STOP', index: 0, ...candidate }],
  usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 1, totalTokenCount: 2 },
  modelVersion: 'served',
  responseId: 'r',
  ...members,
})
const writtenParts = (parts: Part[]): unknown =>
  object(list(encodeResponse({ parts }).body.candidates)[0]?.content).parts

describe('a part of a reply is the part, and the other way round', () => {
  test.each<[string, JsonObject, Part]>([
    ['text', { text: 'a' }, text('a')],
    [
      'a call',
      { functionCall: { id: 'c', name: 'f', args: { a: 1 } } },
      { type: 'tool-call', id: 'c', name: 'f', arguments: '{"a":1}', runsOn: 'client' },
    ],
    [
      'a call with its signature',
      { functionCall: { id: 'c', name: 'f', args: {} }, thoughtSignature: 's' },
      {
        type: 'tool-call',
        id: 'c',
        name: 'f',
        arguments: '{}',
        runsOn: 'client',
        seal: { issuer: 'up', protocol: 'gemini', value: 's' },
      },
    ],
    // An empty seal: only who thought it is known.
    [
      'a thought',
      { text: 'a', thought: true },
      { type: 'thinking', text: 'a', seal: { issuer: 'up', protocol: 'gemini', value: '' } },
    ],
    [
      'an image',
      { inlineData: { mimeType: 'image/png', data: 'AAAA' } },
      { type: 'image', source: { from: 'base64', mediaType: 'image/png', data: 'AAAA' } },
    ],
  ])('%s', (_, wire, part) => {
    expect(decodeResponse(reply([wire])).parts).toEqual([part])
    expect(writtenParts([part])).toEqual([wire])
  })

  test('a refusal of another protocol is text', () => {
    expect(writtenParts([{ type: 'refusal', text: 'no' }])).toEqual([{ text: 'no' }])
  })
})

test.each<[string, JsonObject[], Stop['reason']]>([
  ['STOP', [{ text: 'a' }], 'end'],
  ['STOP', [{ functionCall: { name: 'f', args: {} } }], 'tool-calls'],
  ['MAX_TOKENS', [{ text: 'a' }], 'length'],
  ['SAFETY', [{ text: 'a' }], 'refusal'],
  ['RECITATION', [{ text: 'a' }], 'refusal'],
  ['SOMETHING_NEW', [{ text: 'a' }], 'other'],
])('finishReason %s after %j is %s', (finishReason, parts, reason) => {
  expect(decodeResponse(reply(parts, {}, { finishReason })).stop).toMatchObject({ reason })
})

test('a prompt that is blocked is a refusal', () => {
  const body = { promptFeedback: { blockReason: 'SAFETY' }, usageMetadata: { promptTokenCount: 3 } }
  expect(decodeResponse(body).stop.reason).toBe('refusal')
})

test.each<[Stop['reason'], string]>([
  ['end', 'STOP'],
  ['stop-sequence', 'STOP'],
  ['tool-calls', 'STOP'],
  ['length', 'MAX_TOKENS'],
  ['refusal', 'SAFETY'],
])('a stop of another protocol: %s is %s', (reason, finishReason) => {
  const { candidates } = encodeResponse({ parts: [text('a')], stop: { reason, raw: null } }).body
  expect(candidates).toMatchObject([{ finishReason }])
})

test('counts: what is cached is within the prompt, thoughts are beside the candidates', () => {
  const usageMetadata = {
    promptTokenCount: 12,
    cachedContentTokenCount: 7,
    candidatesTokenCount: 3,
    thoughtsTokenCount: 4,
    totalTokenCount: 19,
  }
  const { usage } = decodeResponse(reply([{ text: 'a' }], { usageMetadata }))
  expect(usage).toMatchObject({ fresh: 5, cacheRead: 7, output: 7, reasoning: 4 })
  const { raw: _, ...counts } = usage
  expect(encodeResponse({ parts: [text('a')], usage: counts }).body.usageMetadata).toMatchObject(
    usageMetadata,
  )
})

test('grounding is a citation', () => {
  const groundingMetadata = {
    groundingChunks: [{ web: { uri: 'https://a.test/', title: 'Log' } }],
    groundingSupports: [
      { segment: { startIndex: 0, endIndex: 1, text: 'a' }, groundingChunkIndices: [0] },
    ],
  }
  const { parts } = decodeResponse(reply([{ text: 'a' }], {}, { groundingMetadata }))
  expect(parts[0]).toMatchObject({ citations: [{ url: 'https://a.test/', title: 'Log' }] })
})

test('an error in the place of a reply is thrown', () => {
  const error = { code: 429, message: 'Resource has been exhausted', status: 'RESOURCE_EXHAUSTED' }
  expect(() => decodeResponse({ error })).toThrow('Resource has been exhausted')
})
