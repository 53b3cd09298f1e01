import { describe, expect, test } from 'bun:test'
import type { JsonValue } from '../../src/lib/json/json.ts'
import type { ModelPage } from '../../src/protocols/codec.ts'
import { codecFor, codecs } from '../../src/protocols/index.ts'

const read = (protocol: 'anthropic' | 'openai-chat' | 'gemini', wire: JsonValue) =>
  codecFor(protocol)?.decodeModels(wire)

describe('a list of models, as its service writes it', () => {
  test.each<[string, 'anthropic' | 'openai-chat' | 'gemini', JsonValue, ModelPage]>([
    [
      'OpenAI tells names',
      'openai-chat',
      {
        object: 'list',
        data: [{ id: 'gpt-5.5', object: 'model', created: 1, owned_by: 'openai' }],
      },
      { models: [{ name: 'gpt-5.5' }] },
    ],
    [
      'OpenRouter tells contexts and outputs',
      'openai-chat',
      {
        data: [
          {
            id: 'z-ai/glm-4.6',
            context_length: 202_752,
            architecture: { input_modalities: ['text'], output_modalities: ['text'] },
            top_provider: { context_length: 202_752, max_completion_tokens: 65_536 },
            supported_parameters: ['tools'],
          },
          { id: 'x/y', context_length: 8_192, top_provider: { max_completion_tokens: null } },
        ],
      },
      {
        models: [
          {
            name: 'z-ai/glm-4.6',
            contextTokens: 202_752,
            maxOutputTokens: 65_536,
            lacks: ['images', 'audio', 'video', 'structured-output'],
          },
          { name: 'x/y', contextTokens: 8_192 },
        ],
      },
    ],
    [
      'Groq lists what it no longer serves',
      'openai-chat',
      {
        data: [
          { id: 'on', active: true, context_window: 131_072, max_completion_tokens: 32_768 },
          { id: 'gone', active: false },
        ],
      },
      { models: [{ name: 'on', contextTokens: 131_072, maxOutputTokens: 32_768 }] },
    ],
    [
      'vLLM',
      'openai-chat',
      { data: [{ id: 'Qwen/Qwen3', max_model_len: 40_960 }] },
      { models: [{ name: 'Qwen/Qwen3', contextTokens: 40_960 }] },
    ],
    [
      'Mistral and Moonshot tell what a model cannot take',
      'openai-chat',
      {
        data: [
          { id: 'm', capabilities: { function_calling: false, vision: false } },
          { id: 'able', capabilities: { function_calling: true, vision: true } },
          { id: 'kimi', supports_image_in: false, supports_video_in: true },
        ],
      },
      {
        models: [
          { name: 'm', lacks: ['tools', 'images'] },
          { name: 'able' },
          { name: 'kimi', lacks: ['images'] },
        ],
      },
    ],
    [
      'Mistral',
      'openai-chat',
      { data: [{ id: 'm', max_context_length: 131_072 }] },
      { models: [{ name: 'm', contextTokens: 131_072 }] },
    ],
    ['a bare list', 'openai-chat', [{ id: 'm' }], { models: [{ name: 'm' }] }],
    ['nothing pulled yet', 'openai-chat', { object: 'list', data: [] }, { models: [] }],
    [
      'names that nobody could ask for',
      'openai-chat',
      {
        data: [
          { id: 'good' },
          { id: '' },
          { id: 7 },
          { id: 'two words' },
          { id: 'line\nbreak' },
          { id: 'x'.repeat(201) },
          'text',
          null,
        ],
      },
      { models: [{ name: 'good' }] },
    ],
    [
      'Anthropic, with more to come',
      'anthropic',
      {
        data: [
          { type: 'model', id: 'claude-a', max_input_tokens: 200_000, max_tokens: 64_000 },
          { type: 'model', id: 'claude-b', max_input_tokens: 0, max_tokens: 0 },
        ],
        has_more: true,
        first_id: 'claude-a',
        last_id: 'claude b',
      },
      {
        models: [
          { name: 'claude-a', contextTokens: 200_000, maxOutputTokens: 64_000 },
          { name: 'claude-b' },
        ],
        next: 'after_id=claude%20b',
      },
    ],
    [
      'Anthropic, at the end',
      'anthropic',
      { data: [{ id: 'claude-c' }], has_more: false, last_id: 'claude-c' },
      { models: [{ name: 'claude-c' }] },
    ],
    [
      'Gemini, with more to come: only what answers or embeds',
      'gemini',
      {
        models: [
          {
            name: 'models/gemini-2.5-pro',
            inputTokenLimit: 1_048_576,
            outputTokenLimit: 65_536,
            supportedGenerationMethods: ['generateContent', 'countTokens'],
          },
          { name: 'models/gemini-embedding-001', supportedGenerationMethods: ['embedContent'] },
          { name: 'models/imagen-4.0', supportedGenerationMethods: ['predict'] },
          { name: 'models/untold' },
        ],
        nextPageToken: 'a/b',
      },
      {
        models: [
          { name: 'gemini-2.5-pro', contextTokens: 1_048_576, maxOutputTokens: 65_536 },
          { name: 'gemini-embedding-001' },
          { name: 'untold' },
        ],
        next: 'pageToken=a%2Fb',
      },
    ],
  ])('%s', (_, protocol, wire, expected) => expect(read(protocol, wire)).toEqual(expected))

  test.each<[string, JsonValue]>([
    ['a text', 'hello'],
    ['nothing', null],
    ['an error', { error: { message: 'no' } }],
    ['a chat reply', { id: 'c', choices: [] }],
  ])('%s is no list, in any protocol', (_, wire) => {
    for (const codec of codecs) expect(codec.decodeModels(wire)).toBeUndefined()
  })

  test('what we list ourselves can be read again', () => {
    const model = { id: 'm', ownedBy: 'o', createdAtMs: 0, contextTokens: 1_000 }
    for (const codec of codecs)
      expect(codec.decodeModels(codec.encodeModels([model]))?.models[0]).toMatchObject({
        name: 'm',
        contextTokens: 1_000,
      })
  })
})
