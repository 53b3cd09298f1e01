import { Document, isScalar, isSeq, visit } from 'yaml'
import type { JsonValue } from '../../lib/json/json.ts'

/** `flow`: on one line. `indent`: of what is below it. `quotes`: of the value, if it is a text. */
export type Style = { flow: boolean; indent?: number; quotes?: 'single' | 'double' }

/** A text of such characters stands without quotes, unless it reads as another type. */
const WORD = /^[\w/][\w./@+()-]*$/

/** A value line by line has its value at this depth at most; lists of texts inside it stay on one line. */
const VALUE_DEPTH = 3
const MAX_LIST_LINE = 90

/** `key: value`, or `- value` without a key, as the library writes it; the first line not indented. */
export function entryLines(key: string | undefined, value: JsonValue, style: Style): string[] {
  return linesOf(key === undefined ? [value] : { [key]: value }, style)
}

/** A filled collection in block style, not indented. */
export function blockLines(value: JsonValue, indent: number): string[] {
  return linesOf(value, { flow: false, indent })
}

function linesOf(contents: JsonValue, { flow, indent = 2, quotes }: Style): string[] {
  const document = new Document(contents, { aliasDuplicateObjects: false, compat: 'yaml-1.1' })
  visit(document, {
    Collection(_, node, path) {
      const isShortList =
        isSeq(node) && node.items.every(isScalar) && JSON.stringify(node).length <= MAX_LIST_LINE
      node.flow = flow ? path.length > 1 : path.length > VALUE_DEPTH && isShortList
    },
    Scalar(_, node, path) {
      if (typeof node.value !== 'string') return
      const asked = path.length === 2 ? quotes : undefined
      if (asked === 'single' && isPrintable(node.value)) node.type = 'QUOTE_SINGLE'
      else if (asked === 'double' || !WORD.test(node.value)) node.type = 'QUOTE_DOUBLE'
    },
  })
  const text = document.toString({ indent, lineWidth: 0, doubleQuotedMinMultiLineLength: 1e9 })
  return text.trimEnd().split('\n')
}

function isPrintable(value: string): boolean {
  return /^[\x20-\x7e]*$/.test(value)
}

/** A value on one line, good in block and flow collections alike. */
export function inlineText(value: JsonValue, quotes?: Style['quotes']): string {
  return entryLines(undefined, value, { flow: true, quotes }).join(' ').slice('- '.length)
}

/** A member on one line. */
export function inlineMember(key: string, value: JsonValue): string {
  return entryLines(key, value, { flow: true }).join(' ')
}

/** A collection with something in it. */
export function isFilled(value: JsonValue): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0
}
