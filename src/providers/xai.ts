import type { Kind } from './kind.ts'

export const xai: Kind = {
  id: 'xai',
  title: 'xAI (Grok)',
  speaks: [{ protocol: 'openai-chat', baseUrl: 'https://api.x.ai/v1' }],
  auth: { header: 'authorization', prefix: 'Bearer ' },
  lists: true,
  catalogue: [
    { name: 'grok-4.6', contextTokens: 500_000, maxOutputTokens: 65_536 },
    { name: 'grok-4.5', contextTokens: 500_000, maxOutputTokens: 65_536 },
    { name: 'grok-build-0.1', contextTokens: 256_000, maxOutputTokens: 256_000 },
  ],
}
