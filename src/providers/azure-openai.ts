import type { Kind } from './kind.ts'
import { openaiLimits } from './rate-limit-headers.ts'

/** `base-url` is the resource's `/openai/v1`, or a deployment with `api-version`. */
export const azureOpenai: Kind = {
  id: 'azure-openai',
  title: 'Azure OpenAI',
  speaks: [{ protocol: 'openai-chat', baseUrl: '' }],
  auth: { header: 'api-key' },
  quirks: { maxTokensField: 'max_completion_tokens' },
  limits: openaiLimits,
}
