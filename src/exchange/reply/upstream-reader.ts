import type { Exchange } from '../request.ts'
import { type Attempt, networkError, waitAtLeast, waitFor } from '../upstream/attempt.ts'

export type Chunk = { done: boolean; value?: Uint8Array | undefined }
export const IDLE = 'idle'

/**
 * Reads the upstream's body chunk by chunk, keeping the attempt's idle timer; between chunks it
 * gives `IDLE` whenever the client should hear a keep-alive, and once when the beginning has been
 * held for as long as `limitHold` allows.
 */
export function createUpstreamReader(
  exchange: Exchange,
  attempt: Attempt,
  body: ReadableStream<Uint8Array>,
) {
  const reader = body.getReader()
  const { services, table } = exchange.gateway
  const keepAliveMs = table.policy.keepaliveMs
  let pending: Promise<Chunk> | undefined
  let wake: ((chunk: Chunk | typeof IDLE) => void) | undefined
  let committed = false
  let heldLong = false
  /** The read under way needs no idle timer started: one runs, or the chunk is there. */
  let timed = false
  /** The timer that ran when a beginning was released that had no payload. */
  let before: Pick<Attempt['watch'], 'dueAtMs' | 'stage'> | undefined

  const silence = {
    dueAtMs: Infinity,
    due() {
      if (!committed) heldLong = true
      silence.dueAtMs = committed ? services.now() + keepAliveMs : Infinity
      wake?.(IDLE)
    },
  }

  /** A read that fails is the network's fault; whatever else fails in a stream is not. */
  async function read(): Promise<Chunk> {
    timed = false
    try {
      const chunk = await reader.read()
      timed = true
      if (chunk.value) attempt.scanSeals?.(chunk.value)
      if (committed) onChunk()
      return chunk
    } catch (error) {
      throw networkError(exchange, attempt, error)
    }
  }

  function onChunk(): void {
    const now = services.now()
    waitFor(exchange, attempt, 'client')
    if (committed && keepAliveMs > 0) silence.dueAtMs = now + keepAliveMs
  }

  /** Release shortens no wait: a model that was still held could be silent until its first-byte timeout. */
  function waitForUpstream(): void {
    timed = true
    waitFor(exchange, attempt, 'idle')
    if (before) waitAtLeast(attempt, before)
  }

  return {
    /** Has `heldLong` become true after this time, unless keep-alives are off: nothing is gained then. */
    limitHold(ms: number): void {
      if (keepAliveMs <= 0) return
      silence.dueAtMs = services.now() + ms
      services.watchdog.add(silence)
    },
    heldLong: (): boolean => heldLong,
    /** From here on a silent upstream is covered by keep-alives. */
    commit(): void {
      committed = true
      if (heldLong) before = { dueAtMs: attempt.watch.dueAtMs, stage: attempt.watch.stage }
      if (keepAliveMs > 0) {
        silence.dueAtMs = services.now() + keepAliveMs
        services.watchdog.add(silence)
      }
      onChunk()
    },
    /** The upstream is at work, though not heard by the client yet: it may pause as long as later. */
    begun(): void {
      const idleAtMs = services.now() + attempt.target.timeouts.idleMs
      if (idleAtMs > attempt.watch.dueAtMs) waitFor(exchange, attempt, 'idle')
    },
    async next(): Promise<Chunk | typeof IDLE> {
      const reading = pending ?? read()
      if (committed && !timed) waitForUpstream()
      const interruptible = silence.dueAtMs !== Infinity || pending !== undefined
      if (!interruptible) return reading
      pending = reading
      const result = await new Promise<Chunk | typeof IDLE>((resolve, reject) => {
        wake = resolve
        reading.then(resolve, reject)
      })
      wake = undefined
      if (result !== IDLE) pending = undefined
      return result
    },
    /** Lets go of the upstream, whatever state it is in. */
    close(): void {
      services.watchdog.remove(silence)
      pending?.catch(() => {})
      attempt.abort.abort()
      reader.cancel().catch(() => {})
    },
  }
}

export type UpstreamReader = ReturnType<typeof createUpstreamReader>
