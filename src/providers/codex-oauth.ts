import { text } from '../lib/json/read-json.ts'
import { codexRules } from './codex-rules.ts'
import type { Kind } from './kind.ts'
import { codexLimits } from './rate-limit-headers.ts'

const MODELS = [
  ['gpt-5.3-codex-spark', 128_000],
  ['gpt-5.4', 1_050_000],
  ['gpt-5.4-mini', 400_000],
  ['gpt-5.5', 272_000],
  ['gpt-5.6-sol', 372_000],
  ['gpt-5.6-terra', 372_000],
  ['gpt-5.6-luna', 372_000],
  ['codex-auto-review', 272_000],
] as const

/**
 * A ChatGPT subscription on the backend of Codex. Requests carry our own name unless a client gives
 * its own; the backend may refuse other clients than OpenAI's, and its refusal is passed on.
 */
export const codexOauth: Kind = {
  id: 'codex-oauth',
  title: 'ChatGPT on the Codex backend (a subscription, signed in)',
  speaks: [{ protocol: 'openai-responses', baseUrl: 'https://chatgpt.com/backend-api/codex' }],
  auth: { header: 'authorization', prefix: 'Bearer ' },
  defaultHeaders: { originator: 'jackfield' },
  quirks: { streamOnly: true, promptCacheKey: true, compact: true },
  rules: codexRules,
  // The models of all plans, with the smaller window where plans differ; an account whose plan lacks
  // one is refused it. As published by other gateways in mid-2026; not checked against the vendor.
  catalogue: MODELS.map(([name, contextTokens]) => ({
    name,
    contextTokens,
    maxOutputTokens: 128_000,
  })),
  limits: codexLimits,
  accounts: {
    type: 'codex',
    headers(members): Record<string, string> {
      const account = text(members.account_id) ?? ''
      return /^[\w-]+$/.test(account) ? { 'chatgpt-account-id': account } : {}
    },
  },
}
