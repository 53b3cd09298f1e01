import { isObject, type JsonValue } from '../../lib/json/json.ts'
import { type Draft, filled } from '../draft.ts'
import type { TrackedSettings } from '../tracked-settings.ts'
import { agreed, type Deployment, type DeploymentImporting, readDeployment } from './deployments.ts'
import { type Fallbacks, fallbacksOf, readFallbacks } from './fallbacks.ts'

/** `model_list` with its fallbacks, and the aliases of `router_settings`. */
export function readModels(config: TrackedSettings, importing: DeploymentImporting): void {
  const { draft } = importing
  const router = config.mapping('router_settings')
  const sections = [router, config.mapping('litellm_settings')]
  const groups = readGroups(config, importing)
  const fallbacks = readFallbacks(sections, new Set(groups.keys()), draft)
  addModels(groups, fallbacks, strategyOf(router, draft), draft)
  readAliases(router, draft)
}

/** Deployments by the name that clients ask for: those of one name share the load. */
function readGroups(
  config: TrackedSettings,
  importing: DeploymentImporting,
): Map<string, Deployment[]> {
  const { draft } = importing
  const entries = config.mappings('model_list')
  for (const entry of entries) draft.reserve(entry.text('model_name') ?? '')
  const groups = new Map<string, Deployment[]>()
  for (const entry of entries) {
    const name = entry.text('model_name')
    const deployment = readDeployment(entry, importing)
    if (!name) draft.noteDropped(entry.at, 'has no model_name, so no client could ask for it')
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
    const shared = inside.some(group => group.length > 1)
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
      draft.noteDropped(
        `model_list: ${name}`,
        'its deployments add different parameters, none of which is taken over',
      )
    const entry: JsonValue = Object.keys(details).length > 0 ? { to, ...details } : to
    draft.addName('models', name, entry, 'from model_list')
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
    draft.noteDropped(
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
      draft.noteDropped(entry.path('hidden'), 'the name is listed all the same')
    if (to) draft.addName('aliases', name, to, 'from router_settings.model_group_alias')
  }
}
