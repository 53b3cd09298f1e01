import type { JsonObject } from '../../lib/json/json.ts'
import type { Draft, Importing } from '../draft.ts'
import { filePath } from '../paths.ts'
import { chatService } from '../service-catalogue.ts'
import type { TrackedSettings } from '../tracked-settings.ts'
import { openaiAddress } from './upstream-settings.ts'

type Upstream = 'openai' | 'gemini' | 'anthropic'

const PREFERRED: Record<string, Upstream> = {
  openai: 'openai',
  google: 'gemini',
  anthropic: 'anthropic',
}
const USUAL: Record<'openai' | 'gemini', { big: string; small: string }> = {
  openai: { big: 'gpt-4.1', small: 'gpt-4.1-mini' },
  gemini: { big: 'gemini-2.5-pro', small: 'gemini-2.5-flash' },
}

/** Up to three upstreams, one of which is preferred for Claude's names. */
export function readThreeProviders(env: TrackedSettings, importing: Importing): void {
  const { draft } = importing
  const written = env.text('PREFERRED_PROVIDER')?.toLowerCase() ?? 'openai'
  const preferred = PREFERRED[written]
  if (!preferred)
    draft.noteDropped(
      'PREFERRED_PROVIDER',
      'is none of openai, google and anthropic; openai is used',
    )
  addUpstreams(env, importing)
  addTiers(env, preferred ?? 'openai', draft)
  draft.routes.server = { port: env.number('PORT') ?? 8082 }
  draft.noteDropped(
    'clients',
    'every caller was let in; here only programs on this machine may call until you write server.host and api-keys',
  )
}

function addUpstreams(env: TrackedSettings, importing: Importing): void {
  const { draft, services } = importing
  const openai = env.text('OPENAI_API_KEY')
  const address = env.text('OPENAI_BASE_URL') ?? env.text('OPENAI_API_BASE_URL')
  const usable = openaiAddress(address, draft)
  if (openai || address)
    draft.addProvider(
      'openai',
      { ...chatService(usable, services.kinds), keys: [openai ?? 'none'] },
      'from OPENAI_API_KEY',
    )
  const google = googleOf(env, importing)
  const source = env.flag('USE_VERTEX_AUTH') ? 'VERTEX_PROJECT' : 'GEMINI_API_KEY'
  if (google) draft.addProvider('gemini', google, `from ${source}`)
  const anthropic = env.text('ANTHROPIC_API_KEY')
  if (anthropic)
    draft.addProvider(
      'anthropic',
      { kind: 'anthropic', keys: [anthropic] },
      'from ANTHROPIC_API_KEY',
    )
}

/** By key, or as a service account, whose file has the project. */
function googleOf(env: TrackedSettings, { draft, services }: Importing): JsonObject | undefined {
  const key = env.text('GEMINI_API_KEY')
  const location = env.text('VERTEX_LOCATION')
  const account = env.text('GOOGLE_APPLICATION_CREDENTIALS')
  if (env.text('VERTEX_PROJECT'))
    draft.noteUnneeded(
      'VERTEX_PROJECT',
      'the project is the one that the service account’s file names',
    )
  if (key && env.flag('USE_VERTEX_AUTH'))
    draft.noteUnneeded('GEMINI_API_KEY', 'was not used where USE_VERTEX_AUTH was on')
  if (!env.flag('USE_VERTEX_AUTH')) return key ? { kind: 'gemini', keys: [key] } : undefined
  if (account) {
    const base = location && { 'base-url': `https://${location}-aiplatform.googleapis.com` }
    return { kind: 'vertex', ...base, keys: [`\${file:${filePath(account, services)}}`] }
  }
  draft.noteDropped(
    'USE_VERTEX_AUTH',
    'took the account that was logged in with gcloud; give a provider of kind vertex a service account’s file: keys: [ "${file:account.json}" ]',
  )
  return key ? { kind: 'gemini', keys: [key] } : undefined
}

function addTiers(env: TrackedSettings, preferred: Upstream, draft: Draft): void {
  const big = env.text('BIG_MODEL')
  const small = env.text('SMALL_MODEL')
  if (preferred === 'anthropic') {
    draft.addName('aliases', 'claude-*', 'anthropic/claude-*', 'PREFERRED_PROVIDER=anthropic')
    return
  }
  const usual = USUAL[preferred]
  const target = (model: string): string =>
    /^(openai|gemini|anthropic)\//.test(model) ? model : `${upstreamOf(model, preferred)}/${model}`
  draft.addName('models', 'big', target(big ?? usual.big), 'BIG_MODEL: for sonnet and opus')
  draft.addName('models', 'small', target(small ?? usual.small), 'SMALL_MODEL: for haiku')
  // Anthropic, where it has a key, has models of these very names.
  const origin = 'Claude’s names, even where a provider has a model of that name'
  draft.addName('force', '*haiku*', 'small', origin)
  draft.addName('force', '*sonnet*', 'big', origin)
  draft.addName('force', '*opus*', 'big', origin)
}

/** A model that another upstream has goes there, whichever is preferred. */
function upstreamOf(model: string, preferred: Upstream): Upstream {
  if (model.startsWith('gemini-')) return 'gemini'
  return /^(gpt-|o\d|chatgpt-)/.test(model) ? 'openai' : preferred
}
