import { isMap, isScalar, isSeq } from 'yaml'
import type { JsonValue } from '../../lib/json/json.ts'
import type { Path } from '../../lib/path.ts'
import { unreachable } from '../../lib/unreachable.ts'
import {
  appendLines,
  emptyBlock,
  emptyText,
  insertLines,
  isBlock,
  type Replacement,
  removeLines,
  removeOnly,
  replaceInBlock,
} from './block.ts'
import { type Edit, type Edited, Refused, type Splice, spliced } from './edit.ts'
import { readBack } from './expect.ts'
import { findSpot, refuseOrphans, type Spot, said, valueAt } from './find.ts'
import { appendFlow, insertFlow, removeFlow } from './flow.ts'
import { columnOf, lineBreakOf } from './layout.ts'
import { refined } from './refine.ts'
import { blockLines, elementLines, flowMember, flowText, isFilled, memberLines } from './render.ts'
import type { Quotes } from './scalar.ts'
import { type Collection, type Entry, entriesOf, parseTree, type Tree } from './tree.ts'

/**
 * Edits a YAML text. What is not named stays byte for byte: comments, order, anchors, quotes,
 * indentation, blank lines and line endings. Every step is read back, and refused if anything but
 * the named place reads differently.
 */
export function editText(text: string, edits: readonly Edit[]): Edited {
  try {
    return { ok: true, text: edits.reduce(edited, parseTree(text)).text }
  } catch (error) {
    if (error instanceof Refused) return { ok: false, problem: error.message }
    throw error
  }
}

/** In small steps where that is possible, so that what is the same inside a value stays as written. */
function edited(tree: Tree, edit: Edit): Tree {
  const steps = refined(tree, edit)
  if (steps) {
    try {
      return steps.reduce(step, tree)
    } catch (error) {
      if (!(error instanceof Refused)) throw error
    }
  }
  return step(tree, edit)
}

function step(tree: Tree, edit: Edit): Tree {
  const splices = splicesOf(tree, edit)
  return splices.length === 0 ? tree : readBack(tree, spliced(tree.text, splices), edit)
}

function splicesOf(tree: Tree, edit: Edit): Splice[] {
  switch (edit.op) {
    case 'set':
      return set(tree, edit.path, edit.value)
    case 'remove':
      return remove(tree, edit.path)
    case 'append':
      return append(tree, edit.path, edit.value)
    case 'insert':
      return insert(tree, edit.path, edit.value)
    default:
      return unreachable(edit)
  }
}

function set(tree: Tree, path: Path, value: JsonValue): Splice[] {
  if (JSON.stringify(valueAt(tree.data, path)) === JSON.stringify(value)) return []
  const spot = findSpot(tree, path)
  if (!spot.found) return add(tree, spot, path, value)
  refuseOrphans(tree, spot.entry, path)
  return replace(tree, spot, value)
}

function remove(tree: Tree, path: Path): Splice[] {
  const spot = findSpot(tree, path)
  if (!spot.found) {
    const merged = valueAt(tree.data, path) !== undefined
    throw new Refused(
      merged
        ? `${said(path)} comes from a merge (<<) and cannot be taken out here alone; write the mapping out first`
        : `there is no ${said(path)} to remove`,
    )
  }
  refuseOrphans(tree, spot.entry, path)
  const { text } = tree
  const { in: collection, entries, index, entry, above } = spot
  if (collection.flow) return removeFlow(text, collection, entries, index)
  if (entries.length > 1) return removeLines(text, entry, entries[index + 1])
  const holder = above.at(-1)?.entry
  return holder ? emptyBlock(text, holder, entry, emptyText(collection)) : removeOnly(text, entry)
}

function append(tree: Tree, path: Path, value: JsonValue): Splice[] {
  const now = valueAt(tree.data, path)
  if (now === undefined || now === null) return set(tree, path, [value])
  if (!Array.isArray(now)) throw new Refused(`${said(path)} is not a list; nothing can be appended`)
  return add(tree, findSpot(tree, [...path, now.length]), [...path, now.length], value)
}

function insert(tree: Tree, path: Path, value: JsonValue): Splice[] {
  const spot = findSpot(tree, path)
  if (!spot.found) return add(tree, spot, path, value)
  const { in: collection, entries, entry } = spot
  if (!isSeq(collection)) throw new Refused(`${said(path)} is not an element of a list; use set`)
  const { text } = tree
  if (collection.flow) return insertFlow(text, entry, flowText(value))
  return insertLines(text, entry, elementOf(tree, entries, value))
}

/** A value where nothing is written yet; what is missing on the way is made with it. */
function add(tree: Tree, spot: Spot, path: Path, value: JsonValue): Splice[] {
  if (spot.found) return []
  const [first, ...deeper] = spot.rest
  if (first === undefined) return []
  const whole = deeper.reduceRight<JsonValue>((inner, segment) => {
    if (typeof segment === 'string') return { [segment]: inner }
    if (segment === 0) return [inner]
    throw new Refused(`there is no list at ${said(path.slice(0, -1))} yet; start it with append`)
  }, value)
  if (spot.in) return addTo(tree, spot.in, spot.entries, first, whole)
  const above = path.slice(0, path.length - spot.rest.length)
  if (above.length === 0) return [firstMember(tree.text, String(first), whole)]
  if (typeof first === 'string') return set(tree, above, { [first]: whole })
  if (first === 0) return set(tree, above, [whole])
  throw new Refused(`${said(above)} is empty; start it with append`)
}

/** Of a file with nothing but comments. */
function firstMember(text: string, key: string, value: JsonValue): Splice {
  const eol = lineBreakOf(text, text.length)
  const put = memberLines(key, value, 2).join(eol) + eol
  const open = text !== '' && !text.endsWith('\n')
  return { from: text.length, to: text.length, text: open ? eol + put : put }
}

function addTo(
  tree: Tree,
  collection: Collection,
  entries: readonly Entry[],
  segment: string | number,
  value: JsonValue,
): Splice[] {
  const { text } = tree
  const map = isMap(collection)
  const key = String(segment)
  if (collection.flow)
    return appendFlow(text, collection, entries, map ? flowMember(key, value) : flowText(value))
  const last = entries.at(-1)
  if (!last) throw new Refused('an empty collection without brackets cannot be added to')
  const lines = map ? memberOf(tree, entries, key, value) : elementOf(tree, entries, value)
  return appendLines(text, last, lines)
}

/** Longer ones are written line by line. */
const LONGEST_FLOW = 110

/** As the neighbours are written; without any like it, on one line if that is not too long. */
function asFlow(tree: Tree, entries: readonly Entry[], value: JsonValue, before: string): boolean {
  if (!isFilled(value)) return true
  const like = entries.findLast(
    ({ value: one }) => one !== null && 'items' in one && one.items.length > 0,
  )
  if (like && isBlock(like)) return false
  const column = entries[0] ? columnOf(tree.text, entries[0].start) : 0
  return column + before.length + flowText(value).length <= LONGEST_FLOW
}

function memberOf(tree: Tree, entries: readonly Entry[], key: string, value: JsonValue): string[] {
  return asFlow(tree, entries, value, `${key}: `)
    ? [flowMember(key, value)]
    : memberLines(key, value, stepOf(tree))
}

function elementOf(tree: Tree, entries: readonly Entry[], value: JsonValue): string[] {
  return asFlow(tree, entries, value, '- ')
    ? [`- ${flowText(value)}`]
    : elementLines(value, stepOf(tree))
}

/** By how much the file indents. */
function stepOf({ text, document }: Tree): number {
  const root = document.contents
  if (!isMap(root) || root.flow) return 2
  for (const { value } of entriesOf(root)) {
    if (!isMap(value) || value.flow) continue
    const [first] = entriesOf(value)
    if (first) return columnOf(text, first.start)
  }
  return 2
}

function replace(tree: Tree, spot: Spot & { found: true }, value: JsonValue): Splice[] {
  const { text } = tree
  const { in: collection, entries, entry } = spot
  const { value: old, mark, valueStart, end } = entry
  if (collection.flow) {
    const put = flowText(value, quotesOf(entry))
    if (mark === undefined && isMap(collection)) return [{ from: end, to: end, text: `: ${put}` }]
    if (!old && valueStart >= end) return [{ from: end, to: end, text: ` ${put}` }]
    return [{ from: valueStart, to: end, text: put }]
  }
  return replaceInBlock(text, entry, replacementFor(tree, spot.in, entries, entry, value))
}

function replacementFor(
  tree: Tree,
  collection: Collection,
  entries: readonly Entry[],
  entry: Entry,
  value: JsonValue,
): Replacement {
  const others = entries.filter(one => one !== entry)
  const lineByLine =
    isFilled(value) &&
    (isBlock(entry) || (!entry.value && !asFlow(tree, others, value, entry.key ?? '')))
  if (!lineByLine) return { inline: flowText(value, quotesOf(entry)) }
  const step = stepOf(tree)
  const own = columnOf(tree.text, entry.start)
  return { lines: blockLines(value, step), indent: own + (isSeq(collection) ? 2 : step) }
}

/** A text keeps the quotes of the one that it replaces. */
function quotesOf({ value }: Entry): Quotes | undefined {
  if (!isScalar(value)) return undefined
  if (value.type === 'QUOTE_SINGLE') return 'single'
  return value.type === 'QUOTE_DOUBLE' ? 'double' : undefined
}
