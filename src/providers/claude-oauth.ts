import { anthropic } from './anthropic.ts'
import type { Kind } from './kind.ts'

/**
 * A Claude subscription. Requests carry our own name; Anthropic may refuse other clients than its
 * own, and its refusal is passed on.
 */
export const claudeOauth: Kind = {
  ...anthropic,
  id: 'claude-oauth',
  title: 'Claude (a subscription, signed in)',
  // Whether the list of models is open to subscriptions is not known.
  lists: false,
  accounts: { type: 'claude', words: { 'anthropic-beta': 'oauth-2025-04-20' } },
}
