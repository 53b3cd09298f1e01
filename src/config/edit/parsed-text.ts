import {
  type CST,
  type Document,
  isAlias,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml'
import { MAX_YAML_DEPTH, tooDeepAt } from '../../lib/files/yaml-depth.ts'
import type { JsonValue } from '../../lib/json/json.ts'
import { reasonOf } from '../../lib/thrown.ts'
import { Refused } from './edit.ts'

/** A YAML text, parsed with the place of every token. */
export type ParsedText = {
  text: string
  document: Document.Parsed
  /** As plain data, anchors and merges resolved; an empty document is an empty mapping. */
  data: JsonValue
  lineOf(offset: number): number
}

export type Collection = YAMLMap | YAMLSeq

/** One member or element of a collection as it stands in the text. */
export type Entry = {
  /** The member's name; undefined for an element and for `<<`. */
  key: string | undefined
  /** Null: nothing is written there. */
  value: Node | null
  /** Its first token: the key or the dash. */
  start: number
  /** Behind ":" or "-"; undefined where there is none, as in `[ a ]`. */
  mark: number | undefined
  /** Behind the anchor and the tag, where there are any. */
  props: number
  /** Where the value begins, anchor and tag included. */
  valueStart: number
  /** Behind the last character of its content; no comment, no line break. */
  end: number
}

/** Throws `Refused` for a text that does not parse. */
export function parseText(text: string): ParsedText {
  if (tooDeepAt(text) !== undefined)
    throw new Refused(`it is nested deeper than ${MAX_YAML_DEPTH} levels; indent less`)
  const lines = new LineCounter()
  const document = parseDocument(text, {
    keepSourceTokens: true,
    lineCounter: lines,
    merge: true,
    prettyErrors: false,
    uniqueKeys: false,
  })
  const lineOf = (offset: number): number => Math.max(1, lines.linePos(offset).line)
  const [error] = document.errors
  if (error) {
    const [message] = error.message.split('\n')
    throw new Refused(`line ${lineOf(error.pos[0])} does not parse: ${message}`)
  }
  return { text, document, data: dataOf(document), lineOf }
}

/** Copied, since what anchors share would else be one object. */
function dataOf(document: Document.Parsed): JsonValue {
  try {
    const value: unknown = document.toJS({ maxAliasCount: 1000 })
    return JSON.parse(JSON.stringify(value ?? {}))
  } catch (error) {
    throw new Refused(reasonOf(error))
  }
}

/** The entries of a collection in their order. */
export function entriesOf(collection: Collection): Entry[] {
  if (isMap(collection))
    return collection.items.map(({ key, value, srcToken }) => {
      if (!srcToken || !isScalar(key))
        throw new Refused('only members with a plain name can be edited')
      // `<<` is a symbol: what it merges belongs to another place.
      const name = typeof key.value === 'symbol' ? undefined : String(key.value)
      return { key: name, ...placed(srcToken, srcToken.sep ?? [], value) }
    })
  const tokens = itemTokens(collection)
  return collection.items.map((value, index) => {
    const token = tokens[index]
    if (!token) throw new Refused('this list cannot be edited; write it one element a line')
    return { key: undefined, ...placed(token, token.start, value) }
  })
}

function itemTokens({ srcToken }: Collection): CST.CollectionItem[] {
  return srcToken && 'items' in srcToken ? srcToken.items : []
}

const MARKS = new Set(['map-value-ind', 'seq-item-ind'])
const PROPS = new Set(['anchor', 'tag'])
const LAYOUT = new Set(['space', 'newline', 'comment', 'comma'])

/** `before`: the tokens between the entry's beginning and its value. */
function placed(item: CST.CollectionItem, before: readonly CST.SourceToken[], node: unknown) {
  const mark = endOf(before.findLast(({ type }) => MARKS.has(type)))
  const props = before.filter(({ type, offset }) => PROPS.has(type) && offset >= (mark ?? 0))
  const value = isWritten(node) ? node : null
  const key = item.key && 'source' in item.key ? item.key : undefined
  const begins = props[0]?.offset ?? (value ? startOf(value) : undefined)
  const own = item.start.find(({ type }) => !LAYOUT.has(type))
  const start = own?.offset ?? item.key?.offset ?? begins ?? 0
  const propsEnd = endOf(props.at(-1)) ?? mark ?? start
  return {
    value,
    start,
    mark,
    props: propsEnd,
    valueStart: begins ?? propsEnd,
    end: value ? contentEnd(value) : Math.max(propsEnd, endOf(key) ?? start),
  }
}

function endOf(token: { offset: number; source: string } | undefined): number | undefined {
  return token && token.offset + token.source.length
}

/** A missing value is a scalar without a character. */
function isWritten(node: unknown): node is Node {
  if (isScalar(node)) return (node.range?.[1] ?? 0) > (node.range?.[0] ?? 0)
  return isAlias(node) || isCollection(node)
}

export function startOf(node: Node): number {
  return node.range?.[0] ?? 0
}

function contentEnd(node: Node): number {
  if ((isMap(node) || isSeq(node)) && !node.flow) return entriesOf(node).at(-1)?.end ?? 0
  const end = node.range?.[1] ?? 0
  // A block scalar ends with its line break.
  const token = node.srcToken
  const [lineBreak = ''] = token?.type === 'block-scalar' ? (/\r?\n$/.exec(token.source) ?? []) : []
  return end - lineBreak.length
}

/** Where the commas of `[ a, b ]` and `{ a: b }` are; the n-th is behind the n-th entry. */
export function commasOf(collection: Collection): number[] {
  return itemTokens(collection).flatMap(({ start }) =>
    start.filter(({ type }) => type === 'comma').map(({ offset }) => offset),
  )
}
