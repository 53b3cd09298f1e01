import { parseAddress } from './address.ts'
import { compileGlob, fillStars, starsIn } from './glob.ts'
import type { Entry, Mention } from './names.ts'
import type { Report } from './report.ts'
import { mentionedName, type Names } from './resolve.ts'

/** Entries that lead back to themselves. */
export function lintCycles(entries: readonly Entry[], names: Names, report: Report): void {
  const done = new Set<Entry>()
  const visit = (entry: Entry, trail: readonly Entry[]): void => {
    const from = trail.indexOf(entry)
    if (from !== -1) {
      const cycle = [...trail.slice(from), entry].map(({ name }) => name).join(' → ')
      const start = trail[from]
      if (start)
        report.error(
          start.path,
          'key',
          `leads back to itself: ${cycle}`,
          'let one of them name a provider/model',
        )
      return
    }
    if (done.has(entry)) return
    for (const mention of entry.steps.flatMap(step => step.mentions))
      for (const next of nextAfter(mention, names)) visit(next, [...trail, entry])
    done.add(entry)
  }
  // Nothing leads to an entry of `force`.
  for (const entry of entries) if (entry.section !== 'force') visit(entry, [])
}

/** Stands for what a star stands for: no name in a file has it. */
const ANY = '\uE000'

/** The entries that may take what is mentioned: those with conditions, and the one that comes then. */
function nextAfter(mention: Mention, names: Names): Entry[] {
  const { exact, globs, declared } = names
  const { name: written } = mentionedName(names, mention)
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
  // Nobody knows what upstreams will list.
  const discovers = [...providers.values()].some(({ discovery }) => discovery !== undefined)
  return discovers || names.some(name => glob.match(name))
}
