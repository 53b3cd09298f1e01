import { describe, expect, test } from 'bun:test'
import type { ConversationRequest, Message, Part } from '../../../src/conversation/index.ts'
import type { JsonObject } from '../../../src/lib/json/json.ts'
import { openaiResponses } from '../../../src/protocols/openai-responses/index.ts'
import { codecTables, text } from '../../support/codec-tables.ts'

const { decodeRequest, encodeRequest } = codecTables(openaiResponses, 'gpt-4.1')

const HI: Message = { role: 'user', parts: [text('hi')] }
const hi = { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'hi' }] }

describe('a piece of content is the part, and the part is the piece', () => {
  test.each<[string, JsonObject, Part]>([
    ['text', { type: 'input_text', text: 'a' }, text('a')],
    [
      'an image',
      { type: 'input_image', detail: 'auto', image_url: 'data:image/png;base64,AAAA' },
      { type: 'image', source: { from: 'base64', mediaType: 'image/png', data: 'AAAA' } },
    ],
    [
      'an image by address',
      { type: 'input_image', detail: 'auto', image_url: 'https://a.test/b.png' },
      { type: 'image', source: { from: 'url', url: 'https://a.test/b.png' } },
    ],
    [
      'a file',
      {
        type: 'input_file',
        filename: 'a.pdf',
        file_data: 'data:application/pdf;base64,JVBE',
      },
      {
        type: 'document',
        source: { from: 'base64', mediaType: 'application/pdf', data: 'JVBE' },
        name: 'a.pdf',
      },
    ],
  ])('%s', (_, piece, part) => {
    const input = [{ type: 'message', role: 'user', content: [piece] }]
    expect(decodeRequest({ input }).messages[0]?.parts).toMatchObject([part])
    expect(encodeRequest({ messages: [{ role: 'user', parts: [part] }] }).body.input).toEqual(input)
  })

  test('a bare text is a message of the user', () => {
    expect(decodeRequest({ input: 'hi' }).messages).toMatchObject([HI])
  })
})

describe('turns', () => {
  const call: Part = {
    type: 'tool-call',
    id: 'c',
    name: 'f',
    arguments: '{"a": 1}',
    runsOn: 'client',
  }
  const result: Part = {
    type: 'tool-result',
    callId: 'c',
    parts: [text('b')],
    failed: false,
    runsOn: 'client',
  }
  const item = (callId: string): JsonObject => ({
    type: 'function_call',
    call_id: callId,
    name: 'f',
    arguments: '{"a": 1}',
  })
  const output = (callId: string): JsonObject => ({
    type: 'function_call_output',
    call_id: callId,
    output: 'b',
  })

  test.each<[string, JsonObject[], Message[]]>([
    [
      'a call, its arguments byte for byte, and its result',
      [hi, item('c'), output('c')],
      [HI, { role: 'assistant', parts: [call] }, { role: 'user', parts: [result] }],
    ],
    [
      'two calls side by side',
      [hi, item('c'), item('d'), output('c'), output('d')],
      [
        HI,
        { role: 'assistant', parts: [call, { ...call, id: 'd' }] },
        { role: 'user', parts: [result, { ...result, callId: 'd' }] },
      ],
    ],
  ])('%s', (_, input, messages) => {
    const parts = decodeRequest({ input }).messages.flatMap(message => message.parts)
    expect(parts).toMatchObject(messages.flatMap(message => message.parts))
    expect(encodeRequest({ messages }).body.input).toEqual(input)
  })

  test('a call that failed is told in its output', () => {
    const messages: Message[] = [
      HI,
      { role: 'assistant', parts: [call] },
      { role: 'user', parts: [{ ...result, failed: true }] },
    ]
    expect(encodeRequest({ messages }).body.input).toMatchObject([
      hi,
      item('c'),
      { ...output('c'), output: 'Error: b' },
    ])
  })

  test('reasoning goes back to the provider that sealed it, and to no other', () => {
    const reasoning = {
      type: 'reasoning',
      id: 'rs_1',
      summary: [{ type: 'summary_text', text: 'a' }],
      encrypted_content: 's',
    }
    const { messages } = decodeRequest({ input: [hi, reasoning, hi] })
    expect(messages[1]?.parts).toMatchObject([
      { type: 'thinking', text: 'a', seal: { issuer: 'up' } },
    ])
    expect(encodeRequest({ messages }).body.input).toMatchObject([hi, reasoning, hi])
    const others = messages.map(message => ({
      ...message,
      parts: message.parts.map(part =>
        part.seal ? { ...part, seal: { ...part.seal, issuer: 'other' } } : part,
      ),
    }))
    const { body, losses } = encodeRequest({ messages: others })
    expect(JSON.stringify(body.input)).not.toContain('reasoning')
    expect(losses).toEqual(['input[1].content[0]'])
  })
})

describe('a setting is the member, and the member is the setting', () => {
  test.each<[string, JsonObject, Partial<ConversationRequest>]>([
    ['instructions', { instructions: 's' }, { system: [text('s')] }],
    [
      'sampling',
      { max_output_tokens: 100, temperature: 0.5, top_p: 0.5 },
      { sampling: { maxOutputTokens: 100, temperature: 0.5, topP: 0.5 } },
    ],
    [
      'JSON by a schema',
      {
        text: {
          format: { type: 'json_schema', name: 'n', strict: true, schema: { type: 'object' } },
        },
      },
      { format: { type: 'json', name: 'n', strict: true, schema: { type: 'object' } } },
    ],
    [
      'tools, and one call at a time',
      {
        parallel_tool_calls: false,
        tools: [
          {
            type: 'function',
            name: 'f',
            description: 'd',
            strict: false,
            parameters: { type: 'object', properties: {} },
          },
          { type: 'custom', name: 'g', description: 'd' },
        ],
      },
      {
        parallelTools: false,
        tools: [
          {
            type: 'function',
            name: 'f',
            description: 'd',
            strict: false,
            parameters: { type: 'object', properties: {} },
          },
          { type: 'custom', name: 'g', description: 'd' },
        ],
      },
    ],
  ])('%s', (_, members, request) => {
    expect(decodeRequest({ input: 'hi', ...members })).toMatchObject(request)
    const { body, losses } = encodeRequest({ messages: [HI], ...request })
    expect(body).toMatchObject(members)
    expect(losses).toEqual([])
  })

  test('an effort is the reasoning of a model that reasons', () => {
    expect(decodeRequest({ input: 'hi', reasoning: { effort: 'low' } }).thinking).toEqual({
      effort: 'low',
    })
    const { encodeRequest } = codecTables(openaiResponses, 'gpt-5.2')
    expect(encodeRequest({ messages: [HI], thinking: { effort: 'low' } }).body).toMatchObject({
      reasoning: { effort: 'low' },
    })
  })

  test.each<[string, JsonObject | string, ConversationRequest['toolChoice']]>([
    ['any tool', 'required', { mode: 'required' }],
    ['no tool', 'none', { mode: 'none' }],
    ['one tool', { type: 'function', name: 'f' }, { mode: 'tool', name: 'f' }],
  ])('tool_choice: %s', (_, tool_choice, toolChoice) => {
    const tools = [{ type: 'function', name: 'f', strict: false, parameters: { type: 'object' } }]
    const decoded = decodeRequest({ input: 'hi', tools, tool_choice })
    expect(decoded.toolChoice).toEqual(toolChoice)
    const request = { messages: [HI], tools: decoded.tools, toolChoice }
    expect(encodeRequest(request).body.tool_choice).toEqual(tool_choice)
  })
})

describe('what a request of another protocol loses', () => {
  test.each<[string, Partial<ConversationRequest>, string[]]>([
    [
      'sampling it does not have',
      { sampling: { topK: 2, seed: 1, presencePenalty: 1, stop: ['a'] } },
      ['topK', 'seed', 'presencePenalty', 'stop'],
    ],
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
      ['input[0].content[0]'],
    ],
  ])('%s', (_, request, losses) => {
    expect(encodeRequest({ messages: [HI], ...request }).losses).toEqual(losses)
  })

  test('nothing is kept at the provider', () => {
    expect(encodeRequest({ messages: [HI] }).body.store).toBe(false)
  })
})
