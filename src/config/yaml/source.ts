import {
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Pair,
  parseDocument,
  type YAMLMap,
} from 'yaml'
import { aliasTargets } from '../../lib/files/yaml-aliases.ts'
import { MAX_YAML_DEPTH, tooDeepAt } from '../../lib/files/yaml-depth.ts'
import { type Path, pathText } from '../../lib/path.ts'
import { redactSentence } from '../../redaction/redact.ts'
import type { Diagnostic } from '../../routing/diagnostic.ts'
import type { Place } from '../../routing/table.ts'
import { limited } from '../diagnostics/limit.ts'
import { type YamlFault, yamlFaults } from './errors.ts'

/** A YAML text with positions: any path in it becomes a line and a column. */
export type Source = {
  file: string
  text: string
  /** The document as plain data, anchors and merges resolved. */
  value: unknown
  /** `key`: of the member's name; `value`: of what it holds; the parent's where it is missing. */
  at(path: Path, of: 'key' | 'value'): Place
}

/**
 * Parses. All mistakes of the YAML come back as diagnostics; where nothing sensible can be read, the
 * value is undefined.
 */
export function parseSource(
  file: string,
  text: string,
): { source: Source; diagnostics: Diagnostic[] } {
  const deepAt = tooDeepAt(text)
  if (deepAt !== undefined) return tooDeep(file, text, deepAt)
  const lines = new LineCounter()
  const document = parseDocument(text, {
    lineCounter: lines,
    merge: true,
    prettyErrors: false,
    // The library compares every key with every other: `yamlFaults` does not.
    uniqueKeys: false,
  })
  const faults = yamlFaults(document, text)
  const read = faults.every(({ readable }) => readable) ? plainValue(document) : undefined
  if (read && 'fault' in read) faults.push(read.fault)
  const at = (offset: number): Place => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(1, line), column: Math.max(1, col) }
  }
  const source: Source = {
    file,
    text,
    value: read && 'value' in read ? read.value : undefined,
    at: (path, of) => at(offsetOf(document, path, of)),
  }
  const diagnostics = faults.map(
    ({ offset, path, message, hint }): Diagnostic => ({
      severity: 'error',
      path: pathText(path),
      message: redactSentence(message),
      hint: redactSentence(hint),
      at: { file, ...at(offset) },
    }),
  )
  return { source, diagnostics: limited(diagnostics) }
}

/** A text of which nothing can be read, with one diagnostic. */
function tooDeep(
  file: string,
  text: string,
  offset: number,
): { source: Source; diagnostics: Diagnostic[] } {
  const before = text.slice(0, offset)
  const line = before.split('\n').length
  const at = { line, column: offset - before.lastIndexOf('\n') }
  return {
    source: { file, text, value: undefined, at: () => at },
    diagnostics: [
      {
        severity: 'error',
        path: '',
        message: `it is nested deeper than ${MAX_YAML_DEPTH} levels here`,
        hint: 'close the brackets, or indent less',
        at: { file, ...at },
      },
    ],
  }
}

/** An empty file is an empty mapping. Anchors within anchors can stand for more than there is memory. */
function plainValue(document: Document.Parsed): { value: unknown } | { fault: YamlFault } {
  try {
    return { value: document.toJS({ maxAliasCount: 1000 }) ?? {} }
  } catch {
    const message = 'the anchors stand for too much'
    const hint = 'write some of what they stand for out'
    return { fault: { offset: 0, path: [], message, hint, readable: false } }
  }
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
  const resolved = isAlias(node) ? aliasTargets(document).get(node) : node
  if (isSeq(resolved) && typeof segment === 'number') {
    const value = resolved.items[segment]
    return value === undefined ? undefined : { key: undefined, value }
  }
  if (!isMap(resolved)) return undefined
  const pair = memberOf(document, resolved, String(segment))
  return pair ? { key: pair.key, value: pair.value } : undefined
}

/** The map's own member, or the one that it merges in. */
function memberOf(document: Document.Parsed, map: YAMLMap, name: string): Pair | undefined {
  const { own, merged } = membersOf(map)
  const found = own.get(name)
  if (found) return found
  for (const source of merged) {
    const inner = mergedMember(document, source, name)
    if (inner) return inner
  }
  return undefined
}

/** `<<:` names a mapping or a list of them. */
function mergedMember(document: Document.Parsed, source: unknown, name: string): Pair | undefined {
  const meant = isAlias(source) ? aliasTargets(document).get(source) : source
  if (isMap(meant)) return memberOf(document, meant, name)
  if (!isSeq(meant)) return undefined
  for (const item of meant.items) {
    const found = mergedMember(document, item, name)
    if (found) return found
  }
  return undefined
}

type Members = { own: ReadonlyMap<string, Pair>; merged: readonly unknown[] }

/** Indexed, since a long map is searched once for each of its members. */
const members = new WeakMap<YAMLMap, Members>()

function membersOf(map: YAMLMap): Members {
  const known = members.get(map)
  if (known) return known
  const own = new Map<string, Pair>()
  const merged: unknown[] = []
  for (const item of map.items) {
    if (!isPair(item) || !isScalar(item.key)) continue
    // The key `<<` is read as a symbol.
    if (typeof item.key.value === 'symbol') merged.push(item.value)
    else own.set(String(item.key.value), item)
  }
  const found = { own, merged }
  members.set(map, found)
  return found
}

function startOf(node: unknown): number | undefined {
  if (typeof node !== 'object' || node === null || !('range' in node)) return undefined
  const { range } = node
  return Array.isArray(range) && typeof range[0] === 'number' ? range[0] : undefined
}
