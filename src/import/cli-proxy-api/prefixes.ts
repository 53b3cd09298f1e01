import type { JsonObject, JsonValue } from '../../lib/json/json.ts'
import { addName, type Draft, type ImportServices } from '../draft.ts'
import { modelsOf } from './model-names.ts'

/** A prefix, and the names of models that clients may put it before. */
export type Prefixed = { prefix: string; names: readonly string[] }

/**
 * A `prefix` there adds the names `prefix/model` to the plain ones; here it takes the plain ones
 * away, as there with `force-model-prefix`. And several keys may have the same one.
 */
export function settlePrefixes(
  draft: Draft,
  forced: boolean,
  services: ImportServices,
): Prefixed[] {
  const providers = Object.entries(draft.routes.providers).map(([id, provider]) => ({
    id,
    provider,
    prefix: typeof provider.prefix === 'string' ? provider.prefix : '',
  }))
  const sharing = Map.groupBy(
    providers.filter(({ prefix }) => prefix !== ''),
    ({ prefix }) => prefix,
  )
  for (const [prefix, members] of sharing) {
    const alone = members.length === 1
    if (forced && alone) continue
    for (const { id, provider } of members) {
      if (forced) provider.prefix = id
      else delete provider.prefix
    }
    const [first] = members
    if (alone && first && !first.provider.models)
      addName(draft, 'aliases', `${prefix}/*`, `${first.id}/*`, `prefix ${prefix}`)
    else addEach(draft, prefix, members, services)
  }
  return [...sharing].map(([prefix, members]) => ({
    prefix,
    names: members.flatMap(({ provider }) =>
      modelsOf(provider, services).flatMap(({ name, model }) => [name, model]),
    ),
  }))
}

type Member = { id: string; provider: JsonObject }

/** Every model of every one of them, those of a higher priority first. */
function addEach(
  draft: Draft,
  prefix: string,
  members: readonly Member[],
  services: ImportServices,
): void {
  const byName = new Map<string, { target: string; priority: number }[]>()
  for (const { id, provider } of members)
    for (const { name, model } of modelsOf(provider, services)) {
      const priority = Number(provider.priority ?? 0)
      byName.set(name, [...(byName.get(name) ?? []), { target: `${id}/${model}`, priority }])
    }
  for (const [name, targets] of byName)
    addName(draft, 'aliases', `${prefix}/${name}`, tiers(targets), `prefix ${prefix}`)
}

/** Who shares a name: those of a higher priority first, the others when they cannot serve. */
export function tiers(targets: readonly { target: string; priority: number }[]): JsonValue {
  const byPriority = Map.groupBy(targets, ({ priority }) => priority)
  const steps = [...byPriority]
    .sort(([a], [b]) => b - a)
    .map(([, those]): JsonValue => {
      const [first, ...others] = those.map(({ target }) => target)
      return first !== undefined && others.length === 0 ? first : those.map(({ target }) => target)
    })
  const [only] = steps
  return steps.length === 1 && typeof only === 'string' ? only : steps
}
