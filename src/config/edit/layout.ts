import type { Entry } from './tree.ts'

/** Lines of a text: where they begin and end, and what else belongs to an entry of block style. */

export function lineStart(text: string, at: number): number {
  return text.lastIndexOf('\n', at - 1) + 1
}

/** Before the line break, or at the end of the text. */
export function lineEnd(text: string, at: number): number {
  const found = text.indexOf('\n', at)
  if (found === -1) return text.length
  return found > at && text[found - 1] === '\r' ? found - 1 : found
}

/** Behind the line break. */
export function nextLine(text: string, at: number): number {
  const found = text.indexOf('\n', at)
  return found === -1 ? text.length : found + 1
}

/** As the line before a place ends; on the first line, as that one does. */
export function lineBreakOf(text: string, at: number): string {
  const from = lineStart(text, at)
  const end = from > 0 ? from - 1 : text.indexOf('\n')
  return text[end - 1] === '\r' ? '\r\n' : '\n'
}

/** A byte order mark takes no room. */
export function columnOf(text: string, at: number): number {
  const from = lineStart(text, at)
  return at - from - (from === 0 && text.startsWith('\uFEFF') ? 1 : 0)
}

/** Whether nothing but spaces stands before it on its line. */
export function beginsLine(text: string, at: number): boolean {
  return /^\uFEFF?[ \t]*$/.test(text.slice(lineStart(text, at), at))
}

/** Behind the last line of an entry in block style: with the comments below it that are indented more. */
export function blockEnd(text: string, { start, end }: Entry): number {
  return behindComments(text, nextLine(text, end), columnOf(text, start) + 1)
}

/**
 * Where the entry after the last one goes: behind comments that stand under it without a gap,
 * unless they head what follows.
 */
export function blockTail(text: string, last: Entry): number {
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

function indentOf(line: string): number {
  return line.length - line.trimStart().length
}
