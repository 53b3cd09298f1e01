import type { Provider } from './table.ts'

/** A provider and what it calls the model. */
export type Addressed = { provider: Provider; model: string }

/** What `provider/model` stands for. */
export type Address = {
  /** Several where a prefix or an alias stands for several; none: it is hidden. */
  meant: readonly Addressed[]
  /** The provider that is named, or the first one of the prefix. */
  provider: Provider
  model: string
}

export type Addressees = {
  providers: ReadonlyMap<string, Provider>
  /** By prefix, in file order. */
  prefixes: ReadonlyMap<string, readonly Provider[]>
}

/**
 * Reads `provider/model`, `provider://model` or `prefix/model`; undefined: the text is no address.
 * The file may name every provider; clients reach one with a prefix by that only.
 */
export function parseAddress(
  { providers, prefixes }: Addressees,
  text: string,
  by: 'file' | 'client',
): Address | undefined {
  const split = splitAddress(text)
  if (!split || split.model === '') return undefined
  const { head, model } = split
  const named = providers.get(head)
  const own = named && (by === 'file' || named.prefix === undefined) ? [named] : undefined
  const found = own ?? prefixes.get(head)
  const [first] = found ?? []
  if (!found || !first) return undefined
  return { meant: modelsOf(found, model), provider: first, model }
}

/** The first segment and the rest; undefined: there is no slash behind anything. */
export function splitAddress(text: string): { head: string; model: string } | undefined {
  const slash = text.indexOf('/')
  if (slash <= 0) return undefined
  const head = text.slice(0, slash)
  if (head.endsWith(':') && text[slash + 1] === '/')
    return { head: head.slice(0, -1), model: text.slice(slash + 2) }
  return { head, model: text.slice(slash + 1) }
}

/** Of several providers with one prefix those that list the model, if any does. */
function modelsOf(providers: readonly Provider[], model: string): Addressed[] {
  const listing = providers.filter(provider => provider.namesOf(model).length > 0)
  return (listing.length > 0 ? listing : providers).flatMap(provider => {
    if (provider.excludes(model)) return []
    const names = provider.namesOf(model)
    return (names.length > 0 ? names : [model]).map(name => ({ provider, model: name }))
  })
}

export function prefixesOf(
  providers: Iterable<Provider>,
): ReadonlyMap<string, readonly Provider[]> {
  const found = new Map<string, Provider[]>()
  for (const provider of providers)
    if (provider.prefix !== undefined)
      found.set(provider.prefix, [...(found.get(provider.prefix) ?? []), provider])
  return found
}
