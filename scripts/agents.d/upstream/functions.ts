/** What both OpenAI protocols ask of a function's definition. */
import { type Json, list, record, strings } from './json.ts'

/** `at` is the parameter's path, as in `tools[0].function`. */
export function functionFault(tool: Json, at: string): string | undefined {
  const { name, parameters, strict } = tool
  if (typeof name !== 'string') return `Missing required parameter: '${at}.name'.`
  if (name.length > 64)
    return `Invalid '${at}.name': string too long. Expected a string with maximum length 64, but got a string with length ${name.length} instead.`
  if (!/^[a-zA-Z0-9_-]+$/.test(name))
    return `Invalid '${at}.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.`
  if (parameters === undefined || parameters === null) return undefined
  if (record(parameters).type !== 'object')
    return `Invalid schema for function '${name}': schema must be a JSON Schema of 'type: "object"', got 'type: "${record(parameters).type ?? 'None'}"'.`
  const loose = strict === true ? looseObject(record(parameters)) : undefined
  return loose && `Invalid schema for function '${name}': In context=(), ${loose}.`
}

/** Why a schema is not a strict one. */
function looseObject(schema: Json): string | undefined {
  const properties = record(schema.properties)
  if (schema.type === 'object') {
    if (schema.additionalProperties !== false)
      return "'additionalProperties' is required to be supplied and to be false"
    const missing = Object.keys(properties).find(key => !strings(schema.required).includes(key))
    if (missing)
      return `'required' is required to be supplied and to be an array including every key in properties. Missing '${missing}'`
  }
  const inner = [...list(Object.values(properties)), record(schema.items), ...list(schema.anyOf)]
  return inner.map(looseObject).find(wrong => wrong !== undefined)
}

export const tooLong = (value: unknown, limit: number, at: string): string | undefined =>
  typeof value === 'string' && value.length > limit
    ? `Invalid '${at}': string too long. Expected a string with maximum length ${limit}, but got a string with length ${value.length} instead.`
    : undefined
