import { isCollection } from 'yaml'
import type { Splice } from '../../lib/splice-text.ts'
import { type Entry, startOf } from './parsed-text.ts'

/** Changes to collections in block style: an entry begins on a line of its own. */

/** Lines behind the last entry. */
export function appendLines(text: string, last: Entry, lines: readonly string[]): Splice[] {
  const at = blockTail(text, last)
  const eol = lineBreakAt(text, at)
  const put = indented(lines, columnOf(text, last.start)).join(eol)
  // The last line of a file may do without a line break, and then still does.
  const open = at === text.length && !text.endsWith('\n')
  return [{ from: at, to: at, text: open ? eol + put : put + eol }]
}

/** Lines before an entry, which may stand behind another dash. */
export function insertLines(text: string, before: Entry, lines: readonly string[]): Splice[] {
  const indent = lineBreakAt(text, before.start) + ' '.repeat(columnOf(text, before.start))
  return [{ from: before.start, to: before.start, text: lines.map(line => line + indent).join('') }]
}

/** Takes an entry out that is not the only one of its parent. Comments above it stay. */
export function removeLines(text: string, entry: Entry, next: Entry | undefined): Splice[] {
  const end = blockEnd(text, entry)
  if (beginsLine(text, entry.start)) return [cutLines(text, lineStart(text, entry.start), end)]
  // Behind a dash: the next entry takes the place, unless comments are between.
  const adjoins = next && text.slice(end, next.start).trim() === ''
  return [{ from: entry.start, to: adjoins ? next.start : end, text: '' }]
}

/** The last line of a file may have no line break: then the one before it goes. */
function cutLines(text: string, from: number, to: number): Splice {
  if (to < text.length || text.endsWith('\n') || from === 0) return { from, to, text: '' }
  return { from: lineEnd(text, from - 1 - (text[from - 2] === '\r' ? 1 : 0)), to, text: '' }
}

/** Puts `[]` or `{}` in the place of a collection whose only entry goes. */
export function emptyBlock(text: string, parent: Entry, only: Entry, put: string): Splice[] {
  if (parent.value && !isBelow(text, parent))
    return [{ from: startOf(parent.value), to: only.end, text: put }]
  return [
    { from: parent.props, to: parent.props, text: ` ${put}` },
    cutLines(text, lineStart(text, only.start), blockEnd(text, only)),
  ]
}

/** A value of an entry on the lines below it. The comment on the entry's own line stays. */
export function replaceByLines(
  text: string,
  entry: Entry,
  lines: readonly string[],
  indent: number,
): Splice[] {
  const eol = lineBreakAt(text, entry.valueStart)
  if (isBlock(entry) && !isBelow(text, entry)) {
    const column = ' '.repeat(columnOf(text, entry.valueStart))
    return [{ ...blockValue(text, entry), text: lines.join(eol + column) }]
  }
  const below = indented(lines, indent).map(line => eol + line)
  const { mark, props, end } = entry
  const [own, { from, to }] = isBlock(entry)
    ? [props, blockValue(text, entry)]
    : [end, { from: lineEnd(text, end), to: lineEnd(text, end) }]
  return [
    { from: mark ?? props, to: own, text: '' },
    { from, to, text: below.join('') },
  ]
}

/** A value of an entry on its own line. The comment there stays. */
export function replaceInline(text: string, entry: Entry, put: string): Splice[] {
  const { value, props, valueStart, end } = entry
  const mark = entry.mark ?? props
  if (!isBlock(entry))
    return value || props > mark
      ? [{ from: valueStart, to: end, text: put }]
      : [{ from: mark, to: mark, text: ` ${put}` }]
  if (!isBelow(text, entry)) return [{ ...blockValue(text, entry), text: put }]
  return [
    { from: mark, to: props, text: ` ${put}` },
    { ...blockValue(text, entry), text: '' },
  ]
}

/** Where a block collection stands that is a value, with the comments that are indented under it. */
function blockValue(text: string, entry: Entry): { from: number; to: number } {
  const end = blockEnd(text, entry)
  const last = end > nextLine(text, entry.end) ? lineStart(text, end - 1) : entry.end
  const from = isBelow(text, entry) ? lineEnd(text, entry.props) : entry.valueStart
  return { from, to: lineEnd(text, last) }
}

export function isBlock({ value }: Entry): boolean {
  return isCollection(value) && value.flow !== true
}

/** Whether the value begins below the line of its key or dash. */
function isBelow(text: string, { value, props }: Entry): boolean {
  return value !== null && text.slice(props, startOf(value)).includes('\n')
}

/** Behind the last line of an entry, and the comments below it that are indented more. */
function blockEnd(text: string, { start, end }: Entry): number {
  return behindComments(text, nextLine(text, end), columnOf(text, start) + 1)
}

/**
 * Where the entry after the last one goes: behind comments that stand under it without a gap,
 * unless they head what follows.
 */
function blockTail(text: string, last: Entry): number {
  const column = columnOf(text, last.start)
  const end = blockEnd(text, last)
  const tail = behindComments(text, end, column)
  const next = text.slice(tail, lineEnd(text, tail))
  const heads = next.trim() !== '' && indentOf(next) >= column
  return heads ? end : tail
}

function behindComments(text: string, from: number, leastIndent: number): number {
  let at = from
  while (at < text.length) {
    const line = text.slice(at, lineEnd(text, at))
    if (!/^[ \t]*#/.test(line) || indentOf(line) < leastIndent) break
    at = nextLine(text, at)
  }
  return at
}

function indented(lines: readonly string[], by: number): string[] {
  return lines.map(line => ' '.repeat(by) + line)
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length
}

export function lineStart(text: string, at: number): number {
  return text.lastIndexOf('\n', at - 1) + 1
}

/** Whether nothing but spaces stands before it on its line. */
export function beginsLine(text: string, at: number): boolean {
  return /^\uFEFF?[ \t]*$/.test(text.slice(lineStart(text, at), at))
}

/** Before the line break, or at the end of the text. */
export function lineEnd(text: string, at: number): number {
  const found = text.indexOf('\n', at)
  if (found === -1) return text.length
  return found > at && text[found - 1] === '\r' ? found - 1 : found
}

/** Behind the line break. */
function nextLine(text: string, at: number): number {
  const found = text.indexOf('\n', at)
  return found === -1 ? text.length : found + 1
}

/** As the line before a place ends; on the first line, as that one does. */
export function lineBreakAt(text: string, at: number): string {
  const from = lineStart(text, at)
  const end = from > 0 ? from - 1 : text.indexOf('\n')
  return text[end - 1] === '\r' ? '\r\n' : '\n'
}

/** A byte order mark takes no room. */
export function columnOf(text: string, at: number): number {
  const from = lineStart(text, at)
  return at - from - (from === 0 && text.startsWith('\uFEFF') ? 1 : 0)
}
