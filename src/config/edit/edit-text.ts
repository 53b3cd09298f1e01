import { isMap, isScalar } from 'yaml'
import type { JsonValue } from '../../lib/json/json.ts'
import { type Splice, spliceText } from '../../lib/splice-text.ts'
import {
  appendLines,
  columnOf,
  emptyBlock,
  insertLines,
  isBlock,
  lineBreakAt,
  removeLines,
  replaceByLines,
  replaceInline,
} from './block.ts'
import { type Edit, type Edited, Refused } from './edit.ts'
import { insertFlow, removeFlow } from './flow.ts'
import { type Location, locate, placeName, refuseOrphans, valueAt } from './location.ts'
import { type Entry, entriesOf, type ParsedText, parseText } from './parsed-text.ts'
import { blockLines, entryLines, inlineMember, inlineText, isFilled, type Style } from './render.ts'
import { changeOf, smallSteps } from './steps.ts'
import { type Change, isSame, verified } from './verify.ts'

/**
 * Edits a YAML text. Outside the entry that is named everything stays byte for byte: comments,
 * order, anchors, quotes, indentation, blank lines and line endings; inside it is written as the
 * library writes YAML. Every step is read back, and refused if anything but the named place reads
 * differently.
 */
export function editText(text: string, edits: readonly Edit[]): Edited {
  try {
    return { ok: true, text: edits.reduce(edited, parseText(text)).text }
  } catch (error) {
    if (error instanceof Refused) return { ok: false, problem: error.message }
    throw error
  }
}

function edited(parsed: ParsedText, edit: Edit): ParsedText {
  const change = changeOf(parsed.data, edit)
  try {
    const steps = smallSteps(parsed.data, change)
    if (steps) return steps.reduce(changed, parsed)
  } catch (error) {
    if (!(error instanceof Refused)) throw error
  }
  return changed(parsed, change)
}

function changed(parsed: ParsedText, change: Change): ParsedText {
  const { op, path } = change
  if (op === 'set' && isSame(valueAt(parsed.data, path), change.value)) return parsed
  const location = locate(parsed, path)
  if (location.entry && op !== 'insert') refuseOrphans(parsed, location.entry, path)
  const splices =
    op === 'remove' ? removed(parsed, location, change) : put(parsed, location, change)
  return verified(parsed, spliceText(parsed.text, splices), change)
}

function removed({ text, data }: ParsedText, location: Location, { path }: Change): Splice[] {
  const { collection, entries, index, entry, parent } = location
  if (!collection || !entry)
    throw new Refused(
      valueAt(data, path) === undefined
        ? `there is no ${placeName(path)} to remove`
        : `${placeName(path)} comes from a merge (<<) and cannot be taken out here alone; write the mapping out first`,
    )
  if (collection.flow) return removeFlow(text, collection, entries, index)
  if (entries.length > 1 || !parent) return removeLines(text, entry, entries[index + 1])
  return emptyBlock(text, parent, entry, isMap(collection) ? '{}' : '[]')
}

type Put = Extract<Change, { value: JsonValue }>

function put(parsed: ParsedText, location: Location, { op, path, value }: Put): Splice[] {
  const { text } = parsed
  const { collection, entries, index, entry } = location
  const key = typeof path.at(-1) === 'string' ? String(path.at(-1)) : undefined
  if (!collection) return [firstMember(text, String(path.at(-1)), value)]
  if (entry && op === 'set') return replaced(parsed, location, entry, value)
  if (collection.flow) {
    const inline = key === undefined ? inlineText(value) : inlineMember(key, value)
    return insertFlow(text, collection, entries, index, inline)
  }
  const style = { flow: fitsLine(text, entries, key, value), indent: indentOf(parsed) }
  const lines = entryLines(key, value, style)
  if (entry) return insertLines(text, entry, lines)
  const last = entries.at(-1)
  if (!last) throw new Refused('an empty collection without brackets cannot be added to')
  return appendLines(text, last, lines)
}

/** Of a file with nothing but comments. */
function firstMember(text: string, key: string, value: JsonValue): Splice {
  const eol = lineBreakAt(text, text.length)
  const lines = entryLines(key, value, { flow: false }).join(eol) + eol
  const open = text !== '' && !text.endsWith('\n')
  return { from: text.length, to: text.length, text: open ? eol + lines : lines }
}

function replaced(
  parsed: ParsedText,
  { collection, entries }: Location,
  entry: Entry,
  value: JsonValue,
): Splice[] {
  const { text } = parsed
  const inline = inlineText(value, quotesOf(entry))
  if (collection?.flow) {
    const { value: old, mark, valueStart, end } = entry
    const blank =
      mark === undefined && isMap(collection) ? ': ' : !old && valueStart >= end ? ' ' : ''
    return [{ from: blank ? end : valueStart, to: end, text: blank + inline }]
  }
  const others = entries.filter(other => other !== entry)
  const isShort = entry.value !== null || fitsLine(text, others, entry.key, value)
  if (!isFilled(value) || (!isBlock(entry) && isShort)) return replaceInline(text, entry, inline)
  const indent = indentOf(parsed)
  const lines = blockLines(value, indent)
  return replaceByLines(text, entry, lines, columnOf(text, entry.start) + indent)
}

/** Longer collections are written line by line. */
const MAX_LINE = 110

/** As the neighbours are written; without any like it, on one line if that is not too long. */
function fitsLine(
  text: string,
  entries: readonly Entry[],
  key: string | undefined,
  value: JsonValue,
): boolean {
  if (!isFilled(value)) return true
  const like = entries.findLast(
    ({ value: other }) => other !== null && 'items' in other && other.items.length > 0,
  )
  if (like && isBlock(like)) return false
  const column = entries[0] ? columnOf(text, entries[0].start) : 0
  const [line = ''] = entryLines(key, value, { flow: true })
  return column + line.length <= MAX_LINE
}

/** By how much the file indents. */
function indentOf({ text, document }: ParsedText): number {
  const root = document.contents
  if (!isMap(root) || root.flow) return 2
  for (const { value } of entriesOf(root)) {
    const [first] = isMap(value) && !value.flow ? entriesOf(value) : []
    if (first) return columnOf(text, first.start)
  }
  return 2
}

/** A text keeps the quotes of the one that it replaces. */
function quotesOf({ value }: Entry): Style['quotes'] {
  if (!isScalar(value)) return undefined
  if (value.type === 'QUOTE_SINGLE') return 'single'
  return value.type === 'QUOTE_DOUBLE' ? 'double' : undefined
}
