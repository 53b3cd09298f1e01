import { type Attempt, networkError } from './attempt.ts'
import type { Exchange } from './exchange.ts'

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
  const { idleMs } = attempt.target.timeouts
  const total = exchange.totalDueAtMs(attempt.target)
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

  /** Who is waited for: a client that does not read its stream says nothing about the upstream. */
  function waitFor(stage: 'idle' | 'client'): void {
    if (attempt.watch.fired) return
    const idleAtMs = services.now() + idleMs
    attempt.watch.dueAtMs = Math.min(idleAtMs, total)
    attempt.watch.stage = total < idleAtMs ? 'total' : stage
  }

  function heard(): void {
    const now = services.now()
    waitFor('client')
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
      const idleAtMs = Math.min(services.now() + idleMs, total)
      if (idleAtMs <= attempt.watch.dueAtMs) return
      attempt.watch.dueAtMs = idleAtMs
      attempt.watch.stage = 'idle'
    },
    async next(): Promise<Chunk | typeof SILENT> {
      if (committed && !pending) waitFor('idle')
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
