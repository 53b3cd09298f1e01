import { Lexer } from 'yaml'

/** A quote or bracket that is opened and not closed; `to`: how far the parser reads it. */
type Gap = { from: number; to: number; opens: string }

/** What the lexer puts between tokens for the parser: they are not in the text. */
const MARKS = new Set(['\u0002', '\u0018', '\u001F'])
const FLOW_END = '\u0018'
const CLOSES: Record<string, string> = { '}': '{', ']': '[' }

/** A text with more of them is no routes.yaml. */
const MAX_GAPS = 50

/** Quotes and brackets left open in a text that does not parse, in order, up to a limit. */
export function gapsIn(text: string): Gap[] {
  const gaps: Gap[] = []
  let open: { from: number; opens: string }[] = []
  let at = 0
  for (const token of new Lexer().lex(text)) {
    if (token === FLOW_END) {
      // The innermost alone: once it is closed, the next check reports the next.
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
    // From here on it is unknown what is quoted, and what a bracket closes.
    if (isOpenQuote(token)) return [...gaps, { from: at, to: text.length, opens: token.charAt(0) }]
    if (gaps.length >= MAX_GAPS) return gaps
    at += token.length
  }
  gaps.push(...open.slice(-1).map(({ from, opens }) => ({ from, opens, to: at })))
  return gaps.sort((a, b) => a.from - b.from)
}

/** Also a quote that ends where another was meant to begin: there is a key inside it. */
function isOpenQuote(token: string): boolean {
  const [quote] = token
  if (quote !== '"' && quote !== "'") return false
  if (token.length < 2 || !token.endsWith(quote)) return true
  return /\n[ \t]*(?:- )?["']?[\w-]+["']?:(?:\s|$)/.test(token.slice(0, -1))
}
