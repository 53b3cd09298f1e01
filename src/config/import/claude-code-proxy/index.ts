import { createDraft, type Draft, type ImportServices } from '../draft.ts'
import type { Reading } from '../reading.ts'
import { readPreferred } from './preferred.ts'
import { readTiers } from './tiers.ts'

/** What only the `.env` of the tool with several upstreams has. */
const PREFERRED = ['PREFERRED_PROVIDER', 'GEMINI_API_KEY', 'USE_VERTEX_AUTH', 'OPENAI_API_BASE_URL']
const KNOWN = [...PREFERRED, 'OPENAI_API_KEY', 'OPENAI_BASE_URL', 'BIG_MODEL', 'SMALL_MODEL']

export function isClaudeCodeProxy(env: Readonly<Record<string, string>>): boolean {
  return KNOWN.some(name => Object.hasOwn(env, name))
}

/**
 * `.env` of claude-code-proxy. Two tools go by that name: one has a single upstream behind three
 * names, the other prefers one of three upstreams.
 */
export function importClaudeCodeProxy(env: Reading, services: ImportServices): Draft {
  const draft = createDraft('claude-code-proxy .env')
  if (PREFERRED.some(name => env.says(name))) readPreferred(env, draft, services)
  else readTiers(env, draft, services)
  return draft
}
