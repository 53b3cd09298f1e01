import { CST, Lexer } from 'yaml'

/** Deeper than any routes.yaml; parsers take time quadratic in depth, or run out of stack. */
export const MAX_YAML_DEPTH = 64

/**
 * Where a text is nested too deep, as an offset; undefined: it is not. Looks at its tokens only, and
 * at no more of them than it takes to know.
 */
export function tooDeepAt(text: string): number | undefined {
  /** Columns at which blocks begin that are open here, each further right than the last. */
  const blocks: number[] = []
  let brackets = 0
  let offset = 0
  let lineStart = 0
  for (const { type, length, lineBreak } of tokensIn(text)) {
    if (type === 'flow-seq-start' || type === 'flow-map-start') brackets++
    else if (type === 'flow-seq-end' || type === 'flow-map-end')
      brackets = Math.max(0, brackets - 1)
    else if (brackets === 0 && !NO_BLOCK.has(type)) {
      const column = offset - lineStart
      while ((blocks[blocks.length - 1] ?? -1) >= column) blocks.pop()
      blocks.push(column)
    }
    if (blocks.length + brackets > MAX_YAML_DEPTH) return offset
    if (lineBreak !== -1) lineStart = offset + lineBreak + 1
    offset += length
  }
  return undefined
}

type Type = ReturnType<typeof CST.tokenType>

/** Anything else may be the beginning of a list or of a mapping. */
const NO_BLOCK: ReadonlySet<Type> = new Set<Type>([
  'byte-order-mark',
  'comment',
  'space',
  'newline',
  'map-value-ind',
  'doc-start',
  'doc-end',
  'directive-line',
])

/** The tokens that are text of the file; `lineBreak`: where the last one in it stands, or -1. */
function* tokensIn(text: string): Iterable<{ type: Type; length: number; lineBreak: number }> {
  let isScalar = false
  for (const token of new Lexer().lex(text)) {
    const type = CST.tokenType(token)
    if (!isScalar && MARKS.has(token)) isScalar = token === SCALAR
    else {
      yield {
        type: isScalar ? 'scalar' : type,
        length: token.length,
        lineBreak: token.lastIndexOf('\n'),
      }
      isScalar = false
    }
  }
}

/** What the lexer puts between the tokens: a document begins, a bracket is missing, a scalar follows. */
const SCALAR = CST.SCALAR
const MARKS: ReadonlySet<string> = new Set([CST.DOCUMENT, CST.FLOW_END, SCALAR])
