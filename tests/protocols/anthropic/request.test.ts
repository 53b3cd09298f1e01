import { describe, expect, test } from 'bun:test'
import type { ConversationRequest, Message, Part } from '../../../src/conversation/index.ts'
import type { JsonObject } from '../../../src/lib/json/json.ts'
import { anthropic } from '../../../src/protocols/anthropic/index.ts'
import { codecTables, text } from '../../support/codec-tables.ts'

const { decodeRequest, encodeRequest } = codecTables(anthropic, 'claude-sonnet-4-5')

const HI: Message = { role: 'user', parts: [text('hi')] }
const base = { max_tokens: 100, messages: [{ role: 'user', content: 'hi' }] }

describe('a block is the part, and the part is the block', () => {
  test.each<[string, JsonObject, Part]>([
    ['text', { type: 'text', text: 'a' }, text('a')],
    [
      'a marked prefix',
      { type: 'text', text: 'a', cache_control: { type: 'ephemeral', ttl: '1h' } },
      { type: 'text', text: 'a', cache: { ttl: '1h' } },
    ],
    [
      'an image',
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } },
      { type: 'image', source: { from: 'base64', mediaType: 'image/png', data: 'AAAA' } },
    ],
    [
      'an image by address',
      { type: 'image', source: { type: 'url', url: 'https://a.test/b.png' } },
      { type: 'image', source: { from: 'url', url: 'https://a.test/b.png' } },
    ],
    [
      'a document with a title',
      {
        type: 'document',
        source: { type: 'base64', media_type: 'application/pdf', data: 'JVBE' },
        title: 'a.pdf',
      },
      {
        type: 'document',
        source: { from: 'base64', mediaType: 'application/pdf', data: 'JVBE' },
        name: 'a.pdf',
      },
    ],
  ])('%s', (_, block, part) => {
    const body = { ...base, messages: [{ role: 'user', content: [block] }] }
    expect(decodeRequest(body).messages[0]?.parts).toEqual([part])
    expect(encodeRequest({ messages: [{ role: 'user', parts: [part] }] }).body.messages).toEqual(
      body.messages,
    )
  })
})

describe('turns', () => {
  const call: Part = {
    type: 'tool-call',
    id: 'toolu_1',
    name: 'f',
    arguments: '{"a":1}',
    runsOn: 'client',
  }
  const use = { type: 'tool_use', id: 'toolu_1', name: 'f', input: { a: 1 } }
  const result = (failed: boolean): Part => ({
    type: 'tool-result',
    callId: 'toolu_1',
    parts: [text('b')],
    failed,
    runsOn: 'client',
  })

  test.each<[string, JsonObject[], Message[]]>([
    [
      'a call and its result',
      [
        { role: 'user', content: [{ type: 'text', text: 'hi' }] },
        { role: 'assistant', content: [use] },
        {
          role: 'user',
          content: [
            {
              type: 'tool_result',
              tool_use_id: 'toolu_1',
              content: [{ type: 'text', text: 'b' }],
            },
          ],
        },
      ],
      [HI, { role: 'assistant', parts: [call] }, { role: 'user', parts: [result(false)] }],
    ],
    [
      'a call that failed',
      [
        { role: 'user', content: [{ type: 'text', text: 'hi' }] },
        { role: 'assistant', content: [use] },
        {
          role: 'user',
          content: [
            {
              type: 'tool_result',
              tool_use_id: 'toolu_1',
              is_error: true,
              content: [{ type: 'text', text: 'b' }],
            },
          ],
        },
      ],
      [HI, { role: 'assistant', parts: [call] }, { role: 'user', parts: [result(true)] }],
    ],
    [
      'thinking with its signature',
      [
        { role: 'user', content: [{ type: 'text', text: 'hi' }] },
        { role: 'assistant', content: [{ type: 'thinking', thinking: 'a', signature: 's' }] },
        { role: 'user', content: [{ type: 'text', text: 'hi' }] },
      ],
      [
        HI,
        {
          role: 'assistant',
          parts: [
            {
              type: 'thinking',
              text: 'a',
              seal: { issuer: 'up', protocol: 'anthropic', value: 's' },
            },
          ],
        },
        HI,
      ],
    ],
  ])('%s', (_, wire, messages) => {
    const decoded = decodeRequest({ ...base, messages: wire }).messages
    expect(decoded.map(({ role, parts }) => ({ role, parts }))).toEqual(messages)
    expect(encodeRequest({ messages }).body.messages).toEqual(wire)
  })
})

describe('a setting is the member, and the member is the setting', () => {
  test.each<[string, JsonObject, Partial<ConversationRequest>]>([
    ['system', { system: [{ type: 'text', text: 'a' }] }, { system: [text('a')] }],
    ['temperature', { temperature: 0.5 }, { sampling: { maxOutputTokens: 100, temperature: 0.5 } }],
    ['top_k', { top_k: 5 }, { sampling: { maxOutputTokens: 100, topK: 5 } }],
    ['stops', { stop_sequences: ['a'] }, { sampling: { maxOutputTokens: 100, stop: ['a'] } }],
    [
      'a tool',
      {
        tools: [{ name: 'f', description: 'd', input_schema: { type: 'object', properties: {} } }],
      },
      {
        tools: [
          {
            type: 'function',
            name: 'f',
            description: 'd',
            parameters: { type: 'object', properties: {} },
          },
        ],
      },
    ],
  ])('%s', (_, members, request) => {
    expect(decodeRequest({ ...base, ...members })).toMatchObject(request)
    const { body, losses } = encodeRequest({ messages: [HI], ...request })
    expect(body).toMatchObject(members)
    expect(losses).toEqual([])
  })

  test.each<[string, JsonObject, ConversationRequest['toolChoice'], boolean | undefined]>([
    ['any tool', { type: 'any' }, { mode: 'required' }, undefined],
    ['no tool', { type: 'none' }, { mode: 'none' }, undefined],
    ['one tool', { type: 'tool', name: 'f' }, { mode: 'tool', name: 'f' }, undefined],
    [
      'one call at a time',
      { type: 'auto', disable_parallel_tool_use: true },
      { mode: 'auto' },
      false,
    ],
  ])('tool_choice: %s', (_, tool_choice, toolChoice, parallelTools) => {
    const tools = [{ name: 'f', input_schema: { type: 'object', properties: {} } }]
    const decoded = decodeRequest({ ...base, tools, tool_choice })
    expect([decoded.toolChoice, decoded.parallelTools]).toEqual([toolChoice, parallelTools])
    const request = { messages: [HI], tools: decoded.tools, toolChoice, parallelTools }
    expect(encodeRequest(request).body.tool_choice).toEqual(tool_choice)
  })
})

describe('what a request of another protocol loses', () => {
  test.each<[string, Partial<ConversationRequest>, string[]]>([
    ['a seed', { sampling: { seed: 1 } }, ['seed']],
    [
      'penalties',
      { sampling: { presencePenalty: 1, frequencyPenalty: 1 } },
      ['presencePenalty', 'frequencyPenalty'],
    ],
    ['JSON without a schema', { format: { type: 'json' } }, ['response_format']],
    [
      'sound',
      {
        messages: [
          {
            role: 'user',
            parts: [
              { type: 'audio', source: { from: 'base64', mediaType: 'audio/wav', data: 'AAAA' } },
            ],
          },
        ],
      },
      ['messages[0].content[0]'],
    ],
  ])('%s', (_, request, losses) => {
    expect(encodeRequest({ messages: [HI], ...request }).losses).toEqual(losses)
  })

  test('an answer always has a limit', () => {
    expect(encodeRequest({ messages: [HI] }).body.max_tokens).toBeGreaterThan(0)
  })
})
