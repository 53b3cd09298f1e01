import { Lexer } from 'yaml'

/** A quote or bracket that opens and is not closed, and how far the parser reads it in vain. */
export type Gap = { from: number; to: number; opens: string }

/** What the lexer puts between tokens for the parser: they are not in the text. */
const MARKS = new Set(['\u0002', '\u0018', '\u001F'])
const FLOW_END = '\u0018'
const CLOSES: Record<string, string> = { '}': '{', ']': '[' }

/** A text with more of them is no routes.yaml. */
const MAX_GAPS = 50

/** What is left open in a text that does not parse, in order, as far as anyone reads it. */
export function gapsIn(text: string): Gap[] {
  const gaps: Gap[] = []
  let open: { from: number; opens: string }[] = []
  let at = 0
  for (const token of new Lexer().lex(text)) {
    if (token === FLOW_END) {
      // The innermost one: whoever closes it sees the next, if there is one.
      gaps.push(...open.slice(-1).map(({ from, opens }) => ({ from, opens, to: at })))
      open = []
    }
    if (MARKS.has(token)) continue
    if (token === '{' || token === '[') open.push({ from: at, opens: token })
    const opener = CLOSES[token]
    if (opener !== undefined) {
      const last = open.pop()
      if (last && last.opens !== opener) {
        gaps.push({ ...last, to: at + 2 })
        open = []
      }
    }
    // From here on nobody knows what is quoted, nor what a bracket closes.
    if (isOpenQuote(token)) return [...gaps, { from: at, to: text.length, opens: token.charAt(0) }]
    if (gaps.length >= MAX_GAPS) return gaps
    at += token.length
  }
  gaps.push(...open.slice(-1).map(({ from, opens }) => ({ from, opens, to: at })))
  return gaps.sort((a, b) => a.from - b.from)
}

/** Also one that only ends where another one was meant to begin: it swallows a key on its way. */
function isOpenQuote(token: string): boolean {
  const [quote] = token
  if (quote !== '"' && quote !== "'") return false
  if (token.length < 2 || !token.endsWith(quote)) return true
  return /\n[ \t]*(?:- )?["']?[\w-]+["']?:(?:\s|$)/.test(token.slice(0, -1))
}
