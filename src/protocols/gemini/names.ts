import type { JsonObject, JsonValue } from '../../lib/json/json.ts'
import { PROTOTYPE } from '../../lib/json/read-json.ts'

/** A member by its name, which the service also takes in snake case. */
export function member(wire: JsonObject | undefined, name: string): JsonValue | undefined {
  const value = wire?.[name]
  return value === undefined ? wire?.[snakeOf(name)] : value
}

const snakes = new Map<string, string>()

export function snakeOf(name: string): string {
  let snake = snakes.get(name)
  if (snake === undefined) {
    snake = name.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)
    snakes.set(name, snake)
  }
  return snake
}

/** The members not named, in either spelling. */
export function others(wire: JsonObject, names: readonly string[]): JsonObject {
  const rest: JsonObject = {}
  for (const name in wire) {
    const value = wire[name]
    if (value !== undefined && name !== PROTOTYPE && !isAmong(names, name)) rest[name] = value
  }
  return rest
}

function isAmong(names: readonly string[], name: string): boolean {
  return (
    names.includes(name) || (name.includes('_') && names.some(known => snakeOf(known) === name))
  )
}

/** The members named, spelled as this protocol's documents do. */
export function picked(wire: JsonObject | undefined, names: readonly string[]): JsonObject {
  const found: JsonObject = {}
  for (const name of names) {
    const value = member(wire, name)
    if (value !== undefined) found[name] = value
  }
  return found
}
