import type { Kind } from './kind.ts'

export const anthropicCompatible: Kind = {
  id: 'anthropic-compatible',
  title: 'Any service that speaks Anthropic Messages',
  speaks: [{ protocol: 'anthropic', baseUrl: '' }],
  auth: { header: 'authorization', prefix: 'Bearer ' },
  lists: true,
}
