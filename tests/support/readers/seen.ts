import { isObject, type JsonObject, type JsonValue } from '../../../src/lib/json/json.ts'

/**
 * What a client understands of a reply, read straight off the wire and without the codecs, so that
 * the tests do not judge the code by itself.
 */
export type Seen = {
  text: string
  thinking: string
  calls: { name: string; arguments: unknown }[]
  stop: string | null
  usage: { input: number; cached: number; output: number }
  error?: string
}

export type Reader = {
  /** A whole reply. */
  read(body: JsonObject): Seen
  /** The whole reply that the payloads of a stream amount to. */
  assemble(payloads: JsonObject[]): JsonObject
}

export const list = (value: JsonValue | undefined): JsonObject[] =>
  Array.isArray(value) ? value.filter(isObject) : []
export const object = (value: JsonValue | undefined): JsonObject => (isObject(value) ? value : {})
export const words = (value: JsonValue | undefined): string =>
  typeof value === 'string' ? value : ''
export const number = (value: JsonValue | undefined): number =>
  typeof value === 'number' ? value : 0

/** Arguments that are no JSON stay the text they are. */
export function parsed(text: string): unknown {
  try {
    return text === '' ? {} : JSON.parse(text)
  } catch {
    return text
  }
}

/** What goes into `Seen` of an error: nothing where there is none. */
export function failure(message: string): { error?: string } {
  return message ? { error: message } : {}
}
