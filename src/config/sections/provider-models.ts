import type { Kind } from '../../providers/kind.ts'
import type { ModelPrice } from '../../providers/pricing/prices.ts'
import {
  besideDeclared,
  type DiscoveredModel,
  insteadOfBuiltIn,
} from '../../routing/discovered-models.ts'
import { compileGlob } from '../../routing/glob.ts'
import type { ModelFacts, Place, Provider, ProviderModel } from '../../routing/table.ts'
import type { Report } from '../diagnostics/report.ts'
import type { ProviderEntry } from '../schema/routes.ts'
import { parseCount } from '../schema/units.ts'

/**
 * The models of a provider, those of them that the file or the kind declares, and what is hidden.
 * `discovered`: its list, as far as it is known.
 */
export function modelsOf(
  entry: ProviderEntry,
  declared: readonly ProviderModel[],
  discovered: readonly DiscoveredModel[] | undefined,
): Pick<Provider, 'models' | 'declared' | 'excludes' | 'namesOf'> {
  const combine = entry.models ? besideDeclared : insteadOfBuiltIn
  const globs = (entry.exclude ?? []).map(compileGlob)
  const excluded = (name: string): boolean => globs.some(glob => glob.match(name))
  const shown = ({ alias, name }: ProviderModel): boolean => !excluded(alias) && !excluded(name)
  const all = discovered ? combine(declared, discovered) : declared
  const models = all.filter(shown)
  const names = Map.groupBy(models, ({ alias }) => alias)
  const hidden = new Set(all.map(({ alias }) => alias).filter(alias => !names.has(alias)))
  return {
    models,
    declared: declared.filter(shown),
    excludes: model => excluded(model) || hidden.has(model),
    namesOf: alias => names.get(alias)?.map(({ name }) => name) ?? [],
  }
}

/** Whether to ask for its list: by default only where the file names no models. */
export function asksForList(
  entry: ProviderEntry,
  kind: Kind,
  path: readonly string[],
  report: Report,
): boolean {
  if (kind.lists) return entry.discover ?? entry.models === undefined
  if (entry.discover)
    report.warn(
      [...path, 'discover'],
      `kind "${kind.id}" has no list of models to ask for`,
      'write them down: models: [ … ], and take discover out',
      'key',
    )
  return false
}

/** The file's models replace the kind's catalogue; what the kind knows of one of them stays. */
export function declaredModels(
  entry: ProviderEntry,
  kind: Kind,
  at: (index: number) => Place,
): ProviderModel[] {
  if (!entry.models) {
    return (kind.catalogue ?? []).map(model => ({ ...model, alias: model.name }))
  }
  return entry.models.map((model, index) => {
    const written = typeof model === 'string' ? { name: model } : model
    const known = kind.catalogue?.find(({ name }) => name === written.name)
    return {
      ...known,
      ...factsIn(written),
      at: at(index),
      name: written.name,
      alias: written.alias ?? written.name,
    }
  })
}

type ModelEntry = Exclude<NonNullable<ProviderEntry['models']>[number], string>

function factsIn({ context, thinking, lacks, price }: ModelEntry): ModelFacts {
  const facts = {
    contextTokens: parseCount(context),
    thinking,
    lacks,
    price: price && priceIn(price),
  }
  // Facts that the file leaves out stay the kind's.
  return Object.fromEntries(Object.entries(facts).filter(([, fact]) => fact !== undefined))
}

function priceIn(price: NonNullable<ModelEntry['price']>): ModelPrice {
  return {
    input: price.input,
    output: price.output,
    cacheRead: price['cache-read'],
    cacheWrite: price['cache-write'],
  }
}
