import { isObject, type JsonObject, type JsonValue } from '../../lib/json/json.ts'

/*
 * Reading as Google's JSON parser does: one value where a list is usual, numbers and flags as text.
 * @see https://protobuf.dev/programming-guides/json/
 */

/** The objects of a list, or the one that stands in its place. */
export function objectsOf(value: JsonValue | undefined): JsonObject[] {
  if (isObject(value)) return [value]
  return Array.isArray(value) ? value.filter(isObject) : []
}

/** The texts of a list, or the one that stands in its place; undefined: neither. */
export function textsOf(value: JsonValue | undefined): string[] | undefined {
  if (typeof value === 'string') return [value]
  return Array.isArray(value) ? value.filter(item => typeof item === 'string') : undefined
}

/** A number, or its digits. */
export function numberOf(value: JsonValue | undefined): number | undefined {
  if (typeof value === 'number') return value
  const digits = typeof value === 'string' && /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(value.trim())
  return digits ? Number(value) : undefined
}

/** A flag, or its text. */
export function flagOf(value: JsonValue | undefined): boolean | undefined {
  if (typeof value === 'boolean') return value
  return value === 'true' ? true : value === 'false' ? false : undefined
}
