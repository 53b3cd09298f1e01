import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  visit,
  type YAMLError,
  type YAMLMap,
} from 'yaml'
import { aliasTargets } from '../../lib/files/yaml-aliases.ts'
import type { Path } from '../../lib/path.ts'
import { mayNameSecret } from '../../redaction/names.ts'
import { gapsIn } from './gaps.ts'
import { type Words, wordsOf } from './words.ts'

/** Something wrong with the YAML itself. `readable`: the rest of the file can be checked all the same. */
export type YamlFault = {
  offset: number
  path: Path
  message: string
  hint: string
  readable: boolean
}

/** Syntax errors, anchors that lead nowhere, and keys that are none or stand there already. */
export function yamlFaults(document: Document.Parsed, text: string): YamlFault[] {
  const syntax = [...document.errors, ...document.warnings.filter(isUnknownTag)]
  // What does not parse has no structure to look at.
  return syntax.length === 0 ? structureFaults(document) : syntaxFaults(syntax, text)
}

function isUnknownTag({ code }: YAMLError): boolean {
  return code === 'TAG_RESOLVE_FAILED'
}

/** One fault for each slip: the parser reports most of them several times. */
function syntaxFaults(errors: readonly YAMLError[], text: string): YamlFault[] {
  const gaps = gapsIn(text)
  const inGap = ({ pos: [at] }: YAMLError): boolean =>
    gaps.some(({ from, to }) => at >= from && at <= to + 1)
  const found = [
    ...gaps.map(({ from, opens }) => fault(from, openWords(opens, text.slice(from)))),
    ...firstOfEachLine(errors, text)
      .filter(error => !inGap(error))
      .map(error => syntaxFault(error, text)),
  ]
  return found.sort((a, b) => a.offset - b.offset)
}

function fault(offset: number, words: Words): YamlFault {
  return { offset, path: [], ...words, readable: false }
}

const CLOSER: Record<string, string> = { '{': '}', '[': ']' }

function openWords(opens: string, rest: string): Words {
  const [line = ''] = rest.split('\n')
  const isBracket = opens in CLOSER
  const unquoted = isBracket && /\$\{/.test(line)
  return {
    message: `${isBracket ? `"${opens}"` : 'a quote'} opens here and is not closed`,
    hint: unquoted
      ? 'put ${…} in quotes here: "${NAME}"'
      : `write ${CLOSER[opens] ?? opens} where it ends`,
  }
}

/** One slip makes the parser report several errors on its line, or on everything behind it. */
function firstOfEachLine(errors: readonly YAMLError[], text: string): YAMLError[] {
  const lines = new Set<number>()
  return [...errors]
    .sort((a, b) => a.pos[0] - b.pos[0])
    .filter(({ pos, message }, index) => {
      if (index > 0 && message.includes('in YAML stream')) return false
      const from = text.lastIndexOf('\n', pos[0] - 1)
      const first = !lines.has(from)
      lines.add(from)
      return first
    })
}

function syntaxFault(error: YAMLError, text: string): YamlFault {
  const [offset, end] = error.pos
  const joined = error.code === 'MULTILINE_IMPLICIT_KEY' || /followed by/.test(error.message)
  return (
    (joined ? missingBlank(text, offset, end) : undefined) ??
    fault(offset, wordsOf(error, lineAt(text, offset), signAt(text, error)))
  )
}

/** The text at which the parser stopped; of an escape the backslash and the character behind it. */
function signAt(text: string, { code, message, pos: [at] }: YAMLError): string {
  if (code === 'BAD_DQ_ESCAPE') return text.slice(at, at + 2)
  return /^Block scalar header.*: ([|>])/.exec(message)?.[1] ?? text.charAt(at)
}

/** `kind:anthropic`, which is a text and no key with a value. */
function missingBlank(text: string, from: number, to: number): YamlFault | undefined {
  for (let at = from; at < to; at = text.indexOf('\n', at) + 1 || to) {
    const line = lineAt(text, at)
    const words = blankWords(line.trim().replace(/^- /, ''))
    if (words) return fault(text.lastIndexOf('\n', at - 1) + 1 + line.search(/[^\s-]/), words)
  }
  return undefined
}

/** The words for a text that was meant as a key and its value; undefined: it was not. */
export function blankWords(written: string): Words | undefined {
  const [, key, value = ''] = /^([A-Za-z][\w-]{0,40}):([^\s:/#]\S*)/.exec(written) ?? []
  if (key === undefined) return undefined
  const isPlain = /^(?:[a-z-]{1,20}|\d{1,5})$/.test(value) && !mayNameSecret(key)
  return {
    message: `a blank is missing behind "${key}:"`,
    hint: `write ${key}: ${isPlain ? value : '…'}`,
  }
}

function lineAt(text: string, offset: number): string {
  const from = text.lastIndexOf('\n', offset - 1) + 1
  const to = text.indexOf('\n', offset)
  return text.slice(from, to === -1 ? undefined : to)
}

type Ancestors = readonly (Document | Node | Pair)[]

function structureFaults(document: Document.Parsed): YamlFault[] {
  const found: YamlFault[] = []
  const add = (node: unknown, ancestors: Ancestors, more: Omit<YamlFault, 'offset' | 'path'>) =>
    found.push({ offset: offsetOf(node), path: pathOf(ancestors, node), ...more })
  visit(document, {
    Alias(_, alias, ancestors) {
      const fault = aliasFault(alias, document, ancestors)
      if (fault) add(alias, ancestors, fault)
    },
    Map(_, map, ancestors) {
      for (const key of doubledKeys(map))
        add(key, [...ancestors, map], {
          message: 'this key is written twice',
          hint: 'keep one of them',
          readable: true,
        })
    },
    Pair(_, pair, ancestors) {
      const fault = pairFault(pair, document)
      if (fault) add(pair.key, ancestors, fault)
    },
  })
  return found
}

function aliasFault(alias: Alias, document: Document.Parsed, ancestors: Ancestors) {
  const target = aliasTargets(document).get(alias)
  if (target && !ancestors.includes(target)) return undefined
  const message = target
    ? `the anchor "${alias.source}" holds itself`
    : `no anchor "&${alias.source}" stands before this`
  const hint = target ? 'name another one' : `set it, or put "*${alias.source}" in quotes`
  return { message, hint, readable: false }
}

function doubledKeys(map: YAMLMap): unknown[] {
  const seen = new Set<string>()
  return map.items.flatMap(({ key }) => {
    // Merge keys may stand there twice; their value is a symbol.
    if (!isScalar(key) || typeof key.value === 'symbol') return []
    const name = String(key.value)
    const doubled = seen.has(name)
    seen.add(name)
    return doubled ? [key] : []
  })
}

function pairFault({ key, value }: Pair, document: Document.Parsed) {
  if (!isScalar(key))
    return { message: 'a key must be a text', hint: 'put it in quotes', readable: false }
  if (typeof key.value !== 'symbol') return undefined
  const aliases = aliasTargets(document)
  const meant = (node: unknown): unknown => (isAlias(node) ? aliases.get(node) : node)
  const merged = meant(value)
  const sources = isSeq(merged) ? merged.items : [merged]
  // An alias without an anchor has a fault of its own.
  if (sources.every(source => isMap(meant(source)) || meant(source) === undefined)) return undefined
  return {
    message: 'only a mapping can be merged',
    hint: 'write <<: *NAME, with &NAME before a mapping above',
    readable: false,
  }
}

/** The keys and places that lead to a node. */
function pathOf(ancestors: Ancestors, node: unknown): Path {
  const path: (string | number)[] = []
  const trail = [...ancestors, node]
  for (const [index, ancestor] of ancestors.entries()) {
    if (isPair(ancestor)) path.push(nameOf(ancestor.key))
    else if (isSeq(ancestor)) path.push(ancestor.items.indexOf(trail[index + 1]))
  }
  const parent = ancestors.at(-1)
  return isMap(parent) && isScalar(node) ? [...path, nameOf(node)] : path
}

function nameOf(key: unknown): string {
  return isScalar(key) && typeof key.value !== 'symbol' ? String(key.value) : '<<'
}

function offsetOf(node: unknown): number {
  return isNode(node) ? (node.range?.[0] ?? 0) : 0
}
