import type { Exchange } from '../context.ts'
import type { Attempt } from '../upstream/attempt.ts'
import { type Timed, waitAtLeast, withinTotal } from '../upstream/attempt-timer.ts'
import { networkError } from '../upstream/network-error.ts'
import type { Watch } from '../upstream/timers.ts'

export type Chunk = { done: boolean; value?: Uint8Array | undefined }
export const IDLE = 'idle'

export function createUpstreamReader(
  exchange: Exchange,
  attempt: Attempt,
  body: ReadableStream<Uint8Array>,
): UpstreamReader {
  return new UpstreamReader(exchange, attempt, body.getReader())
}

/**
 * Reads the upstream's body chunk by chunk, keeping the attempt's idle timer; between chunks it
 * gives `IDLE` whenever the client is due a keep-alive, and once when the beginning has been
 * held for as long as `limitHold` allows. One promise a chunk beside the stream's own: a read that
 * `IDLE` overtook goes on, and its chunk is given by a later call.
 */
export class UpstreamReader implements Watch {
  /** When the client is due a keep-alive, or a beginning has been held for too long. */
  dueAtMs = Number.POSITIVE_INFINITY
  place: number | undefined
  readonly #exchange: Exchange
  readonly #attempt: Attempt
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>
  readonly #keepAliveMs: number
  #committed = false
  #heldLong = false
  #reading = false
  /** The read under way needs no idle timer started: one runs, or the chunk is there. */
  #timed = false
  /** What a read gave while nothing waited for it. */
  #arrived: Chunk | undefined
  #failure: { error: unknown } | undefined
  #resolve: ((chunk: Chunk | typeof IDLE) => void) | undefined
  #reject: ((error: unknown) => void) | undefined
  /** The timer that ran when a beginning was released that had no payload. */
  #before: Pick<Attempt['watch'], 'dueAtMs' | 'stage'> | undefined

  constructor(
    exchange: Exchange,
    attempt: Attempt,
    reader: ReadableStreamDefaultReader<Uint8Array>,
  ) {
    this.#exchange = exchange
    this.#attempt = attempt
    this.#reader = reader
    this.#keepAliveMs = exchange.gateway.table.policy.keepaliveMs
  }

  /** Has `heldLong` become true after this time, unless keep-alives are off: nothing is gained then. */
  limitHold(ms: number): void {
    if (this.#keepAliveMs <= 0) return
    this.dueAtMs = this.#now() + ms
    this.#exchange.gateway.services.watchdog.add(this)
  }

  get heldLong(): boolean {
    return this.#heldLong
  }

  /** From here on a silent upstream is covered by keep-alives. */
  commit(): void {
    const { watch } = this.#attempt
    this.#committed = true
    if (this.#heldLong) this.#before = { dueAtMs: watch.dueAtMs, stage: watch.stage }
    if (this.#keepAliveMs > 0) this.#exchange.gateway.services.watchdog.add(this)
    this.#waitForClient()
  }

  /** The upstream is at work, though the client has nothing of it yet: it may pause as long as later. */
  begun(): void {
    const nowMs = this.#exchange.gateway.services.now()
    const idleAtMs = nowMs + this.#attempt.target.timeouts.idleMs
    if (idleAtMs > this.#attempt.watch.dueAtMs) waitFor(this.#exchange, this.#attempt, 'idle')
  }

  /** The next chunk, or `IDLE`. Rejects with what a broken connection or a timeout means. */
  next(): Promise<Chunk | typeof IDLE> {
    const arrived = this.#arrived
    if (arrived) {
      this.#arrived = undefined
      return Promise.resolve(arrived)
    }
    if (this.#failure) return Promise.reject(this.#failure.error)
    if (!this.#reading) this.#read()
    if (this.#committed && !this.#timed) this.#waitForUpstream()
    return new Promise(this.#await)
  }

  /** Called by the watchdog. */
  due(): void {
    if (!this.#committed) this.#heldLong = true
    this.dueAtMs = this.#committed ? this.#now() + this.#keepAliveMs : Number.POSITIVE_INFINITY
    this.#take()?.(IDLE)
  }

  /** Lets go of the upstream, whatever state it is in. */
  close(): void {
    this.#exchange.gateway.services.watchdog.remove(this)
    this.#attempt.abort.abort()
    this.#reader.cancel().catch(() => {})
  }

  #now(): number {
    return this.#exchange.gateway.services.now()
  }

  readonly #await = (
    resolve: (chunk: Chunk | typeof IDLE) => void,
    reject: (error: unknown) => void,
  ): void => {
    this.#resolve = resolve
    this.#reject = reject
  }

  /** What waits for the next chunk, which is given one thing. */
  #take(): ((chunk: Chunk | typeof IDLE) => void) | undefined {
    const resolve = this.#resolve
    this.#resolve = undefined
    return resolve
  }

  #read(): void {
    this.#reading = true
    this.#timed = false
    this.#reader.read().then(this.#onChunk, this.#onError)
  }

  readonly #onChunk = (chunk: Chunk): void => {
    try {
      if (chunk.value) this.#attempt.scanSeals?.(chunk.value)
    } catch (error) {
      this.#onError(error)
      return
    }
    this.#reading = false
    this.#timed = true
    if (this.#committed) this.#waitForClient()
    const resolve = this.#take()
    if (resolve) resolve(chunk)
    else this.#arrived = chunk
  }

  /** A read that fails is the network's fault; whatever else fails in a stream is not. */
  readonly #onError = (thrown: unknown): void => {
    const error = networkError(this.#exchange, this.#attempt, thrown)
    this.#reading = false
    this.#failure = { error }
    if (this.#take()) this.#reject?.(error)
  }

  #waitForClient(): void {
    const nowMs = waitFor(this.#exchange, this.#attempt, 'client')
    if (this.#keepAliveMs > 0) this.dueAtMs = nowMs + this.#keepAliveMs
  }

  /** Release shortens no wait: a model that was still held could be silent until its first-byte timeout. */
  #waitForUpstream(): void {
    this.#timed = true
    waitFor(this.#exchange, this.#attempt, 'idle')
    if (this.#before) waitAtLeast(this.#attempt, this.#before)
  }
}

/** The next event is due: from the upstream, or from a client that does not read its stream. Gives the time. */
export function waitFor(
  exchange: Exchange,
  { target, watch }: Timed,
  stage: 'idle' | 'client',
): number {
  const nowMs = exchange.gateway.services.now()
  if (watch.fired) return nowMs
  watch.dueAtMs = nowMs + target.timeouts.idleMs
  watch.stage = stage
  if (target.timeouts.totalMs > 0) withinTotal(exchange, target, watch)
  return nowMs
}
