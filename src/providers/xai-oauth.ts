import type { Kind } from './kind.ts'
import { xai } from './xai.ts'

/**
 * An xAI account at xAI's own API. The member `base_url` of its files is not followed: it names a
 * proxy for Grok CLI alone.
 */
export const xaiOauth: Kind = {
  ...xai,
  id: 'xai-oauth',
  title: 'xAI (an account, signed in)',
  lists: false,
  accounts: { type: 'xai' },
}
