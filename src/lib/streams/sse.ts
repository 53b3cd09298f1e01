import type { Machine } from './machine.ts'

/** One SSE message. */
export type SseFrame = { event?: string; data: string }

/** The longest message taken, in characters, and what is thrown for a longer one. */
export type SseLimit = { characters: number; error(): Error }

/**
 * Bytes → SSE messages, safe against a line ending or a UTF-8 character split across chunks.
 * Comments and unknown fields are skipped; data lines are joined by newlines. `end` gives a last
 * message that no blank line closed, as real upstreams leave one behind. Each character is looked
 * at once, however the chunks are cut. Without a limit a message may be as long as memory.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export function decodeSse(limit?: SseLimit): Machine<Uint8Array, SseFrame> {
  const decoder = new TextDecoder('utf-8')
  /** The line under way, as it came: joined once, when it ends. */
  let pieces: string[] = []
  let event: string | undefined
  let data: string[] = []
  /** Characters held: of the line under way and of the message's data. */
  let held = 0
  let first = true
  /** The last chunk ended in `\r`: a `\n` that follows belongs to it. */
  let skipsLineFeed = false

  function hold(characters: number): void {
    held += characters
    if (limit && held > limit.characters) throw limit.error()
  }

  function line(text: string, out: SseFrame[]): void {
    if (text === '') dispatch(out)
    else if (text.startsWith('data:')) dataLine(text.slice(text.charCodeAt(5) === 0x20 ? 6 : 5))
    else if (text.startsWith('event:')) event = text.slice(text.charCodeAt(6) === 0x20 ? 7 : 6)
    else if (text === 'data') dataLine('')
  }

  function dataLine(value: string): void {
    data.push(value)
    hold(value.length + 1)
  }

  function dispatch(out: SseFrame[]): void {
    const [only] = data
    if (only !== undefined) {
      const text = data.length === 1 ? only : data.join('\n')
      out.push(event === undefined ? { data: text } : { event, data: text })
    }
    event = undefined
    data = []
    held = 0
  }

  /** A whole line: what was held of it, and its end. */
  function lineOf(end: string): string {
    if (pieces.length === 0) return end
    const text = pieces.join('') + end
    for (const piece of pieces) held -= piece.length
    pieces = []
    return text
  }

  function lines(text: string, out: SseFrame[]): void {
    let from = skipsLineFeed && text.charCodeAt(0) === LF ? 1 : 0
    skipsLineFeed = false
    let lf = text.indexOf('\n', from)
    let cr = text.indexOf('\r', from)
    while (lf !== -1 || cr !== -1) {
      const at = cr !== -1 && (lf === -1 || cr < lf) ? cr : lf
      line(lineOf(text.slice(from, at)), out)
      from = at + 1
      if (at === cr) {
        if (from === text.length) skipsLineFeed = true
        else if (from === lf) from++
        cr = text.indexOf('\r', from)
      }
      if (lf !== -1 && lf < from) lf = text.indexOf('\n', from)
    }
    if (from === text.length) return
    pieces.push(from === 0 ? text : text.slice(from))
    hold(text.length - from)
  }

  /** A byte order mark is no text. */
  function unmarked(text: string): string {
    if (!first || text === '') return text
    first = false
    return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
  }

  return {
    feed(chunk) {
      const out: SseFrame[] = []
      const text = unmarked(decoder.decode(chunk, { stream: true }))
      if (text !== '') lines(text, out)
      return out
    },
    end() {
      const out: SseFrame[] = []
      lines(unmarked(decoder.decode()), out)
      if (pieces.length > 0) line(lineOf(''), out)
      dispatch(out)
      return out
    },
  }
}

const LF = 0x0a

/** A message as it goes over the wire. Data with line breaks becomes several data lines. */
export function encodeSse(frame: SseFrame): string {
  const data = frame.data.includes('\n') ? frame.data.replaceAll('\n', '\ndata: ') : frame.data
  return frame.event === undefined
    ? `data: ${data}\n\n`
    : `event: ${frame.event}\ndata: ${data}\n\n`
}
