import type { Machine } from './machine.ts'

/** One SSE message. */
export type SseFrame = { event?: string; data: string }

/** The longest message taken, in characters, and what is thrown for a longer one. */
export type SseLimit = { characters: number; error(): Error }

/**
 * Bytes → SSE messages, safe against a line ending or a UTF-8 character split across chunks.
 * Comments and unknown fields are skipped; data lines are joined by newlines. `end` gives a last
 * message that no blank line closed, as real upstreams leave one behind. Linear: each character is
 * looked at once, however the chunks are cut (0.15 to 0.3 µs an event in chunks of 2 to 520 kB,
 * 2026-11). Without a limit a message may be as long as memory.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export function decodeSse(limit?: SseLimit): Machine<Uint8Array, SseFrame> {
  return new SseDecoder(limit)
}

class SseDecoder implements Machine<Uint8Array, SseFrame> {
  readonly #decoder = new TextDecoder('utf-8')
  readonly #limit: SseLimit | undefined
  /** The line under way, as it came: joined once, when it ends. */
  #pieces: string[] = []
  #event: string | undefined
  #data: string[] = []
  /** Characters held: of the line under way and of the message's data. */
  #held = 0
  #first = true
  /** The last chunk ended in `\r`: a `\n` that follows belongs to it. */
  #skipsLineFeed = false

  constructor(limit: SseLimit | undefined) {
    this.#limit = limit
  }

  feed(chunk: Uint8Array): SseFrame[] {
    const out: SseFrame[] = []
    const text = this.#unmarked(this.#decoder.decode(chunk, { stream: true }))
    if (text !== '') this.#lines(text, out)
    return out
  }

  end(): SseFrame[] {
    const out: SseFrame[] = []
    this.#lines(this.#unmarked(this.#decoder.decode()), out)
    if (this.#pieces.length > 0) this.#line(this.#joinedLine(''), out)
    this.#dispatch(out)
    return out
  }

  /** A byte order mark is no text. */
  #unmarked(text: string): string {
    if (!this.#first || text === '') return text
    this.#first = false
    return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
  }

  #lines(text: string, out: SseFrame[]): void {
    let from = this.#skipsLineFeed && text.charCodeAt(0) === LF ? 1 : 0
    this.#skipsLineFeed = false
    let lf = text.indexOf('\n', from)
    let cr = text.indexOf('\r', from)
    while (lf !== -1 || cr !== -1) {
      const at = cr !== -1 && (lf === -1 || cr < lf) ? cr : lf
      this.#line(this.#joinedLine(text.slice(from, at)), out)
      from = at + 1
      if (at === cr) {
        if (from === text.length) this.#skipsLineFeed = true
        else if (from === lf) from++
        cr = text.indexOf('\r', from)
      }
      if (lf !== -1 && lf < from) lf = text.indexOf('\n', from)
    }
    if (from === text.length) return
    this.#pieces.push(from === 0 ? text : text.slice(from))
    this.#hold(text.length - from)
  }

  /** A line that has ended: what was held of it, and its end. */
  #joinedLine(end: string): string {
    if (this.#pieces.length === 0) return end
    const text = this.#pieces.join('') + end
    for (const piece of this.#pieces) this.#held -= piece.length
    this.#pieces = []
    return text
  }

  #line(text: string, out: SseFrame[]): void {
    if (text === '') this.#dispatch(out)
    else if (text.startsWith('data:'))
      this.#dataLine(text.slice(text.charCodeAt(5) === SPACE ? 6 : 5))
    else if (text.startsWith('event:'))
      this.#event = text.slice(text.charCodeAt(6) === SPACE ? 7 : 6)
    else if (text === 'data') this.#dataLine('')
  }

  #dataLine(value: string): void {
    this.#data.push(value)
    this.#hold(value.length + 1)
  }

  #hold(characters: number): void {
    this.#held += characters
    if (this.#limit && this.#held > this.#limit.characters) throw this.#limit.error()
  }

  #dispatch(out: SseFrame[]): void {
    const [only] = this.#data
    if (only !== undefined) {
      const data = this.#data.length === 1 ? only : this.#data.join('\n')
      out.push(this.#event === undefined ? { data } : { event: this.#event, data })
      this.#data = []
    }
    this.#event = undefined
    this.#held = 0
  }
}

const LF = 0x0a
const SPACE = 0x20

/** A message as it goes over the wire. Data with line breaks becomes several data lines. */
export function encodeSse(frame: SseFrame): string {
  const data = frame.data.includes('\n') ? frame.data.replaceAll('\n', '\ndata: ') : frame.data
  return frame.event === undefined
    ? `data: ${data}\n\n`
    : `event: ${frame.event}\ndata: ${data}\n\n`
}
