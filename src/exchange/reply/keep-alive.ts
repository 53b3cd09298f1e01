import { asGatewayError, type GatewayError } from '../../lib/errors.ts'
import { whenUnread } from '../../lib/unread.ts'
import type { Asked } from '../../protocols/codec.ts'
import { settleEnd } from '../accounting/settle.ts'
import type { Exchange } from '../context.ts'
import { STREAM_HEADERS, stamp } from '../response-headers.ts'
import type { Answer } from './answer.ts'
import { createFraming, type Framing } from './framing.ts'
import { respond } from './respond.ts'

/**
 * Waits for the answer to a streaming request. If it takes longer than `policy.keepalive`, the
 * stream is opened with status 200 and kept warm; failover goes on behind it, and if everything
 * fails the error is an event.
 */
export async function withKeepAlive(
  exchange: Exchange,
  answering: Promise<Answer>,
): Promise<Response> {
  const everyMs = exchange.gateway.table.policy.keepaliveMs
  if (everyMs <= 0) return respond(exchange, await answering)
  const { now, watchdog } = exchange.gateway.services
  let wake = (): void => {}
  const beat = {
    dueAtMs: now() + everyMs,
    due() {
      beat.dueAtMs = now() + everyMs
      wake()
    },
  }
  watchdog.add(beat)
  const nextBeat = (): Promise<undefined> =>
    new Promise(resolve => {
      wake = () => resolve(undefined)
    })
  try {
    const first = await Promise.race([answering, nextBeat()])
    if (first) {
      watchdog.remove(beat)
      return respond(exchange, first)
    }
  } catch (error) {
    watchdog.remove(beat)
    throw error
  }
  const framing = createFraming(exchange)
  function leave(): void {
    watchdog.remove(beat)
    exchange.progress.current?.abort()
    answering.then(
      ({ unread }) => unread?.(),
      (thrown: unknown) => settleEnd(exchange, asGatewayError(thrown)),
    )
  }
  const begins = whenUnread(exchange.signal, leave)
  async function* body(): AsyncGenerator<Uint8Array | string> {
    if (!begins()) return
    try {
      yield framing.keepAlive()
      for (;;) {
        const answer = await Promise.race([answering, nextBeat()])
        if (answer) {
          watchdog.remove(beat)
          yield* pieces(answer)
          return
        }
        yield framing.keepAlive()
      }
    } catch (thrown) {
      const error = asGatewayError(thrown)
      settleEnd(exchange, error)
      yield errorEvent(exchange, error, framing)
      yield* errorAfter(framing.afterError(error))
    } finally {
      leave()
    }
  }
  const headers = new Headers({ ...STREAM_HEADERS, 'content-type': framing.contentType })
  stamp(headers, exchange)
  return respond(exchange, { status: 200, headers, body: body() })
}

async function* pieces({ body }: Answer): AsyncGenerator<Uint8Array | string> {
  if (typeof body === 'string' || body instanceof Uint8Array) yield body
  else yield* body
}

/**
 * One error in the client's protocol, as the end of a stream. `continues`: what of the stream the
 * client has already.
 */
export function errorEvent(
  exchange: Exchange,
  error: GatewayError,
  framing: Framing,
  continues?: Asked['continues'],
): string {
  const asked: Asked = {
    model: exchange.envelope.model,
    id: exchange.id,
    atMs: exchange.receivedAtMs,
    continues,
  }
  const frames = exchange.codec.encodeStream(asked).feed({ type: 'error', error })
  return framing.text(frames) + framing.end()
}

/**
 * What follows an error for clients that take no event for one; perhaps nothing. They parse what a
 * single read of the connection gives, so it is a write of its own.
 */
export async function* errorAfter(text: string): AsyncGenerator<string> {
  if (text === '') return
  await new Promise<void>(resolve => setImmediate(resolve))
  yield text
}
