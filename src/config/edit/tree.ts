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
  visit,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml'
import { MAX_YAML_DEPTH, tooDeepAt } from '../../lib/files/yaml-depth.ts'
import type { JsonValue } from '../../lib/json/json.ts'
import { Refused } from './edit.ts'

/** A YAML text, parsed with the place of every token. */
export type Tree = {
  text: string
  document: Document.Parsed
  /** As plain data, anchors and merges resolved; an empty document is an empty mapping. */
  data: JsonValue
  lineOf(offset: number): number
}

/** One member or element of a collection as it stands in the text. */
export type Entry = {
  /** The member's name; undefined for an element. */
  key: string | undefined
  /** `<<`: whatever is behind it belongs to somebody else. */
  merge: boolean
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

export type Collection = YAMLMap | YAMLSeq

/** Throws `Refused` for a text that does not parse. */
export function parseTree(text: string): Tree {
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
    throw new Refused(error instanceof Error ? error.message : String(error))
  }
}

/** The entries of a collection in their order. */
export function entriesOf(collection: Collection): Entry[] {
  if (isMap(collection)) {
    return collection.items.map(({ key, value, srcToken }) => {
      if (!srcToken || !isScalar(key))
        throw new Refused('only members with a plain name can be edited')
      const merge = typeof key.value === 'symbol'
      return {
        ...placed(srcToken, srcToken.sep ?? [], nodeOrNull(value)),
        key: merge ? '<<' : String(key.value),
        merge,
      }
    })
  }
  const { srcToken } = collection
  const items: CST.CollectionItem[] = srcToken && 'items' in srcToken ? srcToken.items : []
  return collection.items.map((value, index) => {
    const token = items[index]
    if (!token) throw new Refused('this list cannot be edited; write it one element a line')
    return { ...placed(token, token.start, nodeOrNull(value)), key: undefined, merge: false }
  })
}

function nodeOrNull(value: unknown): Node | null {
  if (isScalar(value) || isAlias(value) || isCollection(value)) return value
  return null
}

const MARKS = new Set(['map-value-ind', 'seq-item-ind'])
const PROPS = new Set(['anchor', 'tag'])
const LAYOUT = new Set(['space', 'newline', 'comment', 'comma'])

/** `before`: the tokens between the entry's beginning and its value. */
function placed(item: CST.CollectionItem, before: readonly CST.SourceToken[], value: Node | null) {
  const marks = before.filter(({ type }) => MARKS.has(type))
  const last = marks.at(-1)
  const mark = last && endOf(last)
  const props = before.filter(({ type, offset }) => PROPS.has(type) && offset >= (mark ?? 0))
  const content = value && hasText(value) ? value : null
  const own = item.start.find(({ type }) => !LAYOUT.has(type))
  const keyStart = item.key && 'offset' in item.key ? item.key.offset : undefined
  const begins = props[0]?.offset ?? (content ? startOf(content) : undefined)
  const start = own?.offset ?? keyStart ?? begins ?? 0
  const propsEnd = props.length > 0 ? endOf(props.at(-1)) : (mark ?? start)
  const keyEnd = item.key && 'source' in item.key ? item.key.offset + item.key.source.length : start
  return {
    value: content,
    start,
    mark,
    props: propsEnd,
    valueStart: begins ?? propsEnd,
    end: content ? contentEnd(content) : Math.max(propsEnd, keyEnd),
  }
}

function endOf(token: CST.SourceToken | undefined): number {
  return token ? token.offset + token.source.length : 0
}

/** A missing value is a scalar without a character. */
function hasText(node: Node): boolean {
  return !isScalar(node) || (node.range?.[1] ?? 0) > (node.range?.[0] ?? 0)
}

export function startOf(node: Node): number {
  return node.range?.[0] ?? 0
}

/** Behind the last character of a node's content. */
export function contentEnd(node: Node): number {
  if (isCollection(node) && !node.flow) return entriesOf(asCollection(node)).at(-1)?.end ?? 0
  const end = node.range?.[1] ?? 0
  // A block scalar ends with its line break.
  const block = isScalar(node) && (node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED')
  const token = node.srcToken
  const open = block && token && 'source' in token && token.source.endsWith('\n')
  const carriage = open && token.source.endsWith('\r\n')
  return end - (carriage ? 2 : open ? 1 : 0)
}

function asCollection(node: Node): Collection {
  if (isMap(node) || isSeq(node)) return node
  throw new Refused('only mappings and lists can be edited')
}

/** Where the commas of `[ a, b ]` and `{ a: b }` are; the n-th is behind the n-th entry. */
export function commasOf({ srcToken }: Collection): number[] {
  if (!srcToken || !('items' in srcToken)) return []
  const items: CST.CollectionItem[] = srcToken.items
  return items.flatMap(({ start }) =>
    start.filter(({ type }) => type === 'comma').map(({ offset }) => offset),
  )
}

/** An alias, and the node that it stands for. */
export type Use = { anchor: string; of: Node; at: number; line: number }

/** Every alias of the text, merges included. */
export function usesOf(tree: Tree): Use[] {
  // An anchor may be given twice: an alias means the one before it.
  const anchored = new Map<string, Node>()
  const uses: Use[] = []
  visit(tree.document, {
    Node(_, node) {
      if (isAlias(node)) {
        const of = anchored.get(node.source)
        const at = startOf(node)
        if (of) uses.push({ anchor: node.source, of, at, line: tree.lineOf(at) })
      } else if (node.anchor) anchored.set(node.anchor, node)
    },
  })
  return uses
}
