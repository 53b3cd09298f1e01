import { isObject } from '../lib/json.ts'
import type { Machine } from '../lib/machine.ts'

/** How the JSON of a wrapped call begins. */
const OPENING = /^\s*\{\s*"input"\s*:\s*"/

/**
 * `{"input": "…"}`, as a model writes it piece by piece, → the text in it, as soon as it is sure.
 * Arguments of any other shape come out whole at the end: the text of their only string, or as they
 * are.
 */
export function decodeInput(): Machine<string, string> {
  let whole = ''
  /** Where the string's unread text begins; undefined: the opening has not been seen. */
  let at: number | undefined
  let closed = false
  let told = false

  /** Decodes what is certain: up to the closing quote, and no escape cut in half. */
  function more(): string[] {
    if (at === undefined) {
      const opening = OPENING.exec(whole)
      if (!opening) return []
      at = opening[0].length
    }
    if (closed) return []
    let end = at
    while (end < whole.length) {
      const character = whole.charCodeAt(end)
      if (character === 0x22) {
        closed = true
        break
      }
      if (character !== 0x5c) {
        end++
        continue
      }
      const length = whole[end + 1] === 'u' ? 6 : 2
      if (end + length > whole.length) break
      end += length
    }
    // Half of a character outside the first plane waits for its other half.
    if (!closed && /\\u[dD][89abAB][0-9a-fA-F]{2}$/.test(whole.slice(at, end))) end -= 6
    const raw = whole.slice(at, end)
    at = end
    if (raw === '') return []
    told = true
    return [unescaped(raw)]
  }

  return {
    feed(piece) {
      whole += piece
      return more()
    },
    end() {
      if (told || closed) return []
      return [inputOf(whole)]
    },
  }
}

/** Models write line breaks into strings unescaped now and then. */
function unescaped(raw: string): string {
  const lax = raw.replace(/[\n\r\t]/g, character => JSON.stringify(character).slice(1, -1))
  try {
    return JSON.parse(`"${lax}"`) as string
  } catch {
    return raw
  }
}

function inputOf(text: string): string {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'string') return value
    if (!isObject(value)) return text
    if (typeof value.input === 'string') return value.input
    const strings = Object.values(value).filter(one => typeof one === 'string')
    return strings.length === 1 ? (strings[0] ?? text) : text
  } catch {
    return text
  }
}
