import { PREFERRED_VARIABLES } from '../../config/schema/other-tools.ts'
import { Draft, type ImportServices } from '../draft.ts'
import type { TrackedSettings } from '../tracked-settings.ts'
import { readSingleUpstream } from './single-upstream.ts'
import { readThreeProviders } from './three-providers.ts'

/**
 * `.env` of claude-code-proxy. Two tools go by that name: one has a single upstream behind three
 * names, the other prefers one of three upstreams.
 */
export function importClaudeCodeProxy(env: TrackedSettings, services: ImportServices): Draft {
  const draft = new Draft('claude-code-proxy .env')
  const importing = { draft, services }
  if (PREFERRED_VARIABLES.some(name => env.isGiven(name))) readThreeProviders(env, importing)
  else readSingleUpstream(env, importing)
  return draft
}
