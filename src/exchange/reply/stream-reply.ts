import { asGatewayError, type GatewayError } from '../../lib/errors.ts'
import { whenUnread } from '../../lib/unread.ts'
import { settle, settleCut } from '../accounting/settle.ts'
import type { Exchange } from '../context.ts'
import type { Attempt } from '../upstream/attempt.ts'
import { clientGone } from '../upstream/network-error.ts'
import type { Answer } from './answer.ts'
import { errorAfter } from './keep-alive.ts'
import { IDLE, type UpstreamReader } from './upstream-reader.ts'

/** A part of a stream on its way down, written as one; empty: nothing is written. */
export type Piece = Uint8Array | string

/** What becomes of an upstream's stream on its way down. Synchronous: `streamReply` does the waiting. */
export interface StreamTransform {
  /** What was held back until there was a payload. */
  begin(): Piece
  feed(chunk: Uint8Array): Piece
  /** The client has the last event: what the upstream may still send is not read. */
  readonly isOver: boolean
  /** What is left, and what closes the stream, after the upstream's last chunk. */
  end(): Piece
  /** The error that the upstream sent inside its stream; known after `end`. */
  failure(): GatewayError | undefined
  /** For a client that waits. */
  keepAlive(): string
  /** The end of a stream that broke; empty: no client reads it. Throws where the connection can only be cut. */
  cut(error: GatewayError): string
  /** The error once more, as `afterError` of a framing is. */
  afterError(error: GatewayError): string
  /** Completes the attempt's tally of what was received. */
  tally(): void
}

/**
 * The body of a stream, and what accounts for it where the client leaves before it is read. The one
 * place where a chunk, a keep-alive, an error, a timeout and a client that leaves meet; it ends the
 * attempt, once. From here on the client is waited for as well as the upstream. `done`: the upstream
 * has sent all of it already.
 */
export function streamReply(
  exchange: Exchange,
  attempt: Attempt,
  upstream: UpstreamReader,
  transform: StreamTransform,
  done = false,
): Pick<Answer, 'body' | 'unread'> {
  let over = false
  function end(failure: GatewayError | undefined): void {
    if (over) return
    over = true
    upstream.close()
    transform.tally()
    if (failure) settleCut(exchange, attempt, failure)
    else settle(exchange, attempt, 200)
  }
  const unread = (): void => end(clientGone())
  const begins = whenUnread(exchange.signal, unread)

  async function* body(): AsyncGenerator<Piece> {
    if (!begins()) return
    let failure: GatewayError | undefined
    let complete = false
    try {
      let piece = transform.begin()
      if (piece.length > 0) yield piece
      while (!done && !transform.isOver) {
        const chunk = await upstream.next()
        if (chunk === IDLE) {
          piece = transform.keepAlive()
        } else {
          done = chunk.done
          piece = chunk.value ? transform.feed(chunk.value) : ''
        }
        if (piece.length > 0) yield piece
      }
      piece = transform.end()
      if (piece.length > 0) yield piece
      failure = transform.failure()
      if (failure) yield* errorAfter(transform.afterError(failure))
      complete = true
    } catch (error) {
      failure = asGatewayError(error)
      const text = transform.cut(failure)
      if (text !== '') {
        yield text
        yield* errorAfter(transform.afterError(failure))
      }
    } finally {
      end(failure ?? (complete ? undefined : clientGone()))
    }
  }
  if (!over) upstream.commit()
  return { body: body(), unread }
}
