import type { Path } from '../../lib/path.ts'
import type { Condition } from '../../routing/condition.ts'
import type { Entry, Reference, Section, StepSource } from '../../routing/entry.ts'
import { compileGlob, isGlob } from '../../routing/glob.ts'
import type { Report } from '../diagnostics/report.ts'
import type { Document, ModelEntry, NameEntry, WhenEntry } from '../schema/routes.ts'
import { parseCount } from '../schema/units.ts'
import type { Source } from '../yaml/source.ts'
import { readEdits } from './body-edits.ts'
import { readTimeouts, type TimeoutEntry } from './timeouts.ts'
import { readWhen } from './when.ts'

/** What reading an entry needs to know of the rest of the file. */
type Context = { source: Source; callers: ReadonlySet<string> | undefined; report: Report }

/** `callers`: the names of API keys; absent: they are not known. */
export function readEntries(
  document: Document,
  source: Source,
  callers: ReadonlySet<string> | undefined,
  report: Report,
): Entry[] {
  const context = { source, callers, report }
  const entries: Entry[] = []
  for (const section of ['force', 'models', 'aliases'] as const) {
    for (const [name, written] of Object.entries(document[section] ?? {}))
      entries.push(readEntry(section, name, written, context))
  }
  return entries
}

/** An entry with options, of any section. */
type LongEntry = Extract<ModelEntry, { to: unknown }> & { when?: WhenEntry }

function readEntry(
  section: Section,
  name: string,
  written: ModelEntry | NameEntry,
  reading: Context,
): Entry {
  const { source, callers, report } = reading
  const path = [section, name]
  const long: LongEntry | undefined =
    typeof written === 'object' && !Array.isArray(written) ? written : undefined
  return {
    section,
    name,
    glob: isGlob(name) ? compileGlob(name) : undefined,
    steps: long ? readSteps(long.to, [...path, 'to'], reading) : readSteps(written, path, reading),
    edits: long ? readEdits(long, path, report) : [],
    when: readWhen(long?.when, [...path, 'when'], callers, report),
    strategy: long?.strategy,
    reportModel: long?.['report-model'],
    description: long?.description || undefined,
    contextTokens: parseCount(long?.context),
    path,
    at: source.at(path, 'key'),
    title: `${section}.${/^[\w.-]+$/.test(name) ? name : JSON.stringify(name)}`,
  }
}

function readSteps(to: unknown, path: Path, context: Context): StepSource[] {
  const { callers, report } = context
  if (!Array.isArray(to))
    return [{ references: readReferences(to, path, report), pooled: false, at: report.at(path) }]
  return to.flatMap((element, index): StepSource[] => {
    const at = [...path, index]
    if (Array.isArray(element)) {
      return [
        {
          references: element.flatMap((member, inner) =>
            readReferences(member, [...at, inner], report),
          ),
          pooled: true,
          at: report.at(at),
        },
      ]
    }
    if (isStep(element)) {
      const when = readWhen(element.when, [...at, 'when'], callers, report)
      const steps = readSteps(element.to, [...at, 'to'], context)
      return when ? steps.map(step => ({ ...step, when: both(when, step.when) })) : steps
    }
    return [{ references: readReferences(element, at, report), pooled: false, at: report.at(at) }]
  })
}

/** A step inside a step is bound by both conditions. */
function both(outer: Condition, inner: Condition | undefined): Condition {
  if (!inner) return outer
  return {
    holds: facts => outer.holds(facts) && inner.holds(facts),
    text: `${outer.text}, ${inner.text}`,
  }
}

function isStep(value: unknown): value is { to: unknown; when?: WhenEntry } {
  return typeof value === 'object' && value !== null && 'to' in value
}

function readReferences(member: unknown, path: Path, report: Report): Reference[] {
  const at = report.at(path)
  if (typeof member === 'string') return [{ text: member, at, path, weight: 1, timeouts: {} }]
  if (typeof member !== 'object' || member === null || !('target' in member)) return []
  const { target, weight, timeout } = member as {
    target: string
    weight?: number
    timeout?: TimeoutEntry
  }
  const timeouts = readTimeouts(timeout)
  return [{ text: target, at, path: [...path, 'target'], weight: weight ?? 1, timeouts }]
}
