import type { Kind } from './kind.ts'

export const zai: Kind = {
  id: 'zai',
  title: 'Z.ai (GLM)',
  speaks: [
    { protocol: 'openai-chat', baseUrl: 'https://api.z.ai/api/paas/v4' },
    { protocol: 'anthropic', baseUrl: 'https://api.z.ai/api/anthropic' },
  ],
  auth: { header: 'authorization', prefix: 'Bearer ' },
  lists: true,
  quirks: { thinkingField: 'thinking', reasoningField: 'reasoning_content' },
}
