import { isObject, type JsonValue } from '../../lib/json/json.ts'
import type { Path } from '../../lib/path.ts'
import { Refused } from './edit.ts'
import { placeName, valueAt } from './location.ts'
import { type ParsedText, parseText } from './parsed-text.ts'

/** One step in the data: `value` is to be at `path`; with `insert` as one more element of a list. */
export type Change =
  | { op: 'set' | 'insert'; path: Path; value: JsonValue }
  | { op: 'remove'; path: Path }

/** The changed text, parsed. Refused if it does not mean what was asked, or another place reads differently. */
export function verified(before: ParsedText, text: string, change: Change): ParsedText {
  const after = parseText(text)
  const { op, path } = change
  const isThere = op === 'remove' || isSame(valueAt(after.data, path), change.value)
  // What a merge has under the same name shows again when a member beside it goes.
  const isGone = op === 'remove' && typeof path.at(-1) === 'number'
  const others = op === 'insert' ? before.data : without(before.data, path)
  const othersAfter = isGone ? after.data : without(after.data, path)
  if (isThere && isSame(others, othersAfter)) return after
  throw new Refused(
    `${placeName(path)} cannot be changed without changing more than that; change the file by hand`,
  )
}

function without(data: JsonValue, path: Path): JsonValue {
  const copy = structuredClone(data)
  const parent = valueAt(copy, path.slice(0, -1))
  if (Array.isArray(parent)) parent.splice(Number(path.at(-1)), 1)
  else if (isObject(parent)) delete parent[String(path.at(-1))]
  return copy
}

export function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
