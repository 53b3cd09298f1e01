import type { Kind } from './kind.ts'
import { openaiLimits } from './rate-limit-headers.ts'

export const openai: Kind = {
  id: 'openai',
  title: 'OpenAI API',
  // Responses first: only there reasoning goes back to the model that thought it.
  speaks: [
    { protocol: 'openai-responses', baseUrl: 'https://api.openai.com/v1' },
    { protocol: 'openai-chat', baseUrl: 'https://api.openai.com/v1' },
  ],
  auth: { header: 'authorization', prefix: 'Bearer ' },
  lists: true,
  quirks: {
    maxTokensField: 'max_completion_tokens',
    promptCacheKey: true,
    countTokens: true,
    compact: true,
  },
  catalogue: [
    { name: 'gpt-5.6-sol', contextTokens: 372_000, maxOutputTokens: 128_000 },
    { name: 'gpt-5.5', contextTokens: 272_000, maxOutputTokens: 128_000 },
    { name: 'gpt-5.4', contextTokens: 1_050_000, maxOutputTokens: 128_000 },
    { name: 'gpt-5.4-mini', contextTokens: 400_000, maxOutputTokens: 128_000 },
    { name: 'gpt-5.2', contextTokens: 400_000, maxOutputTokens: 128_000 },
    { name: 'gpt-5.1', contextTokens: 400_000, maxOutputTokens: 128_000 },
    { name: 'gpt-5', contextTokens: 400_000, maxOutputTokens: 128_000 },
    { name: 'gpt-5-mini', contextTokens: 400_000, maxOutputTokens: 128_000 },
    { name: 'gpt-5-nano', contextTokens: 400_000, maxOutputTokens: 128_000 },
    { name: 'gpt-4.1', contextTokens: 1_047_576, maxOutputTokens: 32_768 },
    { name: 'gpt-4.1-mini', contextTokens: 1_047_576, maxOutputTokens: 32_768 },
    { name: 'gpt-4o', contextTokens: 128_000, maxOutputTokens: 16_384 },
    { name: 'gpt-4o-mini', contextTokens: 128_000, maxOutputTokens: 16_384 },
    { name: 'o3', contextTokens: 200_000, maxOutputTokens: 100_000 },
    { name: 'o4-mini', contextTokens: 200_000, maxOutputTokens: 100_000 },
  ],
  limits: openaiLimits,
}
