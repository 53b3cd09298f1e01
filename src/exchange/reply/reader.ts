import type { Exchange } from '../request.ts'
import { type Attempt, networkError, waitFor } from '../upstream/attempt.ts'

export type Chunk = { done: boolean; value?: Uint8Array | undefined }
export const SILENT = 'silent'

/**
 * Reads the upstream's body chunk by chunk, keeping the attempt's idle timer; between chunks it
 * says `silent` whenever the client should hear a keep-alive.
 */
export function createListener(
  exchange: Exchange,
  attempt: Attempt,
  body: ReadableStream<Uint8Array>,
) {
  const reader = body.getReader()
  const { services, table } = exchange.gateway
  const keepAliveMs = table.policy.keepaliveMs
  let pending: Promise<Chunk> | undefined
  let wake: ((heard: Chunk | typeof SILENT) => void) | undefined
  let silentSinceMs = 0
  let committed = false

  const silence = {
    dueAtMs: Infinity,
    due() {
      silentSinceMs = services.now()
      silence.dueAtMs = silentSinceMs + keepAliveMs
      wake?.(SILENT)
    },
  }

  /** A read that fails is the network's fault; whatever else fails in a stream is not. */
  async function read(): Promise<Chunk> {
    try {
      const chunk = await reader.read()
      if (chunk.value) attempt.scanSeals?.(chunk.value)
      if (committed) heard()
      return chunk
    } catch (error) {
      throw networkError(exchange, attempt, error)
    }
  }

  function heard(): void {
    const now = services.now()
    waitFor(exchange, attempt, 'client')
    if (committed && keepAliveMs > 0) silence.dueAtMs = now + keepAliveMs
  }

  return {
    /** From here on a silent upstream is covered by keep-alives. */
    commit(): void {
      committed = true
      if (keepAliveMs > 0) {
        silence.dueAtMs = services.now() + keepAliveMs
        services.watchdog.add(silence)
      }
      heard()
    },
    /** The upstream is at work, though not heard by the client yet: it may pause as long as later. */
    begun(): void {
      const idleAtMs = services.now() + attempt.target.timeouts.idleMs
      if (idleAtMs > attempt.watch.dueAtMs) waitFor(exchange, attempt, 'idle')
    },
    async next(): Promise<Chunk | typeof SILENT> {
      if (committed && !pending) waitFor(exchange, attempt, 'idle')
      if (!committed || keepAliveMs <= 0) {
        return read()
      }
      pending ??= read()
      const result = await new Promise<Chunk | typeof SILENT>((resolve, reject) => {
        wake = resolve
        pending?.then(resolve, reject)
      })
      wake = undefined
      if (result !== SILENT) {
        pending = undefined
      }
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

export type Listener = ReturnType<typeof createListener>
