import { PREFERRED_VARIABLES } from '../../config/schema/other-tools.ts'
import { createDraft, type Draft, type ImportServices } from '../draft.ts'
import type { TrackedSettings } from '../tracked-settings.ts'
import { readTiers } from './single-upstream.ts'
import { readPreferred } from './three-providers.ts'

/**
 * `.env` of claude-code-proxy. Two tools go by that name: one has a single upstream behind three
 * names, the other prefers one of three upstreams.
 */
export function importClaudeCodeProxy(env: TrackedSettings, services: ImportServices): Draft {
  const draft = createDraft('claude-code-proxy .env')
  if (PREFERRED_VARIABLES.some(name => env.isGiven(name))) readPreferred(env, draft, services)
  else readTiers(env, draft, services)
  return draft
}
