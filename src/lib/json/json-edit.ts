import { isObject, type JsonObject, type JsonValue } from './json.ts'
import { type Member, parseJson, scanObject, splice } from './json-bytes.ts'

/** One change to a JSON text. `default` writes only where nothing stands. */
export type JsonEdit =
  | { kind: 'default' | 'set'; path: readonly string[]; value: JsonValue }
  | { kind: 'remove'; path: readonly string[] }

const encoder = new TextEncoder()
const OPEN_BRACE = 0x7b

/**
 * Makes the edits in order, on the bytes: what no edit names stays as it was written. The very same
 * bytes where nothing changes. Throws `JsonBytesError` for what is no JSON object.
 */
export function editJson(bytes: Uint8Array, edits: readonly JsonEdit[]): Uint8Array {
  return edits.reduce((text, edit) => edited(text, edit, edit.path), bytes)
}

function edited(bytes: Uint8Array, edit: JsonEdit, path: readonly string[]): Uint8Array {
  const [key, ...rest] = path
  if (key === undefined) return bytes
  const members = scanObject(bytes)
  const at = members.findIndex(member => member.key === key)
  const member = members[at]
  if (!member)
    return edit.kind === 'remove' ? bytes : inserted(bytes, members, key, rest, edit.value)
  if (rest.length === 0) {
    if (edit.kind === 'default') return bytes
    return edit.kind === 'remove'
      ? removed(bytes, members, at)
      : replaced(bytes, member, encoded(edit.value))
  }
  const value = bytes.subarray(...member.value)
  if (value[0] === OPEN_BRACE) {
    const inner = edited(value, edit, rest)
    return inner === value ? bytes : replaced(bytes, member, inner)
  }
  return withinValue(bytes, member, edit, rest)
}

/** Inside a list, and in place of what is no object, which `set` overrules. */
function withinValue(
  bytes: Uint8Array,
  member: Member,
  edit: JsonEdit,
  rest: readonly string[],
): Uint8Array {
  const before = parseJson(bytes, member.value)
  const after = editedValue(before, edit, rest)
  return after === before ? bytes : replaced(bytes, member, encoded(after))
}

function editedValue(value: JsonValue, edit: JsonEdit, path: readonly string[]): JsonValue {
  const [key, ...rest] = path
  if (key === undefined) return edit.kind === 'set' ? edit.value : value
  if (Array.isArray(value)) return editedList(value, edit, Number(key), rest)
  if (!isObject(value)) return edit.kind === 'set' ? nested(path, edit.value) : value
  const inner = value[key]
  if (inner === undefined)
    return edit.kind === 'remove' ? value : { ...value, [key]: nested(rest, edit.value) }
  if (rest.length === 0 && edit.kind === 'remove') {
    const { [key]: _, ...others } = value
    return others
  }
  const after = editedValue(inner, edit, rest)
  return after === inner ? value : { ...value, [key]: after }
}

function editedList(
  list: JsonValue[],
  edit: JsonEdit,
  at: number,
  rest: readonly string[],
): JsonValue {
  const inner = list[at]
  if (inner === undefined) return list
  if (rest.length === 0 && edit.kind === 'remove') return list.filter((_, index) => index !== at)
  const after = editedValue(inner, edit, rest)
  return after === inner ? list : list.map((item, index) => (index === at ? after : item))
}

function nested(path: readonly string[], value: JsonValue): JsonValue {
  return path.reduceRight<JsonValue>((inner, key): JsonObject => ({ [key]: inner }), value)
}

function encoded(value: JsonValue): Uint8Array {
  return encoder.encode(JSON.stringify(value))
}

function replaced(bytes: Uint8Array, { value }: Member, by: Uint8Array): Uint8Array {
  return splice(bytes, [{ at: value, with: by }])
}

function inserted(
  bytes: Uint8Array,
  members: readonly Member[],
  key: string,
  rest: readonly string[],
  value: JsonValue,
): Uint8Array {
  const text = `${JSON.stringify(key)}:${JSON.stringify(nested(rest, value))}`
  const last = members[members.length - 1]
  const at = last ? last.value[1] : bytes.indexOf(OPEN_BRACE) + 1
  return splice(bytes, [{ at: [at, at], with: encoder.encode(last ? `,${text}` : text) }])
}

/** With the comma that stood between it and a neighbour. */
function removed(bytes: Uint8Array, members: readonly Member[], at: number): Uint8Array {
  const member = members[at]
  if (!member) return bytes
  const next = members[at + 1]
  const before = members[at - 1]
  const from = next ? member.from : (before?.value[1] ?? member.from)
  const to = next ? next.from : member.value[1]
  return splice(bytes, [{ at: [from, to], with: new Uint8Array(0) }])
}
