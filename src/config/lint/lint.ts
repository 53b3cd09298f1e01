import { createSuggest, type Suggest } from '../../lib/nearest.ts'
import type { Path } from '../../lib/path.ts'
import { parseAddress, splitAddress } from '../../routing/address.ts'
import type { Entry, Reference } from '../../routing/entry.ts'
import { POOL_STRATEGY } from '../../routing/entry.ts'
import { compileGlob, type Glob, isGlob, starsIn } from '../../routing/glob.ts'
import { splitSuffix, unknownLevel } from '../../routing/reasoning-suffix.ts'
import { isNamed, isOtherName, type Names, referencedName } from '../../routing/resolve.ts'
import type { Report } from '../diagnostics/report.ts'
import type { Document } from '../schema/routes.ts'
import type { Broken } from '../schema/valid-parts.ts'
import { lintCycles } from './cycles.ts'
import { createLintModel, type LintModel } from './models.ts'
import { lintReach } from './unreachable.ts'

export type Linted = {
  document: Document
  entries: readonly Entry[]
  names: Names
  /** Left out for mistakes of their own: nobody complains of them twice. */
  broken: Broken
}

/** References that lead nowhere, cycles, entries that can never be reached, and words without effect. */
export function lint(linted: Linted, report: Report): void {
  const { entries, names } = linted
  const excused = [...linted.broken.names].map(compileGlob)
  const suggest = createSuggest()
  const lintModel = createLintModel(linted.document, linted.broken, report)
  for (const entry of entries) {
    if (entry.name.trim() === '')
      report.error(entry.path, 'key', 'a name must not be empty', 'write what clients ask for')
    for (const step of entry.steps)
      for (const reference of step.references)
        lintReference(entry, reference, linted, excused, suggest, lintModel, report)
    lintSuffixedName(entry, report)
    lintWeights(entry, report)
    lintLostEdits(entry, names, report)
  }
  lintCycles(entries, names, report)
  lintReach(entries, names, report)
  lintProviders(linted, report)
}

function lintReference(
  entry: Entry,
  reference: Reference,
  { names, broken }: Linted,
  excused: readonly Glob[],
  suggest: Suggest,
  lintModel: LintModel,
  report: Report,
): void {
  const { name } = referencedName(names, reference)
  lintSuffix(reference.text, reference.path, names, report)
  const complain = (message: string, hint: string): void =>
    report.error(reference.path, 'value', message, hint)
  if (starsIn(name) > starsIn(entry.name)) {
    complain(
      `"${reference.text}" has more stars than "${entry.name}"`,
      'a star here repeats one of the name; write out what it shall be',
    )
    return
  }
  const address = parseAddress(names, name, 'file')
  if (address) {
    if (!isGlob(name) && address.meant.length === 0)
      complain(
        `${address.provider.id} excludes ${address.model}`,
        'change its exclude, or the target',
      )
    else if (!isGlob(name)) lintModel(reference.path, address)
    return
  }
  const head = splitAddress(name)?.head
  // What has errors of its own has its complaint already; a star may stand for anything.
  const excusedHead = head !== undefined && (broken.anyProvider || broken.providers.has(head))
  if (excusedHead || isGlob(head ?? name)) return
  if (head === undefined && (broken.anyName || broken.anyProvider)) return
  if (isEntry(names, name) || excused.some(glob => glob.match(name))) return
  if (names.declared.has(name)) {
    if (!names.catalogue.has(name))
      report.warn(
        reference.path,
        'value',
        `no provider lists "${name}" any more`,
        'name a model that one has, or write provider/model',
      )
    return
  }
  const elsewhere = discoveredAt(names, name)
  const providers = [...names.providers.keys()]
  if (name.endsWith('/')) complain(`"${name}" names no model`, `write ${name}MODEL`)
  else if (head !== undefined)
    complain(
      `no provider named "${head}"`,
      elsewhere ??
        suggest(head, () => [...providers, ...broken.providers]) ??
        `declared: ${providers.join(', ') || 'none'}`,
    )
  else if (names.providers.has(name))
    complain(`"${name}" is a provider, not a model`, `write ${name}/MODEL`)
  else
    complain(
      `no model or alias named "${name}"`,
      elsewhere ??
        suggest(name, () => [
          ...names.exact.models.keys(),
          ...names.exact.aliases.keys(),
          ...names.declared,
        ]) ??
        'a target is written provider/model',
    )
}

/** What stands in brackets and means nothing would be taken off in silence. */
function lintSuffix(text: string, path: Path, names: Names, report: Report): void {
  const unknown = isNamed(names, text) ? undefined : unknownLevel(text)
  if (unknown)
    report.warn(
      path,
      'value',
      `"(${unknown.written})" is no level of thinking, and is left out`,
      unknown.hint,
    )
}

/** A name of its own for a level: clients that ask for the level of the other name get this. */
function lintSuffixedName({ name, glob, path }: Entry, report: Report): void {
  const { name: plain, reasoning } = splitSuffix(name)
  if (reasoning && !glob)
    report.warn(
      path,
      'key',
      `what stands in brackets is how much to think; this entry takes it away from "${plain}"`,
      'choose another name, or write the level behind its target',
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

/** Weights count in a pool that goes by them, and nowhere else. */
function lintWeights({ steps, strategy = POOL_STRATEGY }: Entry, report: Report): void {
  for (const { references, pooled } of steps) {
    if (pooled && strategy === 'weighted') continue
    for (const { weight, path } of references) {
      if (weight === 1) continue
      const message = pooled
        ? `weight means nothing to a pool that is ${strategy}`
        : 'weight means nothing outside a pool'
      const hint = pooled
        ? 'add strategy: weighted'
        : 'put those that share the load into a list of their own: [ [ a/x, b/y ] ]'
      report.warn([...path.slice(0, -1), 'weight'], 'key', message, hint)
    }
  }
}

/** What is changed in a request is the same for everybody it may go to. */
function lintLostEdits(entry: Entry, names: Names, report: Report): void {
  if (isOtherName(entry)) return
  for (const reference of entry.steps.flatMap(({ references }) => references)) {
    const model = names.exact.models.get(referencedName(names, reference).name)
    if (model && model.edits.length > 0)
      report.warn(
        reference.path,
        'value',
        `the default, set and remove of ${model.title} do not apply to it as one of several`,
        `write them on ${entry.section === 'models' ? entry.title : 'a model of this list'}, or in rules`,
      )
  }
}

function lintProviders({ document, names }: Linted, report: Report): void {
  const strategy = document.policy?.strategy ?? 'round-robin'
  for (const [id, { prefix, keys = [] }] of Object.entries(document.providers ?? {})) {
    if (prefix !== undefined && prefix !== id && names.providers.has(prefix))
      report.error(
        ['providers', id, 'prefix'],
        'value',
        `"${prefix}" is a provider of its own`,
        'choose another prefix',
      )
    for (const [index, key] of keys.entries())
      if (typeof key === 'object' && (key.weight ?? 1) > 1 && strategy !== 'weighted')
        report.warn(
          ['providers', id, 'keys', index, 'weight'],
          'key',
          `weight means nothing while policy.strategy is ${strategy}`,
          'add policy: { strategy: weighted }',
        )
  }
}
