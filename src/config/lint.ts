import { isGlob } from './glob.ts'
import type { Entry, Mention } from './names.ts'
import { didYouMean } from './nearest.ts'
import type { Report } from './report.ts'
import { type Names, parseAddress } from './resolve.ts'
import { splitSuffix } from './suffix.ts'

/** References that lead nowhere, cycles, and entries that can never be reached. */
export function lint(
  entries: readonly Entry[],
  names: Names,
  broken: ReadonlySet<string>,
  report: Report,
): void {
  for (const entry of entries)
    for (const step of entry.steps)
      for (const mention of step.mentions) lintMention(mention, names, broken, report)
  lintCycles(entries, names, report)
  for (const entry of entries) lintReach(entry, names, report)
}

function lintMention(
  mention: Mention,
  names: Names,
  broken: ReadonlySet<string>,
  report: Report,
): void {
  const { name } = splitSuffix(mention.text)
  const slash = name.indexOf('/')
  const head = slash > 0 ? name.slice(0, slash).replace(/:$/, '') : undefined
  const address = parseAddress(names.providers, name)
  if (address) {
    if (!isGlob(name) && address.provider.excludes(address.model)) {
      report.error(
        mention.path,
        'value',
        `${address.provider.id} excludes ${address.model}`,
        'change its exclude, or the target',
      )
    }
    return
  }
  // A provider with errors of its own has its complaint already; a star may stand for anything.
  if ((head !== undefined && broken.has(head)) || isGlob(head ?? name)) return
  if (isEntry(names, name)) return
  if (names.declared.has(name)) {
    if (!names.catalogue.has(name))
      report.warn(
        mention.path,
        'value',
        `no provider lists "${name}" any more`,
        'name a model that one has, or write provider/model',
      )
    return
  }
  const elsewhere = discoveredAt(names, name)
  const providers = [...names.providers.keys()]
  const known = [...names.exact.models.keys(), ...names.exact.aliases.keys(), ...names.declared]
  if (head !== undefined)
    report.error(
      mention.path,
      'value',
      `no provider named "${head}"`,
      elsewhere ??
        didYouMean(head, [...providers, ...broken]) ??
        `declared: ${providers.join(', ') || 'none'}`,
    )
  else
    report.error(
      mention.path,
      'value',
      `no model or alias named "${name}"`,
      elsewhere ?? didYouMean(name, known) ?? 'a target is written provider/model',
    )
}

function isEntry({ exact, globs }: Names, name: string): boolean {
  return (
    exact.models.has(name) ||
    exact.aliases.has(name) ||
    [...globs.models, ...globs.aliases].some(({ glob }) => glob?.match(name))
  )
}

/** A discovered model may be gone tomorrow, and the file must not be wrong then: it says whose it is. */
function discoveredAt({ catalogue }: Names, name: string): string | undefined {
  const listed = catalogue.get(name)?.[0]
  return listed && `${listed.provider.id} lists it: write ${listed.provider.id}/${name}`
}

/** Exact names that lead back to themselves. */
function lintCycles(entries: readonly Entry[], names: Names, report: Report): void {
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
    for (const mention of entry.steps.flatMap(step => step.mentions)) {
      const { name } = splitSuffix(mention.text)
      if (parseAddress(names.providers, name)) continue
      const next =
        names.exact.models.get(name) ??
        (names.declared.has(name) ? undefined : names.exact.aliases.get(name))
      if (next) visit(next, [...trail, entry])
    }
    done.add(entry)
  }
  for (const entry of entries) if (!entry.glob && entry.section !== 'force') visit(entry, [])
}

/** Whatever takes every name of this entry before its turn comes. */
function lintReach(entry: Entry, names: Names, report: Report): void {
  const shadow = shadowOf(entry, names)
  if (shadow)
    report.warn(
      entry.path,
      'key',
      `never reached; ${shadow} takes it first`,
      entry.section === 'models'
        ? 'ask for it by another name, or take one of the two out'
        : 'take one of the two out',
    )
}

function shadowOf(entry: Entry, names: Names): string | undefined {
  if (entry.section !== 'force') {
    const forced =
      names.exact.force.get(entry.name) ??
      names.globs.force.find(({ glob, when }) => !when && glob?.match(entry.name))
    if (forced && !forced.when && !leadsTo(forced, entry.name)) return called(forced)
    const address = !entry.glob && parseAddress(names.providers, entry.name)
    if (address)
      return `the address of provider "${address.provider.id}" on line ${address.provider.at.line}`
  }
  if (entry.section === 'aliases' && !entry.glob) {
    const model = names.exact.models.get(entry.name)
    if (model && !model.when) return called(model)
    const listed = names.catalogue.get(entry.name)?.[0]
    if (listed)
      return `${listed.provider.id}'s own model of that name (line ${listed.provider.at.line})`
  }
  if (!entry.glob) return undefined
  const earlier =
    entry.section === 'aliases'
      ? [...names.globs.models, ...names.globs.aliases]
      : names.globs[entry.section]
  for (const other of earlier) {
    if (other === entry) return undefined
    if (!other.when && other.glob?.match(entry.name)) return called(other)
  }
  return undefined
}

/** A forced name may lead to the very entry it overrides: then that one is reached. */
function leadsTo(forced: Entry, name: string): boolean {
  return forced.steps.some(step =>
    step.mentions.some(mention => splitSuffix(mention.text).name === name),
  )
}

function called(entry: Entry): string {
  return `${entry.title} on line ${entry.at.line}`
}
