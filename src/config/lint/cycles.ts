import { parseAddress } from '../../routing/address.ts'
import type { Entry, Reference } from '../../routing/entry.ts'
import { compileGlob, fillStars, starsIn } from '../../routing/glob.ts'
import { type Names, referencedName } from '../../routing/names.ts'
import { MAX_DEPTH, MAX_FOLLOWED } from '../../routing/resolve.ts'
import type { Report } from '../diagnostics/report.ts'

/** How many names an entry leads through, one behind the other, and how many entries in all. */
type Reach = { depth: number; entries: number }

const NOWHERE: Reach = { depth: 0, entries: 0 }

/** Entries that lead back to themselves, through too many names, or to too many things. */
export function lintCycles(entries: readonly Entry[], names: Names, report: Report): void {
  const known = new Map<Entry, Reach>()
  const visit = (entry: Entry, trail: readonly Entry[]): Reach => {
    const from = trail.indexOf(entry)
    if (from !== -1) {
      complainOfCycle(trail.slice(from), entry, report)
      return NOWHERE
    }
    const before = known.get(entry)
    if (before) return before
    if (trail.length > MAX_DEPTH) return { depth: 1, entries: 1 }
    const reach = { depth: 1, entries: 1 }
    for (const reference of entry.steps.flatMap(step => step.references))
      for (const next of nextAfter(reference, names)) {
        const { depth, entries } = visit(next, [...trail, entry])
        reach.depth = Math.max(reach.depth, depth + 1)
        reach.entries += entries
      }
    known.set(entry, complainOfReach(entry, reach, report) ? NOWHERE : reach)
    return known.get(entry) ?? NOWHERE
  }
  // Nothing leads to an entry of `force`.
  for (const entry of entries) if (entry.section !== 'force') visit(entry, [])
}

function complainOfCycle(round: readonly Entry[], entry: Entry, report: Report): void {
  const [start] = round
  const cycle = [...round, entry].map(({ name }) => name).join(' → ')
  if (start)
    report.error(
      start.path,
      `leads back to itself: ${cycle}`,
      'let one of them name a provider/model',
      'key',
    )
}

/** Reports an entry that leads too far, and gives whether it does: entries that lead to it are not reported too. */
function complainOfReach(entry: Entry, { depth, entries }: Reach, report: Report): boolean {
  if (depth <= MAX_DEPTH && entries <= MAX_FOLLOWED) return false
  const what =
    depth > MAX_DEPTH
      ? `through more than ${MAX_DEPTH} names`
      : `to more than ${MAX_FOLLOWED} others`
  report.error(entry.path, `leads ${what}`, 'name what is meant, without names in between', 'key')
  return true
}

/** Stands for what a star stands for: no name in a file has it. */
const ANY = '\uE000'

/** The entries that a reference may lead to: those with conditions, and the one that comes then. */
function nextAfter(reference: Reference, names: Names): Entry[] {
  const { exact, globs, declared } = names
  const { name: written } = referencedName(names, reference)
  const stars = starsIn(written)
  const name = fillStars(written, Array<string>(stars).fill(ANY))
  if (parseAddress(names, name, 'file')) return []
  // With a star it may be a name that there is: then it leads there, at least for some.
  if (stars > 0 && meetsName(written, names)) return []
  const model = exact.models.get(name)
  if (model) return [model]
  if (declared.has(name)) return []
  const alias = exact.aliases.get(name)
  const patterns = [...globs.models, ...globs.aliases].filter(({ glob }) => glob?.match(name))
  const takers = [...(alias ? [alias] : []), ...patterns]
  const last = takers.findIndex(({ when }) => when === undefined)
  return last === -1 ? takers : takers.slice(0, last + 1)
}

function meetsName(written: string, { exact, declared, providers }: Names): boolean {
  const glob = compileGlob(written)
  const names = [...exact.models.keys(), ...exact.aliases.keys(), ...declared]
  // What upstreams will list is unknown.
  const discovers = [...providers.values()].some(({ discovery }) => discovery !== undefined)
  return discovers || names.some(name => glob.match(name))
}
