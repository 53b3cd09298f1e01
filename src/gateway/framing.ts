import { encodeSse } from '../lib/sse.ts'
import type { Frame } from '../protocols/codec.ts'
import type { Exchange } from './exchange.ts'

/** How the messages of a stream go down to this client. */
export type Framing = {
  text(frames: readonly Frame[]): string
  /** What closes the stream. */
  end(): string
  /** For a client that waits. */
  keepAlive: string
  contentType: string
}

export function createFraming({ envelope, codec }: Exchange): Framing {
  return envelope.framing === 'json-array' ? jsonArray() : serverSentEvents(codec.keepAlive)
}

function serverSentEvents(keepAlive: string): Framing {
  return {
    text(frames) {
      let text = ''
      for (const frame of frames) text += encodeSse(frame)
      return text
    },
    end: () => '',
    keepAlive,
    contentType: 'text/event-stream; charset=utf-8',
  }
}

/** Every message is an element; white space keeps the connection warm. */
function jsonArray(): Framing {
  let begun = false
  return {
    text(frames) {
      let text = ''
      for (const { data } of frames) {
        text += begun ? `,\r\n${data}` : `[${data}`
        begun = true
      }
      return text
    },
    end: () => (begun ? ']' : '[]'),
    keepAlive: '\n',
    contentType: 'application/json; charset=utf-8',
  }
}
