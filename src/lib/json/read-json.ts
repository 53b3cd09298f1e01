import { isObject, type JsonObject, type JsonValue } from './json.ts'

/** Reading a wire whose members may be anything: what is not of the type is absent. */
export function text(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined
}

export function count(value: JsonValue | undefined): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined
}

export function number(value: JsonValue | undefined): number | undefined {
  return typeof value === 'number' ? value : undefined
}

export function flag(value: JsonValue | undefined): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined
}

export function object(value: JsonValue | undefined): JsonObject | undefined {
  return isObject(value) ? value : undefined
}

export function objects(value: JsonValue | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}

/** Assigned as a member, it would lend all of its own to the object. No protocol has such a word. */
export const PROTOTYPE = '__proto__'

/** The members not named. */
export function without(wire: JsonObject, ...names: readonly string[]): JsonObject {
  const rest: JsonObject = {}
  for (const name in wire) {
    const value = wire[name]
    if (value !== undefined && name !== PROTOTYPE && !names.includes(name)) rest[name] = value
  }
  return rest
}

/** The members named, as far as there are any. */
export function picked(wire: JsonObject | undefined, names: readonly string[]): JsonObject {
  const members: JsonObject = {}
  for (const name of names) {
    const value = wire?.[name]
    if (value !== undefined) members[name] = value
  }
  return members
}
