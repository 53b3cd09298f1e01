import type { Kind } from './kind.ts'

export const deepseek: Kind = {
  id: 'deepseek',
  title: 'DeepSeek',
  speaks: [
    { protocol: 'openai-chat', baseUrl: 'https://api.deepseek.com/v1' },
    { protocol: 'anthropic', baseUrl: 'https://api.deepseek.com/anthropic' },
  ],
  auth: { header: 'authorization', prefix: 'Bearer ' },
  lists: true,
  quirks: {
    thinkingField: 'thinking',
    reasoningField: 'reasoning_content',
    unsupported: ['parallel_tool_calls'],
  },
  // @see https://api-docs.deepseek.com/guides/anthropic_api
  lacks: ['images', 'documents', 'audio', 'video', 'server-tools'],
  catalogue: [{ name: 'deepseek-chat' }, { name: 'deepseek-reasoner' }],
}
