import type { StreamEvent, Usage } from '../../conversation/index.ts'
import type { GatewayError } from '../../lib/errors.ts'
import type { Machine } from '../../lib/streams/machine.ts'
import { decodeSse, type SseLimit } from '../../lib/streams/sse.ts'
import type { Frame } from '../../protocols/codec.ts'
import type { Decoding } from './first-event.ts'

/** Enough of a stream's end to hold its last usage and its terminal event: 45 kB a stream less than 6 kB (2026-11). */
const MIN_TAIL_BYTES = 2_048

/**
 * How a passed stream ended. `errorSent`: the upstream itself sent the error, so the client has it.
 * `complete`: it came to its end; `usage` is the last word on it then, else what was reported before.
 */
export type StreamEnd = {
  usage?: Usage | undefined
  failure?: GatewayError | undefined
  errorSent: boolean
  complete: boolean
}

const { copy, lastIndexOf } = Buffer.prototype

/** `beginning`: the events of the stream that were decoded already; `limit`: of one message. */
export function createTail(
  decoding: Decoding,
  beginning: readonly StreamEvent[],
  limit: SseLimit,
): Tail {
  return new Tail(decoding, beginning, limit)
}

/**
 * Keeps the last bytes of a stream and decodes them once it is over, with the machines that decoded
 * its beginning; a short stream may have ended there already. The bytes are copied: a chunk is a
 * view of a far larger buffer, and keeping the one would keep the other (100 kB a stream, measured).
 */
export class Tail {
  readonly #decoding: Decoding
  readonly #beginning: readonly StreamEvent[]
  readonly #limit: SseLimit
  #kept = new Uint8Array(0)
  #length = 0
  #total = 0
  #cut = false
  #end: StreamEnd | undefined

  constructor(decoding: Decoding, beginning: readonly StreamEvent[], limit: SseLimit) {
    this.#decoding = decoding
    this.#beginning = beginning
    this.#limit = limit
  }

  /** Throws for a message that is longer than the limit. */
  add(chunk: Uint8Array): void {
    if (this.#length + chunk.length > this.#kept.length) this.#makeRoom(chunk.length)
    copy.call(chunk, this.#kept, this.#length, 0, chunk.length)
    this.#length += chunk.length
    this.#total += chunk.length
  }

  /** How many bytes were added in all. */
  totalBytes(): number {
    return this.#total
  }

  /** The last bytes so far; valid until the next chunk. */
  recent(): Uint8Array {
    return this.#kept.subarray(0, this.#length)
  }

  read(): StreamEnd {
    const { events } = this.#decoding
    this.#end ??= endOf(
      [...this.#beginning, ...this.#frames().flatMap(frame => events.feed(frame))],
      events,
    )
    return this.#end
  }

  #frames(): Frame[] {
    const machine = this.#cut ? decodeSse() : this.#decoding.frames
    return [...machine.feed(this.recent()), ...machine.end()]
  }

  /** Lets go of whole messages at the front; the one under way is kept however long it is. */
  #makeRoom(needed: number): void {
    const kept = this.#kept
    const from = boundaryBefore(kept, this.#length - MIN_TAIL_BYTES)
    if (from > 0) {
      kept.copyWithin(0, from, this.#length)
      this.#length -= from
      this.#cut = true
    }
    const length = this.#length + needed
    if (length <= kept.length) return
    if (length > this.#limit.characters) throw this.#limit.error()
    this.#kept = new Uint8Array(Math.max(2 * MIN_TAIL_BYTES, 2 * kept.length, length))
    copy.call(kept, this.#kept, 0, 0, this.#length)
  }
}

/** Where a message begins, at or before an offset; 0: nowhere but at the front. */
function boundaryBefore(bytes: Uint8Array, offset: number): number {
  if (offset <= 0) return 0
  const unix = lastIndexOf.call(bytes, '\n\n', offset)
  const dos = lastIndexOf.call(bytes, '\r\n\r\n', offset)
  return Math.max(unix === -1 ? 0 : unix + 2, dos === -1 ? 0 : dos + 4)
}

function endOf(fed: readonly StreamEvent[], events: Machine<Frame, StreamEvent>): StreamEnd {
  const late = events.end()
  const sent = fed.find(event => event.type === 'error')
  const error = sent ?? late.find(event => event.type === 'error')
  const ended = [...fed, ...late].find(event => event.type === 'response-end')
  return {
    errorSent: sent !== undefined,
    complete: ended !== undefined,
    usage: ended?.usage ?? error?.usage,
    failure: error?.error,
  }
}
