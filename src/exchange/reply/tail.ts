import type { StreamEvent, Usage } from '../../conversation/index.ts'
import type { GatewayError } from '../../lib/errors.ts'
import type { Machine } from '../../lib/streams/machine.ts'
import { decodeSse, type SseLimit } from '../../lib/streams/sse.ts'
import type { Frame } from '../../protocols/codec.ts'

/** Enough of a stream's end to hold its last usage and its terminal event. */
const MIN_TAIL_BYTES = 6_144

/**
 * How a passed stream ended. `errorSent`: the upstream itself sent the error, so the client has it.
 * `whole`: it came to its end; `usage` is the last word on it then, else what was reported before.
 */
export type StreamEnd = {
  usage?: Usage
  failure?: GatewayError
  errorSent: boolean
  whole: boolean
}

/**
 * Keeps the last bytes of a stream and decodes them once it is over, with the machines that decoded
 * its beginning; a short stream may have ended there already. The bytes are copied: a chunk is a
 * view of a far larger buffer, and keeping the one would keep the other (100 kB a stream, measured).
 * `add` throws for a message that is longer than the limit.
 */
export function createTail(
  frames: Machine<Uint8Array, Frame>,
  events: Machine<Frame, StreamEvent>,
  beginning: readonly StreamEvent[],
  limit: SseLimit,
) {
  const { copy } = Buffer.prototype
  let kept = new Uint8Array(0)
  let length = 0
  let total = 0
  let cut = false
  let end: StreamEnd | undefined

  /** Lets go of whole messages at the front; the one under way is kept however long it is. */
  function makeRoom(needed: number): void {
    const from = boundaryBefore(kept, length - MIN_TAIL_BYTES)
    if (from > 0) {
      kept.copyWithin(0, from, length)
      length -= from
      cut = true
    }
    if (length + needed <= kept.length) return
    if (length + needed > limit.characters) throw limit.error()
    const larger = new Uint8Array(Math.max(2 * MIN_TAIL_BYTES, 2 * kept.length, length + needed))
    copy.call(kept, larger, 0, 0, length)
    kept = larger
  }

  function decoded(): Frame[] {
    const machine = cut ? decodeSse() : frames
    return [...machine.feed(kept.subarray(0, length)), ...machine.end()]
  }

  return {
    add(chunk: Uint8Array): void {
      if (length + chunk.length > kept.length) makeRoom(chunk.length)
      copy.call(chunk, kept, length, 0, chunk.length)
      length += chunk.length
      total += chunk.length
    },
    /** How many bytes there were in all. */
    total: () => total,
    /** The last bytes so far; valid until the next chunk. */
    recent: (): Uint8Array => kept.subarray(0, length),
    read(): StreamEnd {
      end ??= endOf([...beginning, ...decoded().flatMap(frame => events.feed(frame))], events)
      return end
    },
  }
}

/** Where a message begins, at or before an offset; 0: nowhere but at the front. */
function boundaryBefore(bytes: Uint8Array, offset: number): number {
  if (offset <= 0) return 0
  const { lastIndexOf } = Buffer.prototype
  const unix = lastIndexOf.call(bytes, '\n\n', offset)
  const dos = lastIndexOf.call(bytes, '\r\n\r\n', offset)
  return Math.max(unix === -1 ? 0 : unix + 2, dos === -1 ? 0 : dos + 4)
}

function endOf(fed: readonly StreamEvent[], events: Machine<Frame, StreamEvent>): StreamEnd {
  const late = events.end()
  const error = fed.find(event => event.type === 'error')
  const failure = (error ?? late.find(event => event.type === 'error'))?.error
  const whole = [...fed, ...late].find(event => event.type === 'response-end')
  const usage = whole?.usage ?? (error ?? late.find(event => event.type === 'error'))?.usage
  return {
    errorSent: error !== undefined,
    whole: whole !== undefined,
    ...(usage ? { usage } : {}),
    ...(failure ? { failure } : {}),
  }
}
