import { describe, expect, test } from 'bun:test'
import type { JsonObject } from '../../../src/lib/json/json.ts'
import { list, object } from '../../support/readers/seen.ts'
import { translated } from '../../support/translated.ts'

const toChat = (body: JsonObject): JsonObject =>
  translated('gemini', 'openai-chat', body, { model: 'gpt-4.1' }).body

const QUESTION: JsonObject = { role: 'user', parts: [{ text: 'hi' }] }
const F: JsonObject = { name: 'f', parameters: { type: 'OBJECT', properties: {} } }

describe('requests are read as Google’s parser reads them', () => {
  test.each<[string, JsonObject]>([
    ['lists', { tools: [{ functionDeclarations: [F] }] }],
    ['one object for each list', { tools: { functionDeclarations: F } }],
    ['snake case', { tools: { function_declarations: F } }],
  ])('tools: %s', (_, more) => {
    const { tools } = toChat({ contents: [QUESTION], ...more })
    expect(list(tools).map(tool => object(tool.function).name)).toEqual(['f'])
  })

  test.each<[string, JsonObject]>([
    [
      'as documented',
      {
        generationConfig: {
          maxOutputTokens: 100,
          temperature: 0.5,
          topP: 0.9,
          seed: 7,
          stopSequences: ['END'],
        },
      },
    ],
    [
      'numbers as text, one for a list',
      {
        generationConfig: {
          maxOutputTokens: '100',
          temperature: '0.5',
          topP: '9e-1',
          seed: '7',
          stopSequences: 'END',
        },
      },
    ],
    [
      'snake case',
      {
        generation_config: {
          max_output_tokens: '100',
          temperature: 0.5,
          top_p: 0.9,
          seed: 7,
          stop_sequences: ['END'],
        },
      },
    ],
  ])('configuration: %s', (_, config) => {
    expect(toChat({ contents: [QUESTION], ...config })).toMatchObject({
      temperature: 0.5,
      top_p: 0.9,
      seed: 7,
      stop: ['END'],
    })
    const { body } = translated('gemini', 'anthropic', { contents: [QUESTION], ...config })
    expect(body).toMatchObject({ max_tokens: 100, stop_sequences: ['END'] })
  })

  test.each<[string, JsonObject]>([
    ['by name', { thinkingConfig: { thinkingLevel: 'HIGH', includeThoughts: true } }],
    ['by number', { thinkingConfig: { thinkingLevel: 3, includeThoughts: 'true' } }],
    ['snake case', { thinking_config: { thinking_level: 'high', include_thoughts: true } }],
    ['as a budget in text', { thinkingConfig: { thinkingBudget: '24576' } }],
  ])('thinking: %s', (_, generationConfig) => {
    const { body } = translated(
      'gemini',
      'openai-chat',
      { contents: [QUESTION], generationConfig },
      { model: 'gpt-5.2' },
    )
    expect(body.reasoning_effort).toBe('high')
  })

  test.each<[string, JsonObject, unknown]>([
    ['by name', { mode: 'ANY' }, 'required'],
    ['by number', { mode: 2 }, 'required'],
    ['none', { mode: 3 }, 'none'],
    [
      'one name for a list',
      { mode: 'ANY', allowedFunctionNames: 'f' },
      { type: 'function', function: { name: 'f' } },
    ],
    [
      'snake case',
      { mode: 'any', allowed_function_names: ['f'] },
      { type: 'function', function: { name: 'f' } },
    ],
  ])('tool choice: %s', (_, calling, expected) => {
    const body = {
      contents: [QUESTION],
      tools: { functionDeclarations: F },
      toolConfig: { functionCallingConfig: calling },
    }
    expect(toChat(body).tool_choice).toEqual(expected as JsonObject)
  })

  test('contents and parts: one, or just words', () => {
    for (const contents of [
      [QUESTION],
      QUESTION,
      'hi',
      { role: 'user', parts: { text: 'hi' } },
      [{ parts: ['hi'] }],
    ])
      expect(list(toChat({ contents }).messages)).toMatchObject([{ role: 'user', content: 'hi' }])
  })

  test('schemas with types as numbers', () => {
    const parameters = {
      type: 6,
      properties: { a: { type: 1 }, b: { type: 5, items: { type: 3 } } },
    }
    const { tools } = toChat({
      contents: [QUESTION],
      tools: { functionDeclarations: { name: 'f', parameters } },
    })
    expect(object(list(tools)[0]?.function).parameters).toEqual({
      type: 'object',
      properties: { a: { type: 'string' }, b: { type: 'array', items: { type: 'integer' } } },
    })
  })
})

describe('a file by its address', () => {
  const fileTo = (fileUri: string) =>
    translated('gemini', 'anthropic', {
      contents: [
        {
          role: 'user',
          parts: [{ text: 'What?' }, { fileData: { fileUri, mimeType: 'image/png' } }],
        },
      ],
    })

  test.each([
    'https://example.com/x.png',
    'https://storage.googleapis.com/bucket/x.png',
    'https://bucket.storage.googleapis.com/x.png',
    'https://example.com/googleapis.com/x.png',
    'https://generativelanguage.googleapis.com/pictures/x.png',
  ])('%s is an address for everybody', uri => {
    const { body, losses } = fileTo(uri)
    expect(list(list(body.messages)[0]?.content)[1]).toMatchObject({
      type: 'image',
      source: { type: 'url', url: uri },
    })
    expect(losses).toEqual([])
  })

  test.each([
    'https://generativelanguage.googleapis.com/v1beta/files/abc-123',
    'https://generativelanguage.googleapis.com/files/abc-123',
    'gs://bucket/x.png',
  ])('%s is stored where only Google finds it', uri => {
    expect(fileTo(uri).losses).toHaveLength(1)
  })
})
