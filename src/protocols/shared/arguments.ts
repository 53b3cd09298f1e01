import { isObject, type JsonObject } from '../../lib/json/json.ts'

/** Arguments for a protocol that wants an object; what is not one is kept under a name of its own. */
export function argumentsObject(args: string): JsonObject {
  if (args.trim() === '') return {}
  try {
    const value: unknown = JSON.parse(args)
    if (isObject(value)) return value
  } catch {
    // Not JSON: a free-form tool's text.
  }
  return { input: args }
}
