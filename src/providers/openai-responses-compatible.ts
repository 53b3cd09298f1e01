import type { Kind } from './kind.ts'

export const openaiResponsesCompatible: Kind = {
  id: 'openai-responses-compatible',
  title: 'Any service that speaks OpenAI Responses',
  speaks: [{ protocol: 'openai-responses', baseUrl: '' }],
  auth: { header: 'authorization', prefix: 'Bearer ' },
  lists: true,
}
