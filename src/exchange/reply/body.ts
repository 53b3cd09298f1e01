import { GatewayError } from '../../lib/errors.ts'
import { joined } from '../../lib/streams/byte-replace.ts'
import type { SseLimit } from '../../lib/streams/sse.ts'
import { targetName } from '../../routing/target-name.ts'
import type { Exchange } from '../context.ts'
import type { Attempt } from '../upstream/attempt.ts'
import { networkError } from '../upstream/network-error.ts'
import { waitFor } from './upstream-reader.ts'

/**
 * The chunks of a reply as they arrive, within `timeout.idle`, `timeout.total` and
 * `server.reply-limit`. Throws what a broken connection means, which a fault in decoding is not.
 */
export async function* replyChunks(
  exchange: Exchange,
  attempt: Attempt,
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const count = replyCounter(exchange, attempt)
  try {
    for await (const chunk of chunks) {
      count(chunk)
      waitFor(exchange, attempt, 'idle')
      attempt.scanSeals?.(chunk)
      yield chunk
    }
  } catch (error) {
    throw networkError(exchange, attempt, error)
  }
}

/** Counts the bytes of a reply that is held, as it came or translated. Throws beyond the limit. */
export function replyCounter(exchange: Exchange, attempt: Attempt): (chunk: Uint8Array) => void {
  const limit = limitOf(exchange)
  let length = 0
  return chunk => {
    length += chunk.length
    if (length > limit) throw tooLong(attempt, 'the reply', limit)
  }
}

/** A body whose header declares no more than this is read in one piece: it cannot take long. */
const MAX_AT_ONCE_BYTES = 1_000_000

/** The reply's body, read to its end. Throws as `received` does. */
export async function readReplyBody(
  exchange: Exchange,
  attempt: Attempt,
  reply: Response,
): Promise<Uint8Array<ArrayBuffer>> {
  if (isShort(reply, limitOf(exchange))) return bodyAtOnce(exchange, attempt, reply)
  const chunks: Uint8Array[] = []
  for await (const chunk of replyChunks(exchange, attempt, reply.body ?? [])) chunks.push(chunk)
  const [only] = chunks
  return only?.buffer instanceof ArrayBuffer && chunks.length === 1
    ? new Uint8Array(only.buffer, only.byteOffset, only.length)
    : joined(chunks)
}

/** A body that is unpacked on its way may be longer than its header declares. */
function isShort({ headers }: Response, limitBytes: number): boolean {
  const declared = headers.get('content-length')
  if (declared === null || headers.has('content-encoding')) return false
  return Number(declared) <= Math.min(MAX_AT_ONCE_BYTES, limitBytes)
}

async function bodyAtOnce(
  exchange: Exchange,
  attempt: Attempt,
  reply: Response,
): Promise<Uint8Array<ArrayBuffer>> {
  waitFor(exchange, attempt, 'idle')
  try {
    const bytes = await reply.bytes()
    attempt.scanSeals?.(bytes)
    return bytes
  } catch (error) {
    throw networkError(exchange, attempt, error)
  }
}

/** As much of a body as is asked for; the rest is not read. Throws what reading throws. */
export async function beginningBytes(
  reply: Response,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of reply.body ?? []) {
    chunks.push(chunk)
    length += chunk.length
    if (length >= maxBytes) break
  }
  return joined(chunks).slice(0, maxBytes)
}

/** How long one event of a stream may be: what is decoded, or kept for the accounts, is held whole. */
export function eventLimit(exchange: Exchange, attempt: Attempt): SseLimit {
  const characters = limitOf(exchange)
  return { characters, error: () => tooLong(attempt, 'one event of the stream', characters) }
}

function limitOf({ gateway }: Exchange): number {
  return gateway.table.server.replyLimitBytes
}

function tooLong({ target }: Attempt, what: string, limitBytes: number): GatewayError {
  return new GatewayError(
    'upstream-failed',
    `${targetName(target)}: ${what} is longer than ${limitBytes} bytes; raise server.reply-limit in routes.yaml if it has to be`,
    { ownLimit: true },
  )
}
