import { isObject } from '../../lib/json/json.ts'
import type { Machine } from '../../lib/streams/machine.ts'

/** How the JSON of a wrapped call begins. */
const OPENING = /^\s*\{\s*"input"\s*:\s*"/

/** So long an opening is none: it may hold blanks, and is looked at again with every piece. */
const MAX_OPENING = 1_000

/**
 * `{"input": "…"}`, as a model writes it piece by piece, → the text in it, as soon as it is sure.
 * Arguments of any other shape come out whole at the end: the text of their only string, or as they
 * are. What was decoded is not looked at again.
 */
export function decodeInput(): Machine<string, string> {
  /** The whole input, as long as no output was produced. */
  const pieces: string[] = []
  let stage: 'opening' | 'inside' | 'closed' | 'other' = 'opening'
  /** In the opening: all so far; inside: what is not decoded yet. */
  let unread = ''
  let sent = false

  /** Whether the opening is behind us; what follows it is unread. */
  function opened(): boolean {
    const opening = OPENING.exec(unread)
    if (opening) {
      stage = 'inside'
      unread = unread.slice(opening[0].length)
    } else if (unread.length > MAX_OPENING) stage = 'other'
    return opening !== null
  }

  /** Decodes what is certain: up to the closing quote, and no escape cut in half. */
  function decoded(): string[] {
    const { length, closes } = certain(unread)
    const raw = unread.slice(0, length)
    unread = unread.slice(length)
    if (closes) stage = 'closed'
    if (raw === '') return []
    sent = true
    pieces.length = 0
    return [unescaped(raw)]
  }

  return {
    feed(piece) {
      if (stage === 'closed') return []
      if (!sent) pieces.push(piece)
      if (stage === 'other') return []
      unread += piece
      return stage === 'inside' || opened() ? decoded() : []
    },
    end: () => (sent || stage === 'closed' ? [] : [inputOf(pieces.join(''))]),
  }
}

/** How much of a string's inside can be decoded, and whether its closing quote follows. */
function certain(text: string): { length: number; closes: boolean } {
  let end = 0
  while (end < text.length) {
    const character = text.charCodeAt(end)
    if (character === 0x22) return { length: end, closes: true }
    if (character !== 0x5c) {
      end++
      continue
    }
    const length = text[end + 1] === 'u' ? 6 : 2
    if (end + length > text.length) break
    end += length
  }
  // Half of a character outside the first plane waits for its other half.
  const half = HALF.test(text.slice(Math.max(0, end - 6), end))
  return { length: half ? end - 6 : end, closes: false }
}

const HALF = /^\\u[dD][89abAB][0-9a-fA-F]{2}$/

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
    const strings = Object.values(value).filter(member => typeof member === 'string')
    return strings.length === 1 ? (strings[0] ?? text) : text
  } catch {
    return text
  }
}
