import type { UpstreamModel } from '../protocols/codec.ts'
import type { Kind } from '../providers/kind.ts'
import type { CredentialSpec, Provider, ProviderModel } from './table.ts'

/** A model that an upstream lists itself, and since when. */
export type DiscoveredModel = UpstreamModel & { discoveredAtMs: number }

/** What was found out before, by identity; undefined: nothing yet. */
export type Discovered = (identity: string) => readonly DiscoveredModel[] | undefined

/**
 * Names an upstream's list: from another address, with another key or through another proxy it may
 * be another. Of several keys the first one counts. Secrets do not show in it.
 */
export function listIdentity(
  kind: Kind,
  speech: Provider['speaks'][number],
  headers: Provider['headers'],
  credential: CredentialSpec,
  proxy: string | undefined,
): string {
  const parts = [
    kind.id,
    speech.baseUrl,
    speech.query,
    headers,
    credential.headers,
    credential.secret,
    credential.proxy ?? proxy ?? '',
  ]
  return new Bun.CryptoHasher('sha256').update(JSON.stringify(parts)).digest('hex')
}

/** The file's models stay first, and what they rename is not there twice. What they leave open the list may tell. */
export function besideDeclared(
  declared: readonly ProviderModel[],
  discovered: readonly DiscoveredModel[],
): ProviderModel[] {
  const taken = new Set(declared.flatMap(({ name, alias }) => [name, alias]))
  const listed = new Map(discovered.map(({ discoveredAtMs: _, ...facts }) => [facts.name, facts]))
  return [
    ...declared.map(model => ({ ...listed.get(model.name), ...model })),
    ...discovered.filter(({ name }) => !taken.has(name)).map(asListed),
  ]
}

/**
 * The upstream knows better than a kind which models there are; a kind may still know more of one.
 * An undated name stays while the list has that model with a date, as Anthropic's has.
 */
export function insteadOfBuiltIn(
  builtIn: readonly ProviderModel[],
  discovered: readonly DiscoveredModel[],
): ProviderModel[] {
  // Nothing at all is more likely a fault than an answer where models are known to be.
  if (discovered.length === 0) return [...builtIn]
  const known = new Map(builtIn.map(model => [model.name, model]))
  const listed = new Set(discovered.map(({ name }) => name))
  const undated = new Set(discovered.map(({ name }) => name.replace(DATE, '')))
  return [
    ...builtIn.filter(({ name }) => !listed.has(name) && undated.has(name)),
    ...discovered.map(model => ({ ...known.get(model.name), ...asListed(model) })),
  ]
}

const DATE = /-\d{4}-?\d{2}-?\d{2}$/

function asListed(model: DiscoveredModel): ProviderModel {
  return { ...model, alias: model.name }
}

/** What is different since a list was last learned. */
type ListChange = { added: number; gone: number }

/** The model lists of upstreams, by identity. They outlive reloads, and restarts where stored. */
export interface ModelLists {
  known: Discovered
  /** Undefined: it was known already, and just so. */
  learn(identity: string, models: readonly UpstreamModel[]): ListChange | undefined
}
