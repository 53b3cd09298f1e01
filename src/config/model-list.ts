import { parseAddress } from '../routing/address.ts'
import type { Entry } from '../routing/entry.ts'
import type { Names } from '../routing/names.ts'
import type { ListedModel, Provider, Route, RoutingTable } from '../routing/table.ts'

/** The names that can be asked for now: entries, then the models of providers that are on. */
export function listModels(
  entries: readonly Entry[],
  names: Names,
  resolve: RoutingTable['resolve'],
): ListedModel[] {
  const listed = new Map<string, ListedModel>()
  for (const entry of entries) {
    if (entry.glob || listed.has(entry.name)) continue
    const resolution = resolve(entry.name)
    if (!resolution.found || resolution.route.steps.length === 0) continue
    const limits = limitsOf(resolution.route)
    listed.set(entry.name, {
      id: entry.name,
      ownedBy: 'jackfield',
      ...limits,
      description: entry.description,
      contextTokens: entry.contextTokens ?? limits.contextTokens,
    })
  }
  for (const provider of names.providers.values()) {
    if (provider.off) continue
    if (provider.kind.standIn && !names.echoStandsIn) continue
    for (const model of provider.models) {
      const id = listedAs(names, provider, model.alias)
      if (listed.has(id)) continue
      listed.set(id, {
        id,
        ownedBy: provider.id,
        contextTokens: model.contextTokens,
        maxOutputTokens: model.maxOutputTokens,
      })
    }
  }
  return [...listed.values()]
}

/** The least that a member of the first step can take; unknown where one of them is. */
function limitsOf({ steps }: Route): Pick<ListedModel, 'contextTokens' | 'maxOutputTokens'> {
  const facts = steps[0]?.members.map(member => member.facts) ?? []
  const least = (known: (number | undefined)[]): number | undefined =>
    known.every(count => count !== undefined) ? Math.min(...known) : undefined
  return {
    contextTokens: least(facts.map(({ contextTokens }) => contextTokens)),
    maxOutputTokens: least(facts.map(({ maxOutputTokens }) => maxOutputTokens)),
  }
}

/** A name that reads as the address of another provider would never reach this one. */
function listedAs(names: Names, { id, prefix }: Provider, alias: string): string {
  if (prefix) return `${prefix}/${alias}`
  return parseAddress(names, alias, 'client') ? `${id}/${alias}` : alias
}
