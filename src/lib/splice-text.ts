/** A stretch of a text and what comes in its place. */
export type Splice = { from: number; to: number; text: string }

/** Splices do not overlap; of two at one place the first given comes first. */
export function spliceText(text: string, splices: readonly Splice[]): string {
  let result = ''
  let at = 0
  for (const { from, to, text: put } of [...splices].sort((a, b) => a.from - b.from)) {
    result += text.slice(at, from) + put
    at = to
  }
  return result + text.slice(at)
}
