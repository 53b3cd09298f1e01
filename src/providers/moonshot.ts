import type { Kind } from './kind.ts'

export const moonshot: Kind = {
  id: 'moonshot',
  title: 'Moonshot (Kimi)',
  speaks: [
    { protocol: 'openai-chat', baseUrl: 'https://api.moonshot.ai/v1' },
    { protocol: 'anthropic', baseUrl: 'https://api.moonshot.ai/anthropic' },
  ],
  auth: { header: 'authorization', prefix: 'Bearer ' },
  lists: true,
  quirks: { thinkingField: 'thinking', reasoningField: 'reasoning_content' },
  catalogue: [
    { name: 'kimi-k2.7-code', contextTokens: 262_144, maxOutputTokens: 65_536 },
    { name: 'kimi-k2.6', contextTokens: 262_144, maxOutputTokens: 65_536 },
    { name: 'kimi-k2.5', contextTokens: 262_144, maxOutputTokens: 32_768 },
    { name: 'kimi-k3', contextTokens: 1_048_576, maxOutputTokens: 65_536 },
  ],
}
