import { describe, expect, test } from 'bun:test'
import type { ConversationRequest, Message, Part } from '../../../src/conversation/index.ts'
import type { JsonObject } from '../../../src/lib/json/json.ts'
import { gemini } from '../../../src/protocols/gemini/index.ts'
import { codecTables, text } from '../../support/codec-tables.ts'

const { decodeRequest, encodeRequest } = codecTables(gemini, 'gemini-2.5-flash')

const HI: Message = { role: 'user', parts: [text('hi')] }
const hi = { role: 'user', parts: [{ text: 'hi' }] }
const seal = (value: string) => ({ issuer: 'up', protocol: 'gemini' as const, value })

describe('a part of the wire is the part, and the other way round', () => {
  test.each<[string, JsonObject, Part]>([
    ['text', { text: 'a' }, text('a')],
    [
      'an image',
      { inlineData: { mimeType: 'image/png', data: 'AAAA' } },
      { type: 'image', source: { from: 'base64', mediaType: 'image/png', data: 'AAAA' } },
    ],
    [
      'a document',
      { inlineData: { mimeType: 'application/pdf', data: 'JVBE' } },
      { type: 'document', source: { from: 'base64', mediaType: 'application/pdf', data: 'JVBE' } },
    ],
    [
      'sound',
      { inlineData: { mimeType: 'audio/wav', data: 'AAAA' } },
      { type: 'audio', source: { from: 'base64', mediaType: 'audio/wav', data: 'AAAA' } },
    ],
    [
      'a document by address',
      { fileData: { mimeType: 'application/pdf', fileUri: 'https://a.test/b' } },
      {
        type: 'document',
        source: { from: 'url', url: 'https://a.test/b', mediaType: 'application/pdf' },
      },
    ],
  ])('%s', (_, wire, part) => {
    expect(
      decodeRequest({ contents: [{ role: 'user', parts: [wire] }] }).messages[0]?.parts,
    ).toEqual([part])
    expect(encodeRequest({ messages: [{ role: 'user', parts: [part] }] }).body.contents).toEqual([
      { role: 'user', parts: [wire] },
    ])
  })
})

describe('turns', () => {
  const call: Part = {
    type: 'tool-call',
    id: 'c',
    name: 'f',
    arguments: '{"a":1}',
    runsOn: 'client',
  }
  const result = (failed: boolean): Part => ({
    type: 'tool-result',
    callId: 'c',
    name: 'f',
    parts: [text('b')],
    failed,
    runsOn: 'client',
  })
  const called = { functionCall: { id: 'c', name: 'f', args: { a: 1 } } }
  const response = (members: JsonObject): JsonObject => ({
    functionResponse: { id: 'c', name: 'f', response: members },
  })

  test.each<[string, JsonObject[], Message[]]>([
    [
      'a call and its result',
      [
        hi,
        { role: 'model', parts: [called] },
        { role: 'user', parts: [response({ output: 'b' })] },
      ],
      [HI, { role: 'assistant', parts: [call] }, { role: 'user', parts: [result(false)] }],
    ],
    [
      'a call that failed',
      [hi, { role: 'model', parts: [called] }, { role: 'user', parts: [response({ error: 'b' })] }],
      [HI, { role: 'assistant', parts: [call] }, { role: 'user', parts: [result(true)] }],
    ],
    [
      'a call with its signature',
      [
        hi,
        { role: 'model', parts: [{ ...called, thoughtSignature: 's' }] },
        { role: 'user', parts: [response({ output: 'b' })] },
      ],
      [
        HI,
        { role: 'assistant', parts: [{ ...call, seal: seal('s') }] },
        { role: 'user', parts: [result(false)] },
      ],
    ],
  ])('%s', (_, contents, messages) => {
    const decoded = decodeRequest({ contents }).messages
    expect(decoded.map(({ role, parts }) => ({ role, parts }))).toEqual(messages)
    expect(encodeRequest({ messages }).body.contents).toEqual(contents)
  })

  test('a result stands by name where calls have no ids', () => {
    const contents = [
      hi,
      { role: 'model', parts: [{ functionCall: { name: 'f', args: {} } }] },
      { role: 'user', parts: [{ functionResponse: { name: 'f', response: { output: 'b' } } }] },
    ]
    const [, asking, answering] = decodeRequest({ contents }).messages
    const [asked, answered] = [asking?.parts[0], answering?.parts[0]]
    expect(asked?.type === 'tool-call' && answered?.type === 'tool-result').toBe(true)
    if (asked?.type === 'tool-call' && answered?.type === 'tool-result')
      expect(answered.callId).toBe(asked.id)
  })
})

describe('a setting is the member, and the member is the setting', () => {
  test.each<[string, JsonObject, Partial<ConversationRequest>]>([
    ['system', { systemInstruction: { parts: [{ text: 's' }] } }, { system: [text('s')] }],
    [
      'sampling',
      {
        generationConfig: {
          maxOutputTokens: 100,
          temperature: 0.5,
          topK: 2,
          topP: 0.5,
          seed: 1,
          stopSequences: ['a'],
        },
      },
      {
        sampling: {
          maxOutputTokens: 100,
          temperature: 0.5,
          topK: 2,
          topP: 0.5,
          seed: 1,
          stop: ['a'],
        },
      },
    ],
    [
      'JSON by a schema',
      {
        generationConfig: {
          responseMimeType: 'application/json',
          responseJsonSchema: { type: 'object' },
        },
      },
      { format: { type: 'json', schema: { type: 'object' } } },
    ],
    [
      'thinking',
      { generationConfig: { thinkingConfig: { thinkingBudget: 1024, includeThoughts: true } } },
      { thinking: { budgetTokens: 1024 }, showThinking: true },
    ],
    [
      'a tool',
      {
        tools: [
          {
            functionDeclarations: [
              {
                name: 'f',
                description: 'd',
                parametersJsonSchema: { type: 'object', properties: {} },
              },
            ],
          },
        ],
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
    expect(decodeRequest({ contents: [hi], ...members })).toMatchObject(request)
    const { body, losses } = encodeRequest({ messages: [HI], ...request })
    expect(body).toMatchObject(members)
    expect(losses).toEqual([])
  })

  test.each<[string, JsonObject, ConversationRequest['toolChoice']]>([
    ['any tool', { mode: 'ANY' }, { mode: 'required' }],
    ['no tool', { mode: 'NONE' }, { mode: 'none' }],
    ['one tool', { mode: 'ANY', allowedFunctionNames: ['f'] }, { mode: 'tool', name: 'f' }],
  ])('functionCallingConfig: %s', (_, functionCallingConfig, toolChoice) => {
    const toolConfig = { functionCallingConfig }
    const tools = [{ functionDeclarations: [{ name: 'f' }] }]
    const decoded = decodeRequest({ contents: [hi], tools, toolConfig })
    expect(decoded.toolChoice).toEqual(toolChoice)
    const request = { messages: [HI], tools: decoded.tools, toolChoice }
    expect(encodeRequest(request).body.toolConfig).toEqual(toolConfig)
  })

  test('types in capitals are a schema’s', () => {
    const parameters = { type: 'OBJECT', properties: { a: { type: 'STRING' } } }
    const tools = [{ functionDeclarations: [{ name: 'f', parameters }] }]
    expect(decodeRequest({ contents: [hi], tools }).tools).toMatchObject([
      { parameters: { type: 'object', properties: { a: { type: 'string' } } } },
    ])
  })
})

describe('what a request of another protocol loses', () => {
  test.each<[string, Partial<ConversationRequest>, string[]]>([
    [
      'one call at a time',
      { tools: [{ type: 'function', name: 'f', parameters: {} }], parallelTools: false },
      ['parallel_tool_calls'],
    ],
    [
      'a seal of another provider',
      {
        messages: [
          HI,
          {
            role: 'assistant',
            parts: [
              {
                type: 'thinking',
                text: 'a',
                seal: { issuer: 'other', protocol: 'anthropic', value: 's' },
              },
              text('x'),
            ],
          },
          HI,
        ],
      },
      ['contents[1].parts[0]'],
    ],
  ])('%s', (_, request, losses) => {
    expect(encodeRequest({ messages: [HI], ...request }).losses).toEqual(losses)
  })
})
