import { isObject, type JsonObject, type JsonValue } from '../../../src/lib/json/json.ts'
import type { Frame } from '../frames.ts'

/** Notes the fault unless it holds; gives whether it held. */
export type Check = (holds: boolean, fault: string) => boolean

/** What a protocol allows to follow what: fed frame by frame, then told of the end. */
export type Grammar = { feed(frame: Frame): void; end(): void }

/** A frame's payload, or an empty object after a complaint. */
export function payloadOf({ data }: Frame, check: Check): JsonObject {
  const value = jsonOf(data)
  check(isObject(value), `the data is no JSON object: ${data.slice(0, 60)}`)
  return isObject(value) ? value : {}
}

export function jsonOf(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue
  } catch {
    return undefined
  }
}

export const isText = (value: JsonValue | undefined): value is string =>
  typeof value === 'string' && value !== ''
export const isCount = (value: JsonValue | undefined): value is number =>
  Number.isInteger(value) && (value as number) >= 0
/** JSON text of an object, as arguments of a function must be. */
export const isObjectText = (text: string): boolean => isObject(jsonOf(text))

/** Notes a member that says one thing in one frame and another in the next. */
export function constant(check: Check, members: readonly string[]): (payload: JsonObject) => void {
  const first: JsonObject = {}
  return payload => {
    for (const member of members) {
      const value = payload[member]
      if (value === undefined || value === null || value === '') continue
      first[member] ??= value
      check(
        Bun.deepEquals(first[member], value),
        `${member} was ${JSON.stringify(first[member])}, now ${JSON.stringify(value)}`,
      )
    }
  }
}
