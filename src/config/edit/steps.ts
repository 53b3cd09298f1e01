import { isObject, type JsonObject, type JsonValue, jsonEntries } from '../../lib/json/json.ts'
import type { Path } from '../../lib/path.ts'
import { type Edit, Refused } from './edit.ts'
import { placeName, valueAt } from './location.ts'
import { type Change, isSame } from './verify.ts'

/** With more steps than this a value is written anew: each one is read back. */
const MAX_STEPS = 60
/** Longer lists are not compared element by element. */
const MAX_LIST = 500

/** An edit as a change of one place whose parent is there already. */
export function changeOf(data: JsonValue, edit: Edit): Change {
  const { path } = edit
  if (edit.op === 'remove') return { op: 'remove', path }
  if (edit.op === 'set') return setting(data, path, edit.value)
  const list = valueAt(data, edit.op === 'append' ? path : path.slice(0, -1))
  if (edit.op === 'insert') {
    if (Array.isArray(list)) return { op: 'insert', path, value: edit.value }
    if (valueAt(data, path) !== undefined)
      throw new Refused(`${placeName(path)} is not an element of a list; use set`)
    return setting(data, path, edit.value)
  }
  if (list === undefined || list === null) return setting(data, path, [edit.value])
  if (!Array.isArray(list))
    throw new Refused(`${placeName(path)} is not a list; nothing can be appended`)
  return { op: 'insert', path: [...path, list.length], value: edit.value }
}

/** What is missing on the way is made with the value. */
function setting(data: JsonValue, path: Path, value: JsonValue): Change {
  const missing = path.findIndex((_, depth) => {
    const there = valueAt(data, path.slice(0, depth + 1))
    return there === undefined || (there === null && depth < path.length - 1)
  })
  if (missing === -1) return { op: 'set', path, value }
  const there = path.slice(0, missing + 1)
  const made = path.slice(missing + 1).reduceRight<JsonValue>((inner, segment, depth) => {
    if (typeof segment === 'string') return { [segment]: inner }
    if (segment === 0) return [inner]
    throw new Refused(
      depth === 0 && valueAt(data, there) === null
        ? `${placeName(there)} is empty; start it with append`
        : `there is no list at ${placeName(path.slice(0, -1))} yet; start it with append`,
    )
  }, value)
  return { op: 'set', path: there, value: made }
}

/**
 * A new value for a collection as changes of what differs in it, so that comments and style of the
 * rest stay. Undefined: it is better written anew.
 */
export function smallSteps(data: JsonValue, change: Change): Change[] | undefined {
  if (change.op !== 'set') return undefined
  const now = valueAt(data, change.path)
  if (!isComparable(now, change.value)) return undefined
  const steps = differences(now, change.value, change.path)
  return steps.length <= MAX_STEPS ? steps : undefined
}

function isComparable(now: unknown, value: JsonValue): now is JsonValue {
  if (!Array.isArray(value)) return isObject(value) && isObject(now) && keepsOrder(now, value)
  const isShort = (list: readonly unknown[]): boolean => list.length > 0 && list.length <= MAX_LIST
  return Array.isArray(now) && isShort(now) && isShort(value)
}

/** Whether the order of members comes out right when new ones go to the end. */
function keepsOrder(now: JsonObject, value: JsonObject): boolean {
  const kept = Object.keys(now).filter(key => Object.hasOwn(value, key))
  const added = Object.keys(value).filter(key => !Object.hasOwn(now, key))
  return kept.length > 0 && isSame([...kept, ...added], Object.keys(value))
}

function differences(now: JsonValue, value: JsonValue, path: Path): Change[] {
  if (isSame(now, value)) return []
  if (!isComparable(now, value)) return [{ op: 'set', path, value }]
  if (Array.isArray(now) && Array.isArray(value)) return inList(now, value, path)
  if (isObject(now) && isObject(value)) return inMap(now, value, path)
  return [{ op: 'set', path, value }]
}

function inMap(now: JsonObject, value: JsonObject, path: Path): Change[] {
  const gone = Object.keys(now).filter(key => !Object.hasOwn(value, key))
  return [
    ...gone.map((key): Change => ({ op: 'remove', path: [...path, key] })),
    ...jsonEntries(value).flatMap(([key, member]): Change[] => {
      const old = now[key]
      return old === undefined
        ? [{ op: 'set', path: [...path, key], value: member }]
        : differences(old, member, [...path, key])
    }),
  ]
}

/** Elements that both have stay; what is between them is changed one by one, from the end on. */
function inList(now: readonly JsonValue[], value: readonly JsonValue[], path: Path): Change[] {
  const kept = [...inCommon(now, value), { old: now.length, put: value.length }]
  let from = { old: 0, put: 0 }
  const gaps = kept.map(({ old, put }) => {
    const gap = { at: from.old, old: now.slice(from.old, old), put: value.slice(from.put, put) }
    from = { old: old + 1, put: put + 1 }
    return gap
  })
  return gaps.reverse().flatMap(({ at, old, put }) => {
    const both = Math.min(old.length, put.length)
    const place = (index: number): Path => [...path, at + index]
    const gone = old.slice(both).map((_, index): Change => {
      return { op: 'remove', path: place(both + index) }
    })
    const added = put.slice(both).map((element, index): Change => {
      return { op: 'insert', path: place(both + index), value: element }
    })
    const changed = put.slice(0, both).flatMap((element, index) => {
      return differences(old[index] ?? null, element, place(index))
    })
    return [...gone.reverse(), ...added, ...changed]
  })
}

/** The longest run of elements that both have in the same order. */
function inCommon(now: readonly JsonValue[], value: readonly JsonValue[]) {
  const a = now.map(element => JSON.stringify(element))
  const b = value.map(element => JSON.stringify(element))
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
