import { prefixesOf } from './address.ts'
import type { Entry, Section } from './entry.ts'
import type { Listing, Names } from './names.ts'
import type { Provider, Strategy } from './table.ts'

export function collectNames(
  entries: readonly Entry[],
  providers: ReadonlyMap<string, Provider>,
  strategy: Strategy,
): Names {
  const entriesOf = (section: Section): readonly Entry[] =>
    entries.filter(entry => entry.section === section)
  const exact = (section: Section) =>
    new Map(
      entriesOf(section)
        .filter(entry => !entry.glob)
        .map(entry => [entry.name, entry]),
    )
  // Longer literal part before shorter; sorting is stable, so then file order.
  const globs = (section: Section) =>
    entriesOf(section)
      .filter(entry => entry.glob)
      .sort((a, b) => (b.glob?.literal ?? 0) - (a.glob?.literal ?? 0))
  const usable = [...providers.values()].filter(provider => !provider.off)
  return {
    providers,
    prefixes: prefixesOf(providers.values()),
    exact: { force: exact('force'), models: exact('models'), aliases: exact('aliases') },
    globs: { force: globs('force'), models: globs('models'), aliases: globs('aliases') },
    catalogue: collectCatalogue(usable),
    declared: new Set(
      usable
        .filter(({ prefix }) => !prefix)
        .flatMap(({ declared }) => declared.map(({ alias }) => alias)),
    ),
    prefixed: usable.flatMap(({ prefix, models }) =>
      prefix === undefined ? [] : models.map(({ alias }) => `${prefix}/${alias}`),
    ),
    strategy,
    echoStandsIn: usable.every(provider => provider.kind.standIn === true),
  }
}

function collectCatalogue(usable: readonly Provider[]): Names['catalogue'] {
  const catalogue = new Map<string, Listing[]>()
  for (const provider of [...usable].sort((a, b) => b.priority - a.priority)) {
    // With a prefix its models are reached as addresses only.
    if (provider.prefix !== undefined) continue
    for (const { alias, name, discoveredAtMs } of provider.models) {
      const listed = catalogue.get(alias) ?? []
      listed.push({
        provider,
        model: name,
        discoveredAtMs,
      })
      catalogue.set(alias, listed)
    }
  }
  return catalogue
}

/** The providers as they would be with every key set. */
export function allOn(providers: ReadonlyMap<string, Provider>): ReadonlyMap<string, Provider> {
  return new Map(
    [...providers].map(([id, provider]) => {
      const { off: _, ...on } = provider
      return [id, provider.unset ? on : provider]
    }),
  )
}
