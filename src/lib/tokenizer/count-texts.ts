import { encode } from 'gpt-tokenizer/encoding/o200k_base'
import { piecesOf } from './pieces.ts'

/** How much of some texts was counted, in UTF-16 units, and how many tokens that is. */
export type Counted = { tokens: number; characters: number }

/** As many as 400,000 characters of prose have; Base64 and random letters have more, and take longer. */
const MAX_TOKENS = 100_000

const AS_TEXT = { allowedSpecial: new Set<string>(), disallowedSpecial: new Set<string>() }

/**
 * Tokens of the texts by the o200k tokenizer, up to about 100,000. Importing this file loads the
 * ranks, megabytes of source, which takes half a second: only the worker does.
 */
export function countTexts(texts: readonly string[]): Counted {
  let tokens = 0
  let characters = 0
  for (const text of texts)
    for (const piece of piecesOf(text)) {
      if (tokens >= MAX_TOKENS) return { tokens, characters }
      tokens += encode(piece, AS_TEXT).length
      characters += piece.length
    }
  return { tokens, characters }
}
