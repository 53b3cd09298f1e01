import type { JsonObject, JsonValue } from '../../lib/json/json.ts'
import { isObject } from '../../lib/json/json.ts'
import type { Path } from '../../lib/path.ts'
import { unreachable } from '../../lib/unreachable.ts'
import { type Edit, Refused } from './edit.ts'
import { said, valueAt } from './find.ts'
import { parseTree, type Tree } from './tree.ts'

/** The changed text, parsed. Refused if anything but what the edit names reads differently. */
export function readBack(before: Tree, text: string, edit: Edit): Tree {
  const after = parseTree(text)
  const expected = structuredClone(before.data)
  apply(expected, edit)
  // What a merge has under the same name shows again when a member of one's own goes.
  const found =
    edit.op === 'remove' && typeof edit.path.at(-1) === 'string'
      ? without(after.data, edit.path)
      : after.data
  if (JSON.stringify(found) === JSON.stringify(expected)) return after
  throw new Refused(
    `${said(edit.path)} cannot be changed without changing more than that; change the file by hand`,
  )
}

function without(data: JsonValue, path: Path): JsonValue {
  const copy = structuredClone(data)
  apply(copy, { op: 'remove', path })
  return copy
}

function apply(data: JsonValue, edit: Edit): void {
  const { path } = edit
  switch (edit.op) {
    case 'set':
      put(data, path, edit.value)
      return
    case 'append': {
      const now = valueAt(data, path)
      put(data, path, Array.isArray(now) ? [...now, edit.value] : [edit.value])
      return
    }
    case 'insert': {
      const list = valueAt(data, path.slice(0, -1))
      if (Array.isArray(list)) list.splice(Number(path.at(-1)), 0, edit.value)
      else put(data, path, edit.value)
      return
    }
    case 'remove': {
      const holder = valueAt(data, path.slice(0, -1))
      if (Array.isArray(holder)) holder.splice(Number(path.at(-1)), 1)
      else if (isObject(holder)) delete holder[String(path.at(-1))]
      return
    }
    default:
      unreachable(edit)
  }
}

/** With everything that is missing on the way. */
function put(data: JsonValue, path: Path, value: JsonValue): void {
  let at: JsonValue = data
  for (const [depth, segment] of path.entries()) {
    const next = path[depth + 1]
    const inner = next === undefined ? value : typeof next === 'number' ? [] : {}
    if (Array.isArray(at)) {
      const index = Number(segment)
      if (next === undefined || !isFilledAt(at[index])) at[index] = inner
      at = at[index] ?? null
    } else if (isObject(at)) {
      const key = String(segment)
      const now: JsonValue | undefined = (at as JsonObject)[key]
      if (next === undefined || !isFilledAt(now)) at[key] = inner
      at = at[key] ?? null
    } else return
  }
}

function isFilledAt(value: JsonValue | undefined): boolean {
  return typeof value === 'object' && value !== null
}
