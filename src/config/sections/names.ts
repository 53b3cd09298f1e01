import type { JsonEdit } from '../../lib/json-edit.ts'
import { compileGlob, type Glob, isGlob } from '../../routing/glob.ts'
import type { Place, PoolStrategy } from '../../routing/table.ts'
import type { Report } from '../diagnostics/report.ts'
import type { Document, ModelEntry, NameEntry } from '../schema/document.ts'
import { parseCount } from '../schema/units.ts'
import type { Path, Source } from '../yaml/source.ts'
import { type EditsEntry, readEdits } from './body-edits.ts'
import { type Condition, readWhen, type WhenEntry } from './when.ts'

export type Section = 'models' | 'aliases' | 'force'

/** One member of a destination, as written. */
export type Mention = {
  text: string
  at: Place
  path: Path
  weight: number
  timeout: Parameters<typeof import('./providers.ts').resolveTimeouts>[0]
}
/** A fallback step as written: one mention, or several that share the load. */
export type WrittenStep = { mentions: Mention[]; pooled: boolean; when?: Condition; at: Place }

/** An entry of one of the three name sections. */
export type Entry = {
  section: Section
  name: string
  /** Present when the name is a pattern. */
  glob?: Glob
  steps: WrittenStep[]
  strategy?: PoolStrategy
  /** Absent: not said here. */
  reportModel?: 'asked' | 'served'
  /** The entry takes a name only while this holds. */
  when?: Condition
  /** Changes to the request. */
  edits: readonly JsonEdit[]
  description?: string
  contextTokens?: number
  path: Path
  at: Place
  /** `models.coder`, `force."gpt-5*"`: how it is called in messages. */
  title: string
}

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

function readEntry(
  section: Section,
  name: string,
  written: ModelEntry | NameEntry,
  reading: Context,
): Entry {
  const { source, callers, report } = reading
  const path = [section, name]
  const long = typeof written === 'object' && !Array.isArray(written) ? written : undefined
  const to = long ? long.to : (written as Exclude<typeof written, { to: unknown }>)
  const context = long && 'context' in long ? parseCount(long.context) : undefined
  const description = long && 'description' in long ? long.description : undefined
  const strategy = long?.strategy
  const reportModel = long?.['report-model']
  const when =
    long && 'when' in long
      ? readWhen(long.when as WhenEntry, [...path, 'when'], callers, report)
      : undefined
  return {
    section,
    name,
    ...(isGlob(name) ? { glob: compileGlob(name) } : {}),
    steps: readSteps(to, long ? [...path, 'to'] : path, reading),
    edits: long ? readEdits(long as EditsEntry, path, report) : [],
    ...(when ? { when } : {}),
    ...(strategy ? { strategy } : {}),
    ...(reportModel ? { reportModel } : {}),
    ...(description ? { description } : {}),
    ...(context === undefined ? {} : { contextTokens: context }),
    path,
    at: source.at(path, 'key'),
    title: `${section}.${/^[\w.-]+$/.test(name) ? name : JSON.stringify(name)}`,
  }
}

function readSteps(to: unknown, path: Path, context: Context): WrittenStep[] {
  const { callers, report } = context
  if (!Array.isArray(to))
    return [{ mentions: readMentions(to, path, report), pooled: false, at: report.at(path) }]
  return to.flatMap((element, index): WrittenStep[] => {
    const at = [...path, index]
    if (Array.isArray(element)) {
      return [
        {
          mentions: element.flatMap((member, inner) =>
            readMentions(member, [...at, inner], report),
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
    return [{ mentions: readMentions(element, at, report), pooled: false, at: report.at(at) }]
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

function readMentions(member: unknown, path: Path, report: Report): Mention[] {
  const at = report.at(path)
  if (typeof member === 'string') return [{ text: member, at, path, weight: 1, timeout: undefined }]
  if (typeof member !== 'object' || member === null || !('target' in member)) return []
  const { target, weight, timeout } = member as {
    target: string
    weight?: number
    timeout?: Mention['timeout']
  }
  return [{ text: target, at, path: [...path, 'target'], weight: weight ?? 1, timeout }]
}
