import type { Machine } from './machine.ts'

/** One SSE message. */
export type SseFrame = { event?: string; data: string }

/**
 * Bytes → SSE messages, safe against a line ending or a UTF-8 character split across chunks.
 * Comments and unknown fields are skipped; data lines are joined by newlines. `end` gives a last
 * message that no blank line closed, as real upstreams leave one behind.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export function decodeSse(): Machine<Uint8Array, SseFrame> {
  const decoder = new TextDecoder('utf-8')
  let rest = ''
  let event: string | undefined
  let data: string | undefined
  let first = true

  function line(text: string, out: SseFrame[]): void {
    if (text === '') {
      dispatch(out)
      return
    }
    if (text.startsWith('data:')) {
      const value = text.charCodeAt(5) === 0x20 ? text.slice(6) : text.slice(5)
      data = data === undefined ? value : `${data}\n${value}`
    } else if (text.startsWith('event:')) {
      event = text.charCodeAt(6) === 0x20 ? text.slice(7) : text.slice(6)
    } else if (text === 'data') {
      data = data === undefined ? '' : `${data}\n`
    }
  }

  function dispatch(out: SseFrame[]): void {
    if (data !== undefined) out.push(event === undefined ? { data } : { event, data })
    event = undefined
    data = undefined
  }

  /** Takes every whole line off `rest`. A trailing `\r` waits: a `\n` may follow in the next chunk. */
  function lines(out: SseFrame[], last: boolean): void {
    let from = 0
    for (;;) {
      const lf = rest.indexOf('\n', from)
      const cr = rest.indexOf('\r', from)
      const at = cr !== -1 && (lf === -1 || cr < lf) ? cr : lf
      if (at === -1) break
      if (at === cr && at === rest.length - 1 && !last) break
      line(rest.slice(from, at), out)
      from = at + (at === cr && rest.charCodeAt(at + 1) === 0x0a ? 2 : 1)
    }
    rest = rest.slice(from)
  }

  return {
    feed(chunk) {
      rest += decoder.decode(chunk, { stream: true })
      if (first && rest.length > 0) {
        first = false
        if (rest.charCodeAt(0) === 0xfeff) rest = rest.slice(1)
      }
      const out: SseFrame[] = []
      lines(out, false)
      return out
    },
    end() {
      rest += decoder.decode()
      const out: SseFrame[] = []
      lines(out, true)
      if (rest !== '') line(rest, out)
      rest = ''
      dispatch(out)
      return out
    },
  }
}

/** A message as it goes over the wire. Data with line breaks becomes several data lines. */
export function encodeSse(frame: SseFrame): string {
  const data = frame.data.includes('\n') ? frame.data.replaceAll('\n', '\ndata: ') : frame.data
  return frame.event === undefined
    ? `data: ${data}\n\n`
    : `event: ${frame.event}\ndata: ${data}\n\n`
}
