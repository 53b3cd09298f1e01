import type { Kind } from './kind.ts'

export const mistral: Kind = {
  id: 'mistral',
  title: 'Mistral',
  speaks: [{ protocol: 'openai-chat', baseUrl: 'https://api.mistral.ai/v1' }],
  auth: { header: 'authorization', prefix: 'Bearer ' },
  lists: true,
  quirks: { thinkingField: 'none', streamUsage: false, unsupported: ['stream_options'] },
}
