import { GatewayError } from '../../lib/errors.ts'
import { scanObject } from '../../lib/json/json-bytes.ts'
import { decodeSse, encodeSse } from '../../lib/streams/sse.ts'
import type { Envelope } from '../../providers/kind.ts'
import type { Transport, UpstreamRequest } from '../../providers/transport.ts'

/**
 * Sends requests in the envelope of a kind and gives replies without it. The JSON inside goes both
 * ways byte for byte: it is found by a scan and is never parsed here. A reply, or an event of a
 * stream, that is longer than `limitBytes` ends with `upstream-failed`.
 */
export function envelopedTransport(
  transport: Transport,
  envelope: Envelope,
  limitBytes = Number.POSITIVE_INFINITY,
): Transport {
  return {
    async send(request, signal) {
      if (!isEnveloped(request)) return transport.send(request, signal)
      const body = request.body && wrapped(request.body, request, envelope)
      const reply = await transport.send({ ...request, body }, signal)
      return reply.ok && reply.body
        ? withoutEnvelope(reply, reply.body, envelope, limitBytes)
        : reply
    },
  }
}

function isEnveloped({ action }: UpstreamRequest): boolean {
  return action !== 'relay' && action !== 'models'
}

function wrapped(
  body: Uint8Array<ArrayBuffer>,
  request: UpstreamRequest,
  { opening, closing }: Envelope,
): Uint8Array<ArrayBuffer> {
  return Buffer.concat([Buffer.from(opening(request)), body, Buffer.from(closing)])
}

function withoutEnvelope(
  { status, headers: sent }: Response,
  body: ReadableStream<Uint8Array>,
  { replyMember }: Envelope,
  limitBytes: number,
): Response {
  const headers = new Headers(sent)
  headers.delete('content-length')
  const isStream = headers.get('content-type')?.startsWith('text/event-stream') === true
  const opener = isStream
    ? createStreamOpener(replyMember, limitBytes)
    : createJsonOpener(replyMember, limitBytes)
  return new Response(opened(body, opener), { status, headers })
}

/** Bytes with envelopes to bytes without them. */
type Opener = {
  feed(chunk: Uint8Array): Uint8Array | undefined
  end(): Uint8Array | undefined
}

function createStreamOpener(member: string, limitBytes: number): Opener {
  const events = decodeSse({ characters: limitBytes, error: () => tooLong(limitBytes) })
  const written = (frames: readonly { event?: string; data: string }[]): Uint8Array | undefined =>
    frames.length === 0
      ? undefined
      : Buffer.from(
          frames
            .map(({ data, event }) =>
              encodeSse({ event, data: memberOf(Buffer.from(data), member).toString() }),
            )
            .join(''),
        )
  return { feed: chunk => written(events.feed(chunk)), end: () => written(events.end()) }
}

function createJsonOpener(member: string, limitBytes: number): Opener {
  const chunks: Uint8Array[] = []
  let length = 0
  return {
    feed(chunk) {
      length += chunk.length
      if (length > limitBytes) throw tooLong(limitBytes)
      chunks.push(chunk)
      return undefined
    },
    end: () => memberOf(Buffer.concat(chunks), member),
  }
}

function tooLong(limitBytes: number): GatewayError {
  return new GatewayError(
    'upstream-failed',
    `a reply, or an event of it, is longer than ${limitBytes} bytes; raise server.reply-limit in routes.yaml if it has to be`,
    { ownLimit: true },
  )
}

/** All of it where it has no such member: a count, an error. */
function memberOf(bytes: Buffer, member: string): Buffer {
  try {
    const found = scanObject(bytes).find(({ key }) => key === member)
    return found ? bytes.subarray(...found.value) : bytes
  } catch {
    // The decoder of the protocol reports the fault.
    return bytes
  }
}

function opened(body: ReadableStream<Uint8Array>, opener: Opener): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  return new ReadableStream({
    async pull(controller) {
      try {
        for (;;) {
          const { done, value } = await reader.read()
          const bytes = done ? opener.end() : opener.feed(value)
          if (bytes && bytes.length > 0) controller.enqueue(bytes)
          if (done) return controller.close()
          if (bytes && bytes.length > 0) return
        }
      } catch (error) {
        // What is left of a reply that is refused is not read: the upstream need not send it.
        reader.cancel(error).catch(() => {})
        throw error
      }
    },
    cancel: reason => reader.cancel(reason),
  })
}
