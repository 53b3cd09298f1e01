import type { Splice } from '../../lib/splice-text.ts'
import { beginsLine, lineBreakAt, lineEnd, lineStart } from './block.ts'
import { type Collection, commasOf, type Entry, startOf } from './parsed-text.ts'

/** Changes to collections in flow style, `[ a, b ]`: lines and comments between entries stay. */

/** Before the entry at `index`, or behind the last one. */
export function insertFlow(
  text: string,
  collection: Collection,
  entries: readonly Entry[],
  index: number,
  put: string,
): Splice[] {
  const next = entries[index]
  if (next) {
    const { start } = next
    const gap = beginsLine(text, start)
      ? lineBreakAt(text, start) + text.slice(lineStart(text, start), start)
      : ' '
    return [{ from: start, to: start, text: `${put},${gap}` }]
  }
  const last = entries.at(-1)
  // A comma that ends the list then ends it behind the new entry.
  if (last) return [{ from: last.end, to: last.end, text: `, ${put}` }]
  const { open, close } = insideOf(collection)
  return [{ from: close, to: close, text: open === close ? ` ${put} ` : put }]
}

/** Takes an entry out, and one comma with it. */
export function removeFlow(
  text: string,
  collection: Collection,
  entries: readonly Entry[],
  index: number,
): Splice[] {
  const entry = entries[index]
  if (!entry) return []
  const { start } = entry
  const commas = commasOf(collection)
  const [before, own] = [commas[index - 1], commas[index]]
  const end = own === undefined ? entry.end : own + 1
  const next = entries[index + 1]
  // The last entry takes the comma before it along.
  const comma: Splice[] =
    own === undefined && before !== undefined ? [{ from: before, to: before + 1, text: '' }] : []
  const line = lineEnd(text, end)
  if (beginsLine(text, start) && !(next && next.start < line) && (next || index > 0)) {
    const isOwn = /^\s*(?:#|$)/.test(text.slice(end, line))
    const first = lineStart(text, start) - lineBreakAt(text, start).length
    return [...comma, { from: first, to: isOwn ? line : end, text: '' }]
  }
  if (next) {
    const adjoins = text.slice(end, next.start).trim() === ''
    return [{ from: start, to: adjoins ? next.start : end, text: '' }]
  }
  if (before !== undefined)
    return comma.length > 0
      ? [{ from: before, to: end, text: '' }]
      : [{ from: before + 1, to: end, text: '' }]
  const { open, close } = insideOf(collection)
  const isPadded = text.slice(open, start) === ' ' && text.slice(end, close) === ' '
  return [isPadded ? { from: open, to: close, text: '' } : { from: start, to: end, text: '' }]
}

/** Between the brackets. */
function insideOf(collection: Collection): { open: number; close: number } {
  return { open: startOf(collection) + 1, close: (collection.range?.[1] ?? 1) - 1 }
}
