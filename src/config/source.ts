import {
  type Document,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  visit,
  type YAMLMap,
} from 'yaml'
import type { Diagnostic } from './diagnostic.ts'
import type { Place } from './table.ts'

export type Path = readonly (string | number)[]

/** A YAML text with positions: any path in it becomes a line and a column. */
export type Source = {
  file: string
  text: string
  /** The document as plain data, anchors and merges resolved. */
  value: unknown
  /** `key`: of the member's name; `value`: of what it holds; the parent's where it is missing. */
  at(path: Path, of: 'key' | 'value'): Place
}

/** Parses; syntax errors and doubled keys come back as diagnostics, all of them. */
export function parseSource(
  file: string,
  text: string,
): { source: Source; diagnostics: Diagnostic[] } {
  const lines = new LineCounter()
  const document = parseDocument(text, {
    lineCounter: lines,
    merge: true,
    prettyErrors: false,
    // The library compares every key with every other: `doubledKeys` does not.
    uniqueKeys: false,
  })
  const problem = (offset: number, message: string, hint: string): Diagnostic => {
    const { line, col } = lines.linePos(offset)
    return { severity: 'error', path: '', message, hint, at: { file, line, column: col } }
  }
  const diagnostics = [
    ...document.errors.map(({ pos, message }) =>
      problem(pos[0], oneLine(message), 'check the indentation and quotes around here'),
    ),
    ...doubledKeys(document).map(offset =>
      problem(offset, 'this key is written twice', 'keep one of them'),
    ),
  ].sort((a, b) => a.at.line - b.at.line || a.at.column - b.at.column)
  const source: Source = {
    file,
    text,
    value: diagnostics.length > 0 ? undefined : document.toJS({ maxAliasCount: 1000 }),
    at(path, of) {
      const { line, col } = lines.linePos(offsetOf(document, path, of))
      return { line: Math.max(1, line), column: Math.max(1, col) }
    },
  }
  return { source, diagnostics }
}

/** Where keys are that their map has already. */
function doubledKeys(document: Document.Parsed): number[] {
  const found: number[] = []
  visit(document, {
    Map(_, map) {
      const seen = new Set<unknown>()
      for (const { key } of map.items) {
        if (!isScalar(key)) continue
        if (seen.has(key.value)) found.push(startOf(key) ?? 0)
        seen.add(key.value)
      }
    },
  })
  return found
}

function oneLine(message: string): string {
  return (message.split('\n')[0] ?? message).trim()
}

function offsetOf(document: Document.Parsed, path: Path, of: 'key' | 'value'): number {
  let node: unknown = document.contents
  let key: unknown = document.contents
  for (const segment of path) {
    const found: { key: unknown; value: unknown } | undefined = child(document, node, segment)
    if (!found) return startOf(key) ?? 0
    key = found.key ?? found.value
    node = found.value
  }
  return startOf(of === 'key' ? key : node) ?? startOf(key) ?? 0
}

function child(document: Document.Parsed, node: unknown, segment: string | number) {
  const resolved = isAliasNode(node) ? node.resolve(document) : node
  if (isSeq(resolved) && typeof segment === 'number') {
    const value = resolved.items[segment]
    return value === undefined ? undefined : { key: undefined, value }
  }
  if (!isMap(resolved)) return undefined
  const pair = membersOf(resolved).get(String(segment))
  return pair ? { key: pair.key, value: pair.value } : undefined
}

/** A long map is asked once for each of its members. */
const members = new WeakMap<YAMLMap, ReadonlyMap<string, Pair>>()

function membersOf(map: YAMLMap): ReadonlyMap<string, Pair> {
  const known = members.get(map)
  if (known) return known
  const found = new Map<string, Pair>()
  for (const item of map.items) {
    if (!isPair(item) || !isScalar(item.key)) continue
    const name = String(item.key.value)
    if (!found.has(name)) found.set(name, item)
  }
  members.set(map, found)
  return found
}

function isAliasNode(
  node: unknown,
): node is { resolve(document: Document.Parsed): Node | undefined } {
  return typeof node === 'object' && node !== null && 'source' in node && 'resolve' in node
}

function startOf(node: unknown): number | undefined {
  if (typeof node !== 'object' || node === null || !('range' in node)) return undefined
  const { range } = node
  return Array.isArray(range) && typeof range[0] === 'number' ? range[0] : undefined
}

/** As a user writes it: `models.coder[1]`, `aliases."claude-3-*"`. */
export function pathText(path: Path): string {
  let text = ''
  for (const segment of path) {
    if (typeof segment === 'number') text += `[${segment}]`
    else text += `${text ? '.' : ''}${/^[\w-]+$/.test(segment) ? segment : JSON.stringify(segment)}`
  }
  return text
}
