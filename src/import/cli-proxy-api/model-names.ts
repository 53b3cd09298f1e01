import { isObject, type JsonObject } from '../../lib/json/json.ts'
import { compileGlob } from '../../routing/glob.ts'
import type { Importing, ImportServices } from '../draft.ts'
import { catalogueOf } from '../service-catalogue.ts'

/** What clients may ask a provider for, and what it is called there. */
export function modelsOf(
  provider: JsonObject,
  { kinds }: ImportServices,
): { name: string; model: string }[] {
  const listed = Array.isArray(provider.models)
    ? provider.models.flatMap(model => {
        const { name, alias } = isObject(model) ? model : { name: model, alias: undefined }
        if (typeof name !== 'string') return []
        return [{ name: typeof alias === 'string' ? alias : name, model: name }]
      })
    : catalogueOf(String(provider.kind), kinds).map(name => ({ name, model: name }))
  const exclude = Array.isArray(provider.exclude) ? provider.exclude.map(String) : []
  const globs = exclude.map(compileGlob)
  return listed.filter(
    ({ name, model }) => !globs.some(glob => glob.match(name) ?? glob.match(model)),
  )
}

/** Notes that turns, which were by key there, are by provider here, and by key within each. */
export function noteSharing({ draft, services }: Importing): void {
  const keysOf = new Map<string, Set<number>>()
  for (const provider of Object.values(draft.routes.providers)) {
    const keys = Array.isArray(provider.keys) ? provider.keys : []
    for (const { name } of modelsOf(provider, services))
      keysOf.set(name, (keysOf.get(name) ?? new Set()).add(keys.length))
  }
  if ([...keysOf.values()].some(counts => counts.size > 1))
    draft.noteUnneeded(
      'routing',
      'providers that list the same model take equal turns, and within each its keys; write a pool under models with strategy: weighted where that is not what you want',
    )
}
