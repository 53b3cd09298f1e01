import type { JsonObject, JsonValue } from '../../lib/json/json.ts'
import type { Draft, Importing, ImportServices } from '../draft.ts'
import { modelsOf } from './model-names.ts'

/** A prefix, and the names of models that clients may put it before. */
export type Prefixed = { prefix: string; names: readonly string[] }

/**
 * A `prefix` there adds the names `prefix/model` to the plain ones; here it takes the plain ones
 * away, as there with `force-model-prefix`. And several keys may have the same one.
 */
export function settlePrefixes(forced: boolean, { draft, services }: Importing): Prefixed[] {
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
      draft.addName('aliases', `${prefix}/*`, `${first.id}/*`, `prefix ${prefix}`)
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

/** A name for every model of the members, whose targets go by priority. */
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
    draft.addName('aliases', `${prefix}/${name}`, tiers(targets), `prefix ${prefix}`)
}

/** Targets that share a name: those of a higher priority first, then the others in order. */
export function tiers(targets: readonly { target: string; priority: number }[]): JsonValue {
  const byPriority = Map.groupBy(targets, ({ priority }) => priority)
  const steps = [...byPriority]
    .sort(([a], [b]) => b - a)
    .map(([, tier]): JsonValue => {
      const [first, ...others] = tier.map(({ target }) => target)
      return first !== undefined && others.length === 0 ? first : tier.map(({ target }) => target)
    })
  const [only] = steps
  return steps.length === 1 && typeof only === 'string' ? only : steps
}
