import { isObject, type JsonValue, jsonEntries } from '../../lib/json/json.ts'
import { type Quotes, scalarText } from './scalar.ts'

/** On one line: `{ a: 1, b: [ x, y ] }`. `quotes`: of a text, as far as it can have them. */
export function flowText(value: JsonValue, quotes?: Quotes): string {
  if (Array.isArray(value))
    return value.length === 0 ? '[]' : `[ ${value.map(one => flowText(one)).join(', ')} ]`
  if (!isObject(value)) return scalarText(value, quotes)
  const members = jsonEntries(value).map(([key, one]) => flowMember(key, one))
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`
}

export function flowMember(key: string, value: JsonValue): string {
  return `${scalarText(key)}: ${flowText(value)}`
}

/** Inside a value written line by line, what is shorter than this stays on one line. */
const SHORT = 90

/** One line for each member or element, not indented; what is inside them by `step`. */
export function blockLines(value: JsonValue, step: number): string[] {
  if (Array.isArray(value) && value.length > 0)
    return value.flatMap(one => {
      const line = `- ${flowText(one)}`
      return line.length <= SHORT ? [line] : elementLines(one, step)
    })
  if (isObject(value) && isFilled(value))
    return jsonEntries(value).flatMap(([key, one]) => {
      const line = flowMember(key, one)
      return isPlainList(one) && line.length <= SHORT ? [line] : memberLines(key, one, step)
    })
  return [flowText(value)]
}

function isPlainList(value: JsonValue): boolean {
  return Array.isArray(value) && !value.some(isFilled)
}

/** A member with its value on the lines below it. */
export function memberLines(key: string, value: JsonValue, step: number): string[] {
  if (!isFilled(value)) return [flowMember(key, value)]
  return [`${scalarText(key)}:`, ...indented(blockLines(value, step), step)]
}

export function elementLines(value: JsonValue, step: number): string[] {
  const [first = '', ...rest] = blockLines(value, step)
  return [`- ${first}`, ...indented(rest, 2)]
}

export function indented(lines: readonly string[], by: number): string[] {
  return lines.map(line => ' '.repeat(by) + line)
}

/** A collection with something in it. */
export function isFilled(value: JsonValue): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0
}
