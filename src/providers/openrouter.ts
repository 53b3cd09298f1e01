import type { Kind } from './kind.ts'

export const openrouter: Kind = {
  id: 'openrouter',
  title: 'OpenRouter',
  speaks: [{ protocol: 'openai-chat', baseUrl: 'https://openrouter.ai/api/v1' }],
  auth: { header: 'authorization', prefix: 'Bearer ' },
  lists: true,
  headers: { 'x-title': 'jackfield' },
  quirks: { thinkingField: 'reasoning', reasoningField: 'reasoning' },
}
