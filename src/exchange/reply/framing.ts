import type { GatewayError } from '../../lib/errors.ts'
import { decodeSse, encodeSse } from '../../lib/streams/sse.ts'
import type { ClientCodec, Frame } from '../../protocols/codec.ts'
import type { Exchange } from '../context.ts'

/** How the messages of a stream go down to this client. */
export type Framing = {
  text(frames: readonly Frame[]): string
  /** What closes the stream. */
  end(): string
  /** For a client that waits, between two messages; `event`: the protocol's own, once it has begun. */
  keepAlive(event?: Frame): string
  /** What follows the message of an error, as a write of its own; perhaps nothing. */
  afterError(error: GatewayError): string
  contentType: string
}

export function createFraming({ envelope, codec }: Exchange): Framing {
  return envelope.framing === 'json-array' ? jsonArray() : serverSentEvents(codec)
}

function serverSentEvents({ keepAlive, bareError }: ClientCodec): Framing {
  return {
    text(frames) {
      let text = ''
      for (const frame of frames) text += encodeSse(frame)
      return text
    },
    end: () => '',
    keepAlive: event => (event ? encodeSse(event) : keepAlive),
    afterError: error => (bareError ? `${JSON.stringify(bareError(error))}\n\n` : ''),
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
    keepAlive: () => '\n',
    afterError: () => '',
    contentType: 'application/json; charset=utf-8',
  }
}

/** The messages of an event stream in another framing, their data untouched. */
export function createReframer(framing: Framing) {
  const frames = decodeSse()
  return {
    feed: (bytes: Uint8Array): string => framing.text(frames.feed(bytes)),
    end: (): string => framing.text(frames.end()) + framing.end(),
  }
}
