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
import type { Path } from './source.ts'

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
  if (syntax.length === 0) return structureFaults(document)
  return firstOfEachLine(syntax, text).map(error => syntaxFault(error, text))
}

/** One slip makes the parser stumble several times on its line, or over everything that follows. */
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

function isUnknownTag({ code }: YAMLError): boolean {
  return code === 'TAG_RESOLVE_FAILED'
}

function syntaxFault(error: YAMLError, text: string): YamlFault {
  const [offset] = error.pos
  const [words = error.message] = error.message.split('\n')
  const message = error.code === 'MULTIPLE_DOCS' ? 'a second document begins here' : words.trim()
  return { offset, path: [], message, hint: remedy(error, text), readable: false }
}

const REMEDIES: Partial<Record<YAMLError['code'], string>> = {
  TAB_AS_INDENT: 'indent with spaces',
  MULTIPLE_DOCS: 'take the "---" out: one file is one document',
  BAD_SCALAR_START: 'put the value in quotes',
  BLOCK_AS_IMPLICIT_KEY: 'put the value in quotes, or on lines of its own',
  BAD_INDENT: 'indent it like its neighbours, and close every bracket',
  BAD_DQ_ESCAPE: 'write \\\\ for a backslash',
  TAG_RESOLVE_FAILED: 'take the tag out; a secret is written ${NAME} or ${file:path}',
}

function remedy({ code, message, pos }: YAMLError, text: string): string {
  const line = lineAt(text, pos[0])
  if (message.startsWith('Block scalar')) return 'put the value in quotes'
  if (/^\s*(- )?\*/.test(line)) return 'put the name in quotes: "*…"'
  if (/[[{,:]\s*\$\{/.test(line)) return 'put ${…} in quotes here: "${NAME}"'
  return REMEDIES[code] ?? 'check the quotes, brackets and indentation around here'
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
  const target = alias.resolve(document)
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
  const meant = (node: unknown): unknown => (isAlias(node) ? node.resolve(document) : node)
  const merged = meant(value)
  const sources = isSeq(merged) ? merged.items : [merged]
  // An alias that means nothing is complained of by itself.
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
  for (const [index, one] of ancestors.entries()) {
    if (isPair(one)) path.push(nameOf(one.key))
    else if (isSeq(one)) path.push(one.items.indexOf(trail[index + 1]))
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
