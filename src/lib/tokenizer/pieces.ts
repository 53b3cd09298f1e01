/** A tokenizer merges within runs of one class of characters, in time quadratic in their length. */
const MAX_RUN = 64
/** Counting can stop between two pieces. */
const MAX_PIECE = 8_192

/**
 * The text in pieces of at most 8,192 characters, none of which has more than 64 characters of one
 * class in a row (letters, digits, space, other signs). A tokenizer's work on them is linear in the
 * text; a cut costs a token at most.
 */
export function* piecesOf(text: string): Iterable<string> {
  let from = 0
  let run = 0
  let before = -1
  for (let at = 0; at < text.length; at++) {
    const kind = classOf(text.charCodeAt(at))
    run = kind === before ? run + 1 : 1
    before = kind
    if (run <= MAX_RUN && at - from < MAX_PIECE) continue
    // A character of two halves stays whole.
    const cut = isSecondHalf(text.charCodeAt(at)) ? at - 1 : at
    yield text.slice(from, cut)
    from = cut
    run = at - cut + 1
  }
  if (from < text.length) yield from === 0 ? text : text.slice(from)
}

function isSecondHalf(code: number): boolean {
  return code >= 0xdc00 && code <= 0xdfff
}

/** 0: space, 1: digit, 2: letter and all beyond ASCII, 3: another sign. */
function classOf(code: number): number {
  if (code <= 0x20) return 0
  if (code >= 0x80) return 2
  if (code >= 0x30 && code <= 0x39) return 1
  const letter = code | 0x20
  return letter >= 0x61 && letter <= 0x7a ? 2 : 3
}
