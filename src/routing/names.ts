import type { Addressed, Addressees } from './address.ts'
import type { Entry, Reference } from './entry.ts'
import { splitSuffix } from './reasoning-suffix.ts'
import type { PoolStrategy, Reasoning } from './table.ts'

/** A model in a provider's catalogue; `discoveredAtMs`: its upstream lists it. */
export type Listing = Addressed & { discoveredAtMs?: number }

export type Names = Addressees & {
  /** By section: exact names, and globs in the order in which they are tried. */
  exact: Record<Entry['section'], ReadonlyMap<string, Entry>>
  globs: Record<Entry['section'], readonly Entry[]>
  /** Catalogue names and who lists them, best priority first. */
  catalogue: ReadonlyMap<string, readonly Listing[]>
  /** Catalogue names by the file and the kinds alone. What upstreams list must not make a file wrong. */
  declared: ReadonlySet<string>
  /** Names of models that are only reached by a prefix, with it. */
  prefixed: readonly string[]
  /** How those share the load who have the same name, of which no entry says anything. */
  strategy: PoolStrategy
  /** No real provider can be used: `echo` may stand in. */
  echoStandsIn: boolean
}

/** A name that ends in brackets of its own has no suffix there. */
export function isNamed({ exact, catalogue }: Names, name: string): boolean {
  return exact.models.has(name) || exact.aliases.has(name) || catalogue.has(name)
}

/** What a destination names, and how much it shall think. */
export function referencedName(
  names: Names,
  { text }: Reference,
): { name: string; reasoning?: Reasoning } {
  return isNamed(names, text) ? { name: text } : splitSuffix(text)
}

/** Every exact name, for suggestions. */
export function* exactNames({ exact, catalogue, prefixed }: Names): Iterable<string> {
  yield* exact.models.keys()
  yield* exact.aliases.keys()
  yield* exact.force.keys()
  yield* catalogue.keys()
  yield* prefixed
}

/** Whether a name is written out: by an entry, or in a catalogue. */
export function isExact(names: Names, name: string): boolean {
  return names.exact.force.has(name) || isNamed(names, name)
}
