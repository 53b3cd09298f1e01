import { createSuggest } from '../../lib/nearest.ts'
import type { Entry } from '../../routing/entry.ts'
import { isOtherName, POOL_STRATEGY } from '../../routing/entry.ts'
import { compileGlob } from '../../routing/glob.ts'
import { type Names, referencedName } from '../../routing/names.ts'
import { splitSuffix } from '../../routing/reasoning-suffix.ts'
import type { Report } from '../diagnostics/report.ts'
import type { Document } from '../schema/routes.ts'
import type { Broken } from '../schema/valid-parts.ts'
import { lintCycles } from './cycles.ts'
import { createLintModel } from './models.ts'
import { lintReference } from './references.ts'
import { lintReach } from './unreachable.ts'

type Linted = {
  document: Document
  entries: readonly Entry[]
  names: Names
  /** Left out for mistakes of their own, and not reported twice. */
  broken: Broken
}

/** References that lead nowhere, cycles, entries that can never be reached, and words without effect. */
export function lint(linted: Linted, report: Report): void {
  const { entries, names } = linted
  const excused = [...linted.broken.names].map(compileGlob)
  const lintModel = createLintModel(linted.document, linted.broken, report)
  const context = {
    names,
    broken: linted.broken,
    excused,
    suggest: createSuggest(),
    lintModel,
    report,
  }
  for (const entry of entries) {
    if (entry.name.trim() === '')
      report.error(entry.path, 'a name must not be empty', 'write what clients ask for', 'key')
    for (const step of entry.steps)
      for (const reference of step.references) lintReference(entry, reference, context)
    lintSuffixedName(entry, report)
    lintWeights(entry, report)
    lintLostEdits(entry, names, report)
  }
  lintCycles(entries, names, report)
  lintReach(entries, names, report)
  lintProviders(linted, report)
}

/** A name that ends as a level does: clients that ask for that level of the other name get this entry. */
function lintSuffixedName({ name, glob, path }: Entry, report: Report): void {
  const { name: plain, reasoning } = splitSuffix(name)
  if (reasoning && !glob)
    report.warn(
      path,
      `what stands in brackets is how much to think; this entry takes it away from "${plain}"`,
      'choose another name, or write the level behind its target',
      'key',
    )
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
      report.warn([...path.slice(0, -1), 'weight'], message, hint, 'key')
    }
  }
}

/** What an entry changes in a request holds for all its targets: edits of a target are lost. */
function lintLostEdits(entry: Entry, names: Names, report: Report): void {
  if (isOtherName(entry)) return
  for (const reference of entry.steps.flatMap(({ references }) => references)) {
    const model = names.exact.models.get(referencedName(names, reference).name)
    if (model && model.edits.length > 0)
      report.warn(
        reference.path,
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
        `"${prefix}" is a provider of its own`,
        'choose another prefix',
      )
    for (const [index, key] of keys.entries())
      if (typeof key === 'object' && (key.weight ?? 1) > 1 && strategy !== 'weighted')
        report.warn(
          ['providers', id, 'keys', index, 'weight'],
          `weight means nothing while policy.strategy is ${strategy}`,
          'add policy: { strategy: weighted }',
          'key',
        )
  }
}
