import type { Kind } from './kind.ts'
import { openaiLimits } from './rate-limit-headers.ts'

export const groq: Kind = {
  id: 'groq',
  title: 'Groq',
  speaks: [{ protocol: 'openai-chat', baseUrl: 'https://api.groq.com/openai/v1' }],
  auth: { header: 'authorization', prefix: 'Bearer ' },
  lists: true,
  quirks: { maxTokensField: 'max_completion_tokens' },
  limits: openaiLimits,
}
