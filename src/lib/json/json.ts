/** JSON: what `JSON.parse` can return, and what `JSON.stringify` writes (it leaves out a member that is undefined). */
export type JsonValue = string | number | boolean | null | JsonValue[] | JsonObject
export type JsonObject = { [member: string]: JsonValue | undefined }

/** The members that JSON writes: those with a value. */
export function jsonEntries(object: JsonObject): [string, JsonValue][] {
  const entries: [string, JsonValue][] = []
  for (const name of Object.keys(object)) {
    const value = object[name]
    if (value !== undefined) entries.push([name, value])
  }
  return entries
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The object a text is; undefined where it is none, or no JSON. */
export function parseObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}
