import { isObject, type JsonValue } from '../../lib/json/json.ts'
import { clientKeys } from '../client-keys.ts'
import {
  addName,
  createDraft,
  type Draft,
  filled,
  type ImportServices,
  noteDropped,
  noteUnneeded,
  reserve,
} from '../draft.ts'
import { seconds } from '../durations.ts'
import type { TrackedSettings } from '../tracked-settings.ts'
import { agreed, type Deployment, type Importing, readDeployment } from './deployments.ts'
import { type Fallbacks, fallbacksOf, readFallbacks } from './fallbacks.ts'
import { noteUnused, readCredentials, readVariables } from './secrets.ts'
import { readLeftBehind } from './unsupported.ts'

const MAX_ROUNDS = 20
const PORT = 4000

/** `config.yaml` of the LiteLLM proxy. */
export function importLiteLlm(config: TrackedSettings, services: ImportServices): Draft {
  const draft = createDraft('LiteLLM config.yaml')
  const router = config.mapping('router_settings')
  const settings = config.mapping('litellm_settings')
  const general = config.mapping('general_settings')
  const said = readVariables(config)
  const importing: Importing = {
    draft,
    services,
    said,
    credentials: readCredentials(config),
    timeout: first(router.number('timeout'), settings.number('request_timeout')),
    providers: new Map(),
  }
  const groups = readGroups(config, importing)
  const fallbacks = readFallbacks([router, settings], new Set(groups.keys()), draft)
  addModels(groups, fallbacks, strategyOf(router, draft), draft)
  readAliases(router, draft)
  readPolicy(router, settings, draft)
  readServer(general, said, draft, services)
  if (settings.flag('set_verbose')) draft.routes.logging = { level: 'debug' }
  noteUnused(config, draft)
  readLeftBehind({ config, router, settings, general }, draft)
  return draft
}

/** Deployments by the name that clients ask for: those of one name share the load. */
function readGroups(config: TrackedSettings, importing: Importing): Map<string, Deployment[]> {
  const { draft } = importing
  const entries = config.mappings('model_list')
  for (const entry of entries) reserve(draft, entry.text('model_name') ?? '')
  const groups = new Map<string, Deployment[]>()
  for (const entry of entries) {
    const name = entry.text('model_name')
    const deployment = readDeployment(entry, importing)
    if (!name) noteDropped(draft, entry.at, 'has no model_name, so nobody could ask for it')
    if (name && deployment) groups.set(name, [...(groups.get(name) ?? []), deployment])
  }
  return groups
}

function addModels(
  groups: ReadonlyMap<string, readonly Deployment[]>,
  fallbacks: Fallbacks,
  strategy: string | undefined,
  draft: Draft,
): void {
  for (const [name, deployments] of groups) {
    const next = fallbacksOf(name, fallbacks)
    const inside = [
      deployments,
      ...next.flatMap(({ model, leadsBack }) => (leadsBack ? [groups.get(model) ?? []] : [])),
    ]
    const shared = inside.some(one => one.length > 1)
    const weighted = !strategy && inside.flat().some(({ weight }) => weight !== undefined)
    const after = next.map(({ model, leadsBack }) =>
      leadsBack ? poolOf(groups.get(model) ?? [], weighted) : model,
    )
    const pool = poolOf(deployments, weighted)
    const to = after.length === 0 && typeof pool === 'string' ? pool : [pool, ...after]
    const details = filled({
      strategy: shared ? (strategy ?? (weighted ? 'weighted' : undefined)) : undefined,
      default: agreed(deployments.map(({ defaults }) => defaults)),
    })
    if (deployments.some(({ defaults }) => Object.keys(defaults).length > 0) && !details.default)
      noteDropped(
        draft,
        `model_list: ${name}`,
        'its deployments add different parameters, none of which is taken over',
      )
    const entry: JsonValue = Object.keys(details).length > 0 ? { to, ...details } : to
    addName(draft, 'models', name, entry, 'from model_list')
  }
}

/** A list in a list shares the load. */
function poolOf(deployments: readonly Deployment[], weighted: boolean): JsonValue {
  const members = deployments.map(
    ({ target, weight }): JsonValue => (weighted ? { target, weight: weight ?? 1 } : target),
  )
  const [only] = deployments
  return only && deployments.length === 1 ? only.target : members
}

const SHARING: Record<string, string> = {
  'latency-based-routing': 'least-latency',
  'simple-shuffle': '',
}

function strategyOf(router: TrackedSettings, draft: Draft): string | undefined {
  const written = router.text('routing_strategy')
  if (written === undefined) return undefined
  const strategy = SHARING[written]
  if (strategy === undefined)
    noteDropped(
      draft,
      router.path('routing_strategy'),
      `there is no "${written}" here; models with several targets take turns (strategy: weighted or least-latency are there too)`,
    )
  return strategy || undefined
}

/** `{"gpt-4": "gpt-4o"}`, or `{"gpt-4": {"model": "gpt-4o", "hidden": true}}`. */
function readAliases(router: TrackedSettings, draft: Draft): void {
  const aliases = router.mapping('model_group_alias')
  for (const name of aliases.names()) {
    const written = aliases.peek(name)
    const entry = isObject(written) ? aliases.mapping(name) : undefined
    const to = entry ? entry.text('model') : aliases.text(name)
    if (entry?.flag('hidden'))
      noteDropped(draft, entry.path('hidden'), 'the name is listed all the same')
    if (to) addName(draft, 'aliases', name, to, 'from router_settings.model_group_alias')
  }
}

function readPolicy(router: TrackedSettings, settings: TrackedSettings, draft: Draft): void {
  const retries = first(router.number('num_retries'), settings.number('num_retries'))
  const rest = first(router.number('cooldown_time'), settings.number('cooldown_time'))
  draft.routes.policy = filled({
    'request-retry':
      retries === undefined ? undefined : Math.min(Math.max(0, Math.round(retries)), MAX_ROUNDS),
    cooldown: router.flag('disable_cooldowns')
      ? { transient: '0s', max: '0s' }
      : filled({ transient: rest === undefined ? undefined : seconds(rest) }),
  })
}

function readServer(
  general: TrackedSettings,
  said: (value: string) => string,
  draft: Draft,
  services: ImportServices,
): void {
  const megabytes = general.number('max_request_size_mb')
  draft.routes.server = filled({
    // Where its command line listens unless told otherwise.
    port: PORT,
    'body-limit': megabytes ? `${megabytes}MB` : undefined,
  })
  noteUnneeded(
    draft,
    'port',
    `${PORT}, where LiteLLM listens by itself; change server.port if yours was another`,
  )
  const master = general.text('master_key')
  const keys = master ? [{ key: master, as: said(master) }] : []
  if (master)
    draft.routes['api-keys'] = clientKeys(keys, 'general_settings.master_key', draft, services)
  noteDropped(
    draft,
    'host',
    `it listened on all interfaces; here only this machine can call, until you write server.host: 0.0.0.0${master ? '' : ' and api-keys'}`,
  )
}

/** What the router says goes before what everything says; both are read. */
function first(...said: readonly (number | undefined)[]): number | undefined {
  return said.find(one => one !== undefined)
}
