import type { JsonObject, JsonValue } from '../lib/json/json.ts'
import { type Importing, isEmpty } from './draft.ts'
import { seconds } from './durations.ts'
import type { TrackedSettings } from './tracked-settings.ts'

/** One setting of another tool, and the setting of routes.yaml that it becomes. */
export type Row = {
  /**
   * Its path in the tool's file; a dot leads into a section. Of several, all are read and the first
   * that has a value counts.
   */
  from: string | readonly string[]
  /** Its path in routes.yaml, or in the provider or model that the rows are for. Absent: none. */
  to?: string
  /** Absent: the value as it is, where it asks for something at all. */
  read?: Read
  /** What is lost where it has a value, why, and what to do. */
  dropped?: string
  /** Why nothing need be done where it has a value. */
  unneeded?: string
}

/** Reads one setting. Undefined: it has no value; it may have noted why. */
export type Read = (
  settings: TrackedSettings,
  name: string,
  importing: Importing,
) => JsonValue | undefined

/**
 * Reads each row's setting, in order, and writes it into `target`, which is given back. Empty
 * texts, lists and mappings are not written.
 */
export function applyRows<T extends JsonObject>(
  rows: readonly Row[],
  settings: TrackedSettings,
  importing: Importing,
  target: T,
): T {
  for (const row of rows) {
    let first: JsonValue | undefined
    for (const path of typeof row.from === 'string' ? [row.from] : row.from) {
      const value = readRow(row, path, settings, importing)
      first ??= value
    }
    if (row.to !== undefined && first !== undefined && !isEmpty(first)) setAt(target, row.to, first)
  }
  return target
}

function readRow(
  { read = asGiven, dropped, unneeded }: Row,
  path: string,
  settings: TrackedSettings,
  importing: Importing,
): JsonValue | undefined {
  const steps = path.split('.')
  const name = steps.pop() ?? ''
  const section = steps.reduce((within, step) => within.mapping(step), settings)
  const value = read(section, name, importing)
  if (value === undefined) return undefined
  if (dropped !== undefined) importing.draft.noteDropped(section.path(name), dropped)
  if (unneeded !== undefined) importing.draft.noteUnneeded(section.path(name), unneeded)
  return value
}

function setAt(target: JsonObject, path: string, value: JsonValue): void {
  const [step = '', ...rest] = path.split('.')
  if (rest.length === 0) {
    target[step] = value
    return
  }
  target[step] ??= {}
  setAt(target[step] as JsonObject, rest.join('.'), value)
}

/** Several names, with blanks between. */
export function names(list: string): string[] {
  return list.trim().split(/\s+/)
}

/** Rows of settings that are lost: their names, with blanks between, and the reason. */
export function droppedRows(reasons: Readonly<Record<string, string>>): Row[] {
  return Object.entries(reasons).map(([from, dropped]) => ({ from: names(from), dropped }))
}

/** Rows of settings for which nothing need be done: their names and the reason. */
export function unneededRows(reasons: Readonly<Record<string, string>>): Row[] {
  return Object.entries(reasons).map(([from, unneeded]) => ({ from: names(from), unneeded }))
}

const asGiven: Read = (settings, name) => {
  const value = settings.raw(name)
  return settings.isGiven(name) ? value : undefined
}

export const text: Read = (settings, name) => settings.text(name)
export const number: Read = (settings, name) => settings.number(name)
export const record: Read = (settings, name) => settings.record(name)

/** A list with something in it. */
export const texts: Read = (settings, name) => {
  const list = settings.texts(name)
  return list.length > 0 ? list : undefined
}

/** 0 is the other tool's way to leave a number out. */
export const nonZero: Read = (settings, name) => settings.number(name) || undefined

/** A flag that is set. One that is off is read and has no value. */
export const on: Read = (settings, name) => settings.flag(name) || undefined

/** A switch that stands for a value. */
export function switchTo(value: JsonValue): Read {
  return (settings, name) => (settings.flag(name) ? value : undefined)
}

/** Seconds, as a duration. */
export const secondsCount: Read = (settings, name) => {
  const count = settings.number(name)
  return count === undefined ? undefined : seconds(count)
}

/** `policy.request-retry` takes no more. */
export const MAX_ROUNDS = 20

/** A number of retries, as rounds. */
export const rounds: Read = (settings, name) => {
  const retries = settings.number(name)
  return retries === undefined ? undefined : Math.min(Math.max(0, Math.round(retries)), MAX_ROUNDS)
}

/** True where there is no such text, for notes on what is missing. */
export const missing: Read = (settings, name) => settings.text(name) === undefined || undefined
