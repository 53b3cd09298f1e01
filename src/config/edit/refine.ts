import { isMap, isSeq, type Node, visit } from 'yaml'
import { isObject, type JsonObject, type JsonValue, jsonEntries } from '../../lib/json/json.ts'
import type { Path } from '../../lib/path.ts'
import type { Edit } from './edit.ts'
import { valueAt } from './find.ts'
import { entriesOf, type Tree } from './tree.ts'

/** With more steps than this a value is written anew: each one is read back. */
const MAX_STEPS = 60
/** Longer lists are not compared element by element. */
const LONGEST_LIST = 500

/**
 * A `set` of a collection that is there already, as edits of what differs in it: comments and style
 * of the rest stay. Undefined: it is better done as one.
 */
export function refined(tree: Tree, edit: Edit): Edit[] | undefined {
  if (edit.op !== 'set') return undefined
  const now = valueAt(tree.data, edit.path)
  if (!comparable(now, edit.value) || !isOwn(tree, edit.path)) return undefined
  const steps = differences(now, edit.value, edit.path)
  return steps.length <= MAX_STEPS ? steps : undefined
}

function comparable(now: unknown, value: JsonValue): now is JsonValue {
  if (Array.isArray(value)) return Array.isArray(now) && isFair(now) && isFair(value)
  return isObject(value) && isObject(now) && sharesMembers(now, value)
}

function isFair(list: readonly unknown[]): boolean {
  return list.length > 0 && list.length <= LONGEST_LIST
}

/** Whether the order of members comes out right when new ones go to the end. */
function sharesMembers(now: JsonObject, value: JsonObject): boolean {
  const kept = Object.keys(now).filter(key => Object.hasOwn(value, key))
  const added = Object.keys(value).filter(key => !Object.hasOwn(now, key))
  return kept.length > 0 && [...kept, ...added].join('\0') === Object.keys(value).join('\0')
}

function same(a: JsonValue | undefined, b: JsonValue | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

function differences(now: JsonValue, value: JsonValue, path: Path): Edit[] {
  if (same(now, value)) return []
  if (!comparable(now, value)) return [{ op: 'set', path, value }]
  if (Array.isArray(now) && Array.isArray(value)) return inList(now, value, path)
  if (isObject(now) && isObject(value)) return inMap(now, value, path)
  return [{ op: 'set', path, value }]
}

function inMap(now: JsonObject, value: JsonObject, path: Path): Edit[] {
  const gone = Object.keys(now).filter(key => !Object.hasOwn(value, key))
  return [
    ...gone.map((key): Edit => ({ op: 'remove', path: [...path, key] })),
    ...jsonEntries(value).flatMap(([key, one]): Edit[] => {
      const was = now[key]
      return was === undefined
        ? [{ op: 'set', path: [...path, key], value: one }]
        : differences(was, one, [...path, key])
    }),
  ]
}

/** What both have in common stays; what is between is changed one by one, from the end on. */
function inList(now: readonly JsonValue[], value: readonly JsonValue[], path: Path): Edit[] {
  const kept = [...inCommon(now, value), { old: now.length, put: value.length }]
  let from = { old: 0, put: 0 }
  const gaps = kept.map(({ old, put }) => {
    const gap = { at: from.old, old: now.slice(from.old, old), put: value.slice(from.put, put) }
    from = { old: old + 1, put: put + 1 }
    return gap
  })
  return gaps.reverse().flatMap(({ at, old, put }) => {
    const both = Math.min(old.length, put.length)
    const gone = old.slice(both).map((_, index): Edit => {
      return { op: 'remove', path: [...path, at + both + index] }
    })
    const added = put.slice(both).map((one, index): Edit => {
      return { op: 'insert', path: [...path, at + both + index], value: one }
    })
    const changed = put.slice(0, both).flatMap((one, index) => {
      return differences(old[index] ?? null, one, [...path, at + index])
    })
    return [...gone.reverse(), ...added, ...changed]
  })
}

/** The longest run of elements that both have in the same order. */
function inCommon(now: readonly JsonValue[], value: readonly JsonValue[]) {
  const a = now.map(one => JSON.stringify(one))
  const b = value.map(one => JSON.stringify(one))
  const longest = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1))
  const at = (i: number, j: number): number => longest[i]?.[j] ?? 0
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--) {
      const row = longest[i]
      if (row) row[j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
    }
  const pairs: { old: number; put: number }[] = []
  let i = 0
  let j = 0
  while (i < a.length && j < b.length) {
    if (a[i] === b[j]) pairs.push({ old: i++, put: j++ })
    else if (at(i + 1, j) >= at(i, j + 1)) i++
    else j++
  }
  return pairs
}

/** Without aliases and merges inside: what those stand for is not written here. */
function isOwn({ document }: Tree, path: Path): boolean {
  let node: Node | null = document.contents
  for (const segment of path) {
    if (!isMap(node) && !isSeq(node)) return false
    const entries = entriesOf(node)
    const entry = isSeq(node)
      ? entries[Number(segment)]
      : entries.find(({ key, merge }) => !merge && key === String(segment))
    if (!entry) return false
    node = entry.value
  }
  let own = true
  if (node) {
    visit(node, {
      Alias() {
        own = false
        return visit.BREAK
      },
    })
  }
  return own
}
