import { createSuggest, nearMiss } from '../../lib/nearest.ts'
import type { Path } from '../../lib/path.ts'
import type { Address } from '../../routing/address.ts'
import type { Provider } from '../../routing/table.ts'
import type { Report } from '../diagnostics/report.ts'
import type { Document } from '../schema/routes.ts'
import type { Broken } from '../schema/valid-parts.ts'

/** Reports a target, `provider/model`, whose model the provider is not known to have. */
export type LintModel = (path: Path, address: Address) => void

/** With more targets than this that no list has, the file is not written by lists. */
const MAX_NEAR_MISSES = 500

/**
 * The provider may have such a model all the same, so these are warnings: of a model that is not
 * among those of the file, and of a slip in the name of one that the kind or the upstream lists.
 */
export function createLintModel(
  { providers }: Document,
  { impaired }: Broken,
  report: Report,
): LintModel {
  const known = new Map<Provider, ReadonlySet<string>>()
  const suggest = createSuggest()
  let searches = 0

  function modelsOf(provider: Provider): ReadonlySet<string> {
    const found =
      known.get(provider) ?? new Set(provider.models.flatMap(({ alias, name }) => [alias, name]))
    known.set(provider, found)
    return found
  }

  return (path, { provider, model }) => {
    const models = modelsOf(provider)
    if (models.has(model) || impaired.has(provider.id)) return
    const { models: written, discover } = providers[provider.id] ?? {}
    // `models: []` lists none on purpose.
    if (written?.length === 0) return
    if (written && discover !== true) {
      const hint = suggest(model, () => models) ?? `add it to providers.${provider.id}.models`
      report.warn(path, `${provider.id} has no "${model}" among its models`, hint)
      return
    }
    const near = searches++ < MAX_NEAR_MISSES ? nearMiss(model, models) : undefined
    if (near !== undefined)
      report.warn(path, `${provider.id} is not known to have "${model}"`, `did you mean "${near}"?`)
  }
}
