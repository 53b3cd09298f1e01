import type { JsonObject, JsonValue } from '../../lib/json/json.ts'
import { clientKeys } from '../client-keys.ts'
import {
  addName,
  type Draft,
  filled,
  type ImportServices,
  noteDropped,
  noteUnneeded,
  setOrigin,
} from '../draft.ts'
import { seconds } from '../durations.ts'
import { chatService, isAddress, isLocal } from '../service-catalogue.ts'
import type { TrackedSettings } from '../tracked-settings.ts'
import { readAzure } from './azure.ts'
import { customHeaders } from './headers.ts'

/** Names that went upstream as they were. */
const PASSED = ['gpt-*', 'o1-*', 'ep-*', 'doubao-*', 'deepseek-*']

/** One upstream behind the three names of Claude's models. */
export function readTiers(env: TrackedSettings, draft: Draft, services: ImportServices): void {
  const written = env.text('OPENAI_BASE_URL')
  const usable = written === undefined || isAddress(written)
  if (!usable)
    noteDropped(
      draft,
      'OPENAI_BASE_URL',
      'is no http or https address; https://api.openai.com/v1 is used',
    )
  const address = (usable && written) || 'https://api.openai.com/v1'
  const settings = readSettings(env, draft)
  const azure = readAzure(env, address, draft)
  const models = readModels(env, azure?.deployment)
  const targetOf = azure
    ? azure.providersFor(Object.values(models), settings, draft)
    : addUpstream(address, settings, draft, services)
  addTiers(models, targetOf, draft)
  if (azure)
    noteDropped(
      draft,
      PASSED.join(', '),
      'went to deployments of those names; add a provider for each that you use, as for the others',
    )
  else
    for (const name of PASSED)
      addName(draft, 'aliases', name, targetOf(name), 'names that were passed on as they are')
  readServer(env, draft, services)
  readLimits(env, draft)
}

/** What every provider made of the file has, whatever its address. */
export type Settings = { key: JsonValue; shared: JsonObject }

function readKey(env: TrackedSettings, draft: Draft): string {
  const key = env.text('OPENAI_API_KEY')
  if (key === undefined)
    noteDropped(draft, 'OPENAI_API_KEY', 'is not set in the file; set it where jackfield runs')
  return key ?? '${OPENAI_API_KEY}'
}

function readSettings(env: TrackedSettings, draft: Draft): Settings {
  const key = readKey(env, draft)
  const { headers, authorization } = customHeaders(env, draft)
  const timeout = env.number('REQUEST_TIMEOUT')
  return {
    // A header of one's own went before the key.
    key: authorization ? { key, headers: { authorization } } : key,
    shared: filled({
      headers,
      timeout: timeout ? { 'first-byte': seconds(timeout), idle: seconds(timeout) } : undefined,
    }),
  }
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
  { key, shared }: Settings,
  draft: Draft,
  services: ImportServices,
): (model: string) => string {
  draft.routes.providers.upstream = {
    ...chatService(address, services.kinds),
    // Names that the upstream has itself went to these three all the same.
    models: [],
    ...shared,
    keys: [key],
  }
  setOrigin(draft, 'providers', 'upstream', 'from OPENAI_BASE_URL and OPENAI_API_KEY')
  return model => `upstream/${model}`
}

/** Names held Claude's words anywhere; whatever else was asked for got the big model. */
function addTiers(
  { big, middle, small }: Models,
  targetOf: (model: string) => string,
  draft: Draft,
) {
  addName(draft, 'models', 'big', targetOf(big), 'BIG_MODEL: for opus and any other name')
  addName(draft, 'models', 'middle', targetOf(middle), 'MIDDLE_MODEL: for sonnet')
  addName(draft, 'models', 'small', targetOf(small), 'SMALL_MODEL: for haiku')
  const of = 'Claude’s names'
  addName(draft, 'aliases', '*haiku*', 'small', of)
  addName(draft, 'aliases', '*sonnet*', 'middle', of)
  addName(draft, 'aliases', '*opus*', 'big', of)
  addName(draft, 'aliases', '*', 'big', 'any other name')
}

const LEVELS: Record<string, string> = {
  debug: 'debug',
  info: 'info',
  warning: 'warn',
  warn: 'warn',
  error: 'error',
  critical: 'error',
}

function readServer(env: TrackedSettings, draft: Draft, services: ImportServices): void {
  const written = env.text('ANTHROPIC_API_KEY')
  const keys = written ? [{ key: written }] : []
  const [key] = clientKeys(keys, 'ANTHROPIC_API_KEY', draft, services)
  const host = env.text('HOST') ?? '0.0.0.0'
  draft.routes.server = filled({
    host: key && env.text('HOST') ? host : undefined,
    port: env.number('PORT') ?? 8082,
  })
  if (key) draft.routes['api-keys'] = [key]
  else
    noteDropped(
      draft,
      'ANTHROPIC_API_KEY',
      'was not set, and everybody was let in; without api-keys only this machine may call',
    )
  if (!isLocal(host) && !draft.routes.server.host)
    noteDropped(
      draft,
      'HOST',
      `it listened on ${host}; here only this machine can call, until you write server.host${key ? '' : ' and api-keys'}`,
    )
  const level = LEVELS[(env.text('LOG_LEVEL') ?? '').split(/\s/)[0]?.toLowerCase() ?? '']
  if (level && level !== 'info') draft.routes.logging = { level }
}

const MAX_ROUNDS = 20

function readLimits(env: TrackedSettings, draft: Draft): void {
  const retries = env.number('MAX_RETRIES')
  if (retries !== undefined)
    draft.routes.policy = { 'request-retry': Math.min(Math.max(0, retries), MAX_ROUNDS) }
  if (env.number('MAX_TOKENS_LIMIT') !== undefined)
    noteDropped(
      draft,
      'MAX_TOKENS_LIMIT',
      'answers are not cut short; if the upstream refuses so many, write set: { max_tokens: … } under the model',
    )
  if (env.number('MIN_TOKENS_LIMIT') !== undefined)
    noteUnneeded(draft, 'MIN_TOKENS_LIMIT', 'a client gets as few tokens as it asks for')
}
