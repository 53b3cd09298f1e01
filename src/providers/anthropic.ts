import type { Kind } from './kind.ts'
import { anthropicLimits } from './rate-limit-headers.ts'

export const anthropic: Kind = {
  id: 'anthropic',
  title: 'Anthropic API',
  speaks: [{ protocol: 'anthropic', baseUrl: 'https://api.anthropic.com' }],
  auth: { header: 'x-api-key' },
  lists: true,
  quirks: { countTokens: true },
  // @see https://docs.claude.com/en/docs/build-with-claude/context-windows
  longContext: { header: 'anthropic-beta', word: 'context-1m', contextTokens: 1_000_000 },
  catalogue: [
    { name: 'claude-opus-5', contextTokens: 1_000_000, maxOutputTokens: 128_000 },
    { name: 'claude-sonnet-5', contextTokens: 1_000_000, maxOutputTokens: 128_000 },
    { name: 'claude-fable-5', contextTokens: 1_000_000, maxOutputTokens: 128_000 },
    { name: 'claude-opus-4-8', contextTokens: 1_000_000, maxOutputTokens: 128_000 },
    { name: 'claude-opus-4-7', contextTokens: 1_000_000, maxOutputTokens: 128_000 },
    { name: 'claude-opus-4-6', contextTokens: 1_000_000, maxOutputTokens: 128_000 },
    { name: 'claude-sonnet-4-6', contextTokens: 200_000, maxOutputTokens: 64_000 },
    { name: 'claude-opus-4-5-20251101', contextTokens: 200_000, maxOutputTokens: 64_000 },
    { name: 'claude-opus-4-5', contextTokens: 200_000, maxOutputTokens: 64_000 },
    { name: 'claude-sonnet-4-5-20250929', contextTokens: 200_000, maxOutputTokens: 64_000 },
    { name: 'claude-sonnet-4-5', contextTokens: 200_000, maxOutputTokens: 64_000 },
    { name: 'claude-haiku-4-5-20251001', contextTokens: 200_000, maxOutputTokens: 64_000 },
    { name: 'claude-haiku-4-5', contextTokens: 200_000, maxOutputTokens: 64_000 },
    { name: 'claude-opus-4-1-20250805', contextTokens: 200_000, maxOutputTokens: 32_000 },
    { name: 'claude-opus-4-20250514', contextTokens: 200_000, maxOutputTokens: 32_000 },
    { name: 'claude-sonnet-4-20250514', contextTokens: 200_000, maxOutputTokens: 64_000 },
    { name: 'claude-3-7-sonnet-20250219', contextTokens: 200_000, maxOutputTokens: 64_000 },
  ],
  limits: anthropicLimits,
}
