import type { Kind } from './kind.ts'

export const openaiCompatible: Kind = {
  id: 'openai-compatible',
  title: 'Any service that speaks OpenAI Chat',
  speaks: [{ protocol: 'openai-chat', baseUrl: '' }],
  auth: { header: 'authorization', prefix: 'Bearer ' },
  lists: true,
  quirks: { reasoningField: 'reasoning_content' },
}
