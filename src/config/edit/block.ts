import { isMap } from 'yaml'
import type { Splice } from './edit.ts'
import {
  beginsLine,
  blockEnd,
  blockTail,
  columnOf,
  lineBreakOf,
  lineEnd,
  lineStart,
  nextLine,
} from './layout.ts'
import { flowText, indented } from './render.ts'
import { type Entry, startOf } from './tree.ts'

/** Changes to collections in block style: an entry begins on a line of its own. */

/** Lines behind the last entry. */
export function appendLines(text: string, last: Entry, lines: readonly string[]): Splice[] {
  const at = blockTail(text, last)
  const eol = lineBreakOf(text, at)
  const put = indented(lines, columnOf(text, last.start)).join(eol)
  // The last line of a file may do without a line break, and then still does.
  const open = at === text.length && !text.endsWith('\n')
  return [{ from: at, to: at, text: open ? eol + put : put + eol }]
}

/** Lines before an entry, which may stand behind another dash. */
export function insertLines(text: string, before: Entry, lines: readonly string[]): Splice[] {
  const eol = lineBreakOf(text, before.start)
  const indent = ' '.repeat(columnOf(text, before.start))
  const put = lines.map(line => `${line}${eol}${indent}`).join('')
  return [{ from: before.start, to: before.start, text: put }]
}

/** Takes an entry out that is not the only one. Comments above it stay. */
export function removeLines(text: string, entry: Entry, next: Entry | undefined): Splice[] {
  const end = blockEnd(text, entry)
  if (beginsLine(text, entry.start)) return [wholeLines(text, lineStart(text, entry.start), end)]
  // Behind a dash: the next entry takes the place, unless comments are between.
  const gap = next && text.slice(end, next.start).trim() === ''
  return [{ from: entry.start, to: next && gap ? next.start : end, text: '' }]
}

/** The last line of a file may have no line break: then the one before it goes. */
function wholeLines(text: string, from: number, to: number): Splice {
  if (to < text.length || text.endsWith('\n') || from === 0) return { from, to, text: '' }
  return { from: lineEnd(text, from - 1 - (text[from - 2] === '\r' ? 1 : 0)), to, text: '' }
}

/** Puts `[]` or `{}` in the place of a collection whose only entry goes. */
export function emptyBlock(text: string, holder: Entry, only: Entry, put: string): Splice[] {
  if (holder.value && !isBelow(text, holder))
    return [{ from: startOf(holder.value), to: only.end, text: put }]
  return [
    { from: holder.props, to: holder.props, text: ` ${put}` },
    wholeLines(text, lineStart(text, only.start), blockEnd(text, only)),
  ]
}

/** Takes all of a text's entries out. */
export function removeOnly(text: string, only: Entry): Splice[] {
  return [wholeLines(text, lineStart(text, only.start), blockEnd(text, only))]
}

/** What comes in the place of a value: on the entry's own line, or on lines below it. */
export type Replacement = { inline: string } | { lines: readonly string[]; indent: number }

/** Another value for an entry of a block collection. A comment on the entry's own line stays. */
export function replaceInBlock(text: string, entry: Entry, put: Replacement): Splice[] {
  const { value, props, valueStart } = entry
  const mark = entry.mark ?? props
  const eol = lineBreakOf(text, valueStart)
  const lines = 'lines' in put ? indented(put.lines, put.indent) : []
  const below = lines.map(line => eol + line).join('')
  if (value && isBlock(entry)) {
    const end = lineEnd(text, lastOf(text, entry))
    if (!isBelow(text, entry)) {
      const inline =
        'inline' in put ? put.inline : compact(put.lines, columnOf(text, valueStart), eol)
      return [{ from: valueStart, to: end, text: inline }]
    }
    return [
      { from: mark, to: props, text: 'inline' in put ? ` ${put.inline}` : '' },
      { from: lineEnd(text, props), to: end, text: below },
    ]
  }
  if ('inline' in put)
    return value || props > mark
      ? [{ from: valueStart, to: entry.end, text: put.inline }]
      : [{ from: mark, to: mark, text: ` ${put.inline}` }]
  const line = lineEnd(text, entry.end)
  return [
    { from: mark, to: entry.end, text: '' },
    { from: line, to: line, text: below },
  ]
}

/** `a: 1` behind a dash, its other lines under the first. */
function compact(lines: readonly string[], column: number, eol: string): string {
  return lines.join(eol + ' '.repeat(column))
}

/** The last character of an entry, with the comments that are indented under it. */
function lastOf(text: string, entry: Entry): number {
  const end = blockEnd(text, entry)
  return end > nextLine(text, entry.end) ? lineStart(text, end - 1) : entry.end
}

export function isBlock({ value }: Entry): boolean {
  return value !== null && 'items' in value && value.flow !== true
}

/** Whether the value begins below the line of its key or dash. */
function isBelow(text: string, { value, props }: Entry): boolean {
  return value !== null && text.slice(props, startOf(value)).includes('\n')
}

/** What is left of a collection without entries. */
export function emptyText(collection: unknown): string {
  return flowText(isMap(collection) ? {} : [])
}
