import { parseAddress } from '../../routing/address.ts'
import type { Entry } from '../../routing/entry.ts'
import { compileGlob, isGlob } from '../../routing/glob.ts'
import { type Names, referencedName } from '../../routing/names.ts'
import { splitSuffix } from '../../routing/reasoning-suffix.ts'
import type { Report } from '../diagnostics/report.ts'

/** Entries of which every name is taken before their turn comes. */
export function lintReach(entries: readonly Entry[], names: Names, report: Report): void {
  const isReferenced = referencedIn(entries, names)
  for (const entry of entries) {
    const shadow = shadowOf(entry, names, isReferenced)
    if (shadow)
      report.warn(
        entry.path,
        `never reached; ${shadow} takes it first`,
        entry.section === 'models'
          ? 'ask for it by another name, or take one of the two out'
          : 'take one of the two out',
        'key',
      )
    else if (entry.glob && splitSuffix(entry.name).name !== entry.name)
      report.warn(
        entry.path,
        'never reached; what stands in brackets behind a name is taken off before',
        `write it without: ${splitSuffix(entry.name).name}`,
        'key',
      )
  }
}

/** Whether a destination in the file may name an entry: `force` does not come between them. */
type IsReferenced = (entry: Entry) => boolean

function referencedIn(entries: readonly Entry[], names: Names): IsReferenced {
  const exact = new Set<string>()
  const patterns = new Set<string>()
  for (const { steps } of entries)
    for (const { references } of steps)
      for (const reference of references) {
        const { name } = referencedName(names, reference)
        ;(isGlob(name) ? patterns : exact).add(name)
      }
  const globs = [...patterns].map(compileGlob)
  return ({ name, glob }) =>
    glob
      ? globs.length > 0 || [...exact].some(text => glob.match(text))
      : exact.has(name) || globs.some(pattern => pattern.match(name))
}

function shadowOf(entry: Entry, names: Names, isReferenced: IsReferenced): string | undefined {
  const { globs } = names
  if (entry.section === 'force') return shadowAmong(globs.force, entry)
  return (
    forcedAway(entry, names, isReferenced) ??
    addressOver(entry, names) ??
    (entry.section === 'aliases' ? realModelOver(entry, names) : undefined) ??
    shadowAmong(
      entry.section === 'aliases' ? [...globs.models, ...globs.aliases] : globs.models,
      entry,
    )
  )
}

function forcedAway(
  entry: Entry,
  { exact, globs }: Names,
  isReferenced: IsReferenced,
): string | undefined {
  const takers = [exact.force.get(entry.name), ...globs.force]
  const forced = takers.find(
    other => other && !other.when && (other.glob ? other.glob.match(entry.name) : true),
  )
  return forced && !isReferenced(entry) ? called(forced) : undefined
}

function addressOver({ name }: Entry, names: Names): string | undefined {
  const address = parseAddress(names, name, 'client')
  if (!address || isGlob(name.slice(0, name.indexOf('/')))) return undefined
  return `the address of provider "${address.provider.id}" on line ${address.provider.at.line}`
}

function realModelOver({ name, glob }: Entry, { exact, catalogue }: Names): string | undefined {
  if (glob) return undefined
  const model = exact.models.get(name)
  if (model) return called(model)
  const listed = catalogue.get(name)?.[0]
  return (
    listed && `${listed.provider.id}'s own model of that name (line ${listed.provider.at.line})`
  )
}

/** A wider pattern among those that are asked before. */
function shadowAmong(earlier: readonly Entry[], entry: Entry): string | undefined {
  if (!entry.glob) return undefined
  for (const other of earlier) {
    if (other === entry) return undefined
    if (!other.when && other.glob?.match(entry.name)) return called(other)
  }
  return undefined
}

function called(entry: Entry): string {
  return `${entry.title} on line ${entry.at.line}`
}
