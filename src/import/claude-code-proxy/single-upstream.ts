import { isLocalHost } from '../../lib/net/host-name.ts'
import { clientKeys } from '../client-keys.ts'
import { type Draft, filled, type Importing } from '../draft.ts'
import { applyRows, number, type Read, type Row, rounds } from '../rows.ts'
import { chatService } from '../service-catalogue.ts'
import type { TrackedSettings } from '../tracked-settings.ts'
import { readAzure } from './azure.ts'
import { openaiAddress, readUpstreamSettings, type UpstreamSettings } from './upstream-settings.ts'

/** Names that went upstream as they were. */
const PASSED = ['gpt-*', 'o1-*', 'ep-*', 'doubao-*', 'deepseek-*']

/** One upstream behind the three names of Claude's models. */
export function readSingleUpstream(env: TrackedSettings, importing: Importing): void {
  const { draft } = importing
  const address = openaiAddress(env.text('OPENAI_BASE_URL'), draft)
  const settings = readUpstreamSettings(env, draft)
  const azure = readAzure(env, address, draft)
  const models = readModels(env, azure?.deployment)
  const targetOf = azure
    ? azure.providersFor(Object.values(models), settings, draft)
    : addUpstream(address, settings, importing)
  addTiers(models, targetOf, draft)
  if (azure)
    draft.noteDropped(
      PASSED.join(', '),
      'went to deployments of those names; add a provider for each that you use, as for the others',
    )
  else
    for (const name of PASSED)
      draft.addName('aliases', name, targetOf(name), 'names that were passed on as they are')
  readServer(env, importing)
  applyRows(LOGS_AND_LIMITS, env, importing, draft.routes)
}

type Models = { big: string; middle: string; small: string }

function readModels(env: TrackedSettings, deployment: string | undefined): Models {
  const big = env.text('BIG_MODEL') ?? deployment ?? 'gpt-4o'
  return {
    big,
    middle: env.text('MIDDLE_MODEL') ?? big,
    small: env.text('SMALL_MODEL') ?? deployment ?? 'gpt-4o-mini',
  }
}

function addUpstream(
  address: string,
  { key, shared }: UpstreamSettings,
  { draft, services }: Importing,
): (model: string) => string {
  // Names that the upstream has itself went to these three all the same.
  const provider = { ...chatService(address, services.kinds), models: [], ...shared, keys: [key] }
  draft.addProvider('upstream', provider, 'from OPENAI_BASE_URL and OPENAI_API_KEY')
  return model => `upstream/${model}`
}

/** Claude's words counted anywhere in a name; every other name got the big model. */
function addTiers(
  { big, middle, small }: Models,
  targetOf: (model: string) => string,
  draft: Draft,
) {
  draft.addName('models', 'big', targetOf(big), 'BIG_MODEL: for opus and any other name')
  draft.addName('models', 'middle', targetOf(middle), 'MIDDLE_MODEL: for sonnet')
  draft.addName('models', 'small', targetOf(small), 'SMALL_MODEL: for haiku')
  const origin = 'Claude’s names'
  draft.addName('aliases', '*haiku*', 'small', origin)
  draft.addName('aliases', '*sonnet*', 'middle', origin)
  draft.addName('aliases', '*opus*', 'big', origin)
  draft.addName('aliases', '*', 'big', 'any other name')
}

const LEVELS: Record<string, string> = {
  debug: 'debug',
  warning: 'warn',
  warn: 'warn',
  error: 'error',
  critical: 'error',
}

/** The level is the first word; `info` is the default here too. */
const logLevel: Read = (env, name) =>
  LEVELS[(env.text(name) ?? '').split(/\s/)[0]?.toLowerCase() ?? '']

const LOGS_AND_LIMITS: readonly Row[] = [
  { from: 'LOG_LEVEL', to: 'logging.level', read: logLevel },
  { from: 'MAX_RETRIES', to: 'policy.request-retry', read: rounds },
  {
    from: 'MAX_TOKENS_LIMIT',
    read: number,
    dropped:
      'answers are not cut short; if the upstream refuses so many, write set: { max_tokens: … } under the model',
  },
  {
    from: 'MIN_TOKENS_LIMIT',
    read: number,
    unneeded: 'a client gets as few tokens as it asks for',
  },
]

function readServer(env: TrackedSettings, importing: Importing): void {
  const { draft } = importing
  const written = env.text('ANTHROPIC_API_KEY')
  const [key] = clientKeys(written ? [{ key: written }] : [], 'ANTHROPIC_API_KEY', importing)
  const host = env.text('HOST') ?? '0.0.0.0'
  draft.routes.server = filled({
    host: key && env.text('HOST'),
    port: env.number('PORT') ?? 8082,
  })
  if (key) draft.routes['api-keys'] = [key]
  else
    draft.noteDropped(
      'ANTHROPIC_API_KEY',
      'was not set, and every caller was let in; without api-keys only this machine may call',
    )
  if (!isLocalHost(host) && !draft.routes.server.host)
    draft.noteDropped(
      'HOST',
      `it listened on ${host}; here only this machine can call, until you write server.host${key ? '' : ' and api-keys'}`,
    )
}
