import { nearest } from '../../lib/nearest.ts'
import type { Checked } from './check.ts'
import type { Document } from './routes.ts'

/** The good parts of a file, and what is left out of it, so that nothing is reported twice. */
export type Valid = {
  document: Document
  broken: Broken
}

/** What a reference may mean that leads to none of the good parts. */
export type Broken = {
  /** Providers left out. */
  providers: ReadonlySet<string>
  /** Providers of which some member is left out. */
  impaired: ReadonlySet<string>
  /** Entries of `models`, `aliases` and `force` left out. */
  names: ReadonlySet<string>
  /** Some provider is left out whose name is not known. */
  anyProvider: boolean
  /** The same for entries of `models` and `aliases`. */
  anyName: boolean
  /** The same for API keys. */
  anyCaller: boolean
}

/** Undefined: the file is no mapping. `known`: the sections that there are. */
export function validParts(
  { value, dropped }: Checked,
  known: readonly string[],
): Valid | undefined {
  if (!value) return undefined
  // A misspelt section counts as the one whose name is nearest.
  const lost = new Set(
    dropped.flatMap(([section, more]) =>
      more === undefined ? nearest(String(section), known) : [],
    ),
  )
  const under = (section: string, length: number): Set<string> =>
    new Set(
      dropped
        .filter(path => path[0] === section && path.length >= length)
        .map(([, name]) => String(name)),
    )
  const entries = (section: string): string[] =>
    dropped.filter(path => path[0] === section && path.length === 2).map(([, name]) => String(name))
  return {
    // The parts that are left were checked against the schema that this type is made from.
    document: { version: 1, providers: {}, ...value } as Document,
    broken: {
      providers: new Set(entries('providers')),
      impaired: under('providers', 3),
      names: new Set(['models', 'aliases', 'force'].flatMap(entries)),
      anyProvider: lost.has('providers'),
      anyName: lost.has('models') || lost.has('aliases'),
      anyCaller: lost.has('api-keys') || under('api-keys', 2).size > 0,
    },
  }
}
