import type { StreamEvent, Usage } from '../conversation/index.ts'
import type { GatewayError } from '../lib/errors.ts'
import { decodeSse } from '../lib/sse.ts'
import type { Attempt } from './attempt.ts'

/** Enough of a stream's end to hold its last usage and its terminal event. */
const TAIL_BYTES = 8_192

/** How a passed stream ended. `told`: the upstream itself said the failure, so the client has it. */
export type StreamEnd = { usage?: Usage; failure?: GatewayError; told: boolean }

/** Keeps the last bytes of a stream, by reference, and decodes them once it is over. */
export function createTail(attempt: Attempt) {
  let chunks: Uint8Array[] = []
  let bytes = 0
  let cut = false
  let end: StreamEnd | undefined
  return {
    add(chunk: Uint8Array): void {
      chunks.push(chunk)
      bytes += chunk.length
      // Cut rarely and in bulk: doing it for every chunk would cost more than the chunk.
      if (bytes < 2 * TAIL_BYTES) return
      let first = 0
      while (bytes - (chunks[first]?.length ?? bytes) >= TAIL_BYTES)
        bytes -= chunks[first++]?.length ?? 0
      if (first === 0) return
      chunks = chunks.slice(first)
      cut = true
    },
    read(): StreamEnd {
      end ??= decodeEnd(attempt, chunks, cut)
      return end
    },
  }
}

function decodeEnd(attempt: Attempt, chunks: readonly Uint8Array[], cut: boolean): StreamEnd {
  const frames = decodeSse()
  const events = attempt.codec.decodeStream(attempt.target.provider.id)
  const all = chunks.flatMap(chunk => frames.feed(chunk))
  all.push(...frames.end())
  // Where the tail was cut the first message is a fragment.
  const told: StreamEvent[] = (cut ? all.slice(1) : all).flatMap(frame => events.feed(frame))
  const error = told.find(event => event.type === 'error')
  const closed = events.end()
  const late = closed.find(event => event.type === 'error')
  const usage = [...told, ...closed].find(event => event.type === 'response-end')?.usage
  return {
    told: error !== undefined,
    ...(usage ? { usage } : {}),
    ...(error || late ? { failure: (error ?? late)!.error } : {}),
  }
}
