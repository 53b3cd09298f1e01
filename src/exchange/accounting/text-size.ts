/** What a body holds: so many bytes of text, and of media and sealed text in long runs of Base64. */
export type TextSize = { text: number; encoded: number; runs: number }

const STRIDE = 2_048
const WINDOW = 64

/**
 * Tells text from Base64 by 64 bytes of every 2 kB, so it takes some microseconds for a long prompt
 * and milliseconds for the longest body. Good enough for an estimate, and nothing else.
 */
export function textSize(body: Uint8Array): TextSize {
  let encoded = 0
  let runs = 0
  let inRun = false
  for (let at = 0; at + STRIDE <= body.length; at += STRIDE) {
    const run = isBase64(body, at, at + WINDOW)
    if (run) encoded += STRIDE
    if (run && !inRun) runs++
    inRun = run
  }
  return { text: body.length - encoded, encoded, runs }
}

/** Text of 64 bytes without any blank, mark or character beyond ASCII is rare. */
function isBase64(body: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (!BASE64[body[at] ?? 0]) return false
  return true
}

const BASE64 = new Uint8Array(256)
for (const character of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_=')
  BASE64[character.charCodeAt(0)] = 1
