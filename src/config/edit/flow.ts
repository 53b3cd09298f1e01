import type { Splice } from './edit.ts'
import { beginsLine, lineBreakOf, lineEnd, lineStart } from './layout.ts'
import { type Collection, commasOf, type Entry, startOf } from './tree.ts'

/** Changes to collections in flow style, `[ a, b ]`, on one line or with entries on their own. */

/** Behind the last entry. */
export function appendFlow(
  text: string,
  collection: Collection,
  entries: readonly Entry[],
  put: string,
): Splice[] {
  const last = entries.at(-1)
  const close = closeOf(collection)
  if (!last) return [fillEmpty(text, collection, put)]
  const trailing = commasOf(collection)[entries.length - 1]
  const comma = trailing === undefined ? undefined : trailing + 1
  const behind = comma ?? last.end
  if (!beginsLine(text, last.start))
    return [{ from: behind, to: behind, text: comma ? ` ${put},` : `, ${put}` }]
  const newLine =
    lineBreakOf(text, last.start) + text.slice(lineStart(text, last.start), last.start)
  const line = lineEnd(text, behind)
  if (line > close) {
    const own = comma ? `${newLine}${put},` : `,${newLine}${put}`
    return [{ from: behind, to: behind, text: own }]
  }
  if (comma) return [{ from: line, to: line, text: `${newLine}${put},` }]
  return [
    { from: last.end, to: last.end, text: ',' },
    { from: line, to: line, text: newLine + put },
  ]
}

function closeOf({ range }: Collection): number {
  return (range?.[1] ?? 1) - 1
}

function fillEmpty(text: string, collection: Collection, put: string): Splice {
  const close = closeOf(collection)
  const inner = text.slice(startOf(collection) + 1, close)
  return { from: close, to: close, text: inner === '' ? ` ${put} ` : put }
}

/** Before an entry. */
export function insertFlow(text: string, before: Entry, put: string): Splice[] {
  const gap = beginsLine(text, before.start)
    ? lineBreakOf(text, before.start) + text.slice(lineStart(text, before.start), before.start)
    : ' '
  return [{ from: before.start, to: before.start, text: `${put},${gap}` }]
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
  const commas = commasOf(collection)
  const own = commas[index]
  const before = commas[index - 1]
  const end = own === undefined ? entry.end : own + 1
  if (entries.length === 1 && own === undefined) return [emptyFlow(text, collection, entry)]
  const next = entries[index + 1]
  const shares = next !== undefined && next.start < lineEnd(text, end)
  if (beginsLine(text, entry.start) && !shares)
    return removeOwnLine(text, entry.start, end, own, before)
  if (next) {
    const gap = text.slice(end, next.start)
    return [{ from: entry.start, to: gap.trim() === '' ? next.start : end, text: '' }]
  }
  if (before === undefined) return [{ from: entry.start, to: end, text: '' }]
  return [
    own === undefined
      ? { from: before, to: end, text: '' }
      : { from: before + 1, to: end, text: '' },
  ]
}

/** `{ a: 1 }` becomes `{}`; where the two sides differ, only the entry goes. */
function emptyFlow(text: string, collection: Collection, only: Entry): Splice {
  const open = startOf(collection) + 1
  const close = closeOf(collection)
  const sides = [text.slice(open, only.start), text.slice(only.end, close)]
  return sides[0] === ' ' && sides[1] === ' '
    ? { from: open, to: close, text: '' }
    : { from: only.start, to: only.end, text: '' }
}

function removeOwnLine(
  text: string,
  start: number,
  end: number,
  own: number | undefined,
  before: number | undefined,
): Splice[] {
  const line = lineEnd(text, end)
  const rest = text.slice(end, line).trim()
  // With the comment behind it; not with what else stands on the line.
  const to = rest === '' || rest.startsWith('#') ? line : end
  const first = lineStart(text, start)
  const breakAt = first === 0 ? 0 : first - (text[first - 2] === '\r' ? 2 : 1)
  const gone: Splice = { from: breakAt, to, text: '' }
  return own === undefined && before !== undefined
    ? [{ from: before, to: before + 1, text: '' }, gone]
    : [gone]
}
