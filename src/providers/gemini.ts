import { AI_STUDIO_MODELS } from './gemini-models.ts'
import type { Kind } from './kind.ts'

export const gemini: Kind = {
  id: 'gemini',
  title: 'Gemini API (AI Studio)',
  speaks: [{ protocol: 'gemini', baseUrl: 'https://generativelanguage.googleapis.com' }],
  auth: { header: 'x-goog-api-key' },
  lists: true,
  quirks: { countTokens: true },
  catalogue: AI_STUDIO_MODELS,
}
