import { isObject, type JsonValue } from '../../lib/json/json.ts'
import { splitSuffix } from '../../routing/reasoning-suffix.ts'
import type { Draft } from '../draft.ts'

/**
 * The names that clients may ask for and that lead, through aliases, to a model for which `isMeant`
 * holds; patterns among them as they are written.
 */
export function namesLeadingTo(isMeant: (name: string) => boolean, { routes }: Draft): string[] {
  const next = new Map<string, string[]>()
  const add = (name: string, to: string): void => {
    next.set(name, [...(next.get(name) ?? []), to])
  }
  for (const { models } of Object.values(routes.providers))
    for (const model of Array.isArray(models) ? models : [])
      if (isObject(model) && typeof model.alias === 'string') add(model.alias, String(model.name))
  for (const section of ['aliases', 'force'] as const)
    for (const [name, to] of Object.entries(routes[section]))
      for (const mention of mentions(to)) add(name, plain(mention, routes.providers))
  const leads = (name: string, seen: ReadonlySet<string>): boolean =>
    (next.get(name) ?? []).some(
      to => isMeant(to) || (!seen.has(to) && leads(to, new Set([...seen, to]))),
    )
  return [...next.keys()].filter(name => leads(name, new Set([name])))
}

function mentions(to: JsonValue): string[] {
  if (typeof to === 'string') return [to]
  if (Array.isArray(to)) return to.flatMap(mentions)
  return isObject(to) && to.to !== undefined ? mentions(to.to) : []
}

/** Without a provider before it and a suffix behind. */
function plain(mention: string, providers: Draft['routes']['providers']): string {
  const { name } = splitSuffix(mention)
  const slash = name.indexOf('/')
  return slash > 0 && Object.hasOwn(providers, name.slice(0, slash)) ? name.slice(slash + 1) : name
}
