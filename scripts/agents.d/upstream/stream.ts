/** How a scripted reply goes out as an event stream. */
import type { Json } from './json.ts'

/** Text as a model's deltas: a few characters each, never half a surrogate pair. */
export const pieces = (text: string): string[] => text.match(/[\s\S]{1,9}/gu) ?? []

export const data = (body: Json): string => `data: ${JSON.stringify(body)}\n\n`
export const named = (type: string, body: Json): string =>
  `event: ${type}\n${data({ type, ...body })}`

/** Sends the text in slices that respect neither frames nor characters, as networks do. */
export function sse(text: string): Response {
  const bytes = new TextEncoder().encode(text)
  const slice = 211
  let at = 0
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      if (at >= bytes.length) return controller.close()
      controller.enqueue(bytes.subarray(at, at + slice))
      at += slice
      await Bun.sleep(0)
    },
  })
  return new Response(body, { headers: { 'content-type': 'text/event-stream; charset=utf-8' } })
}

/** The same reply, its first byte late; its headers, too, as from a service with a long queue. */
export function late(reply: Response, silentMs: number): Response {
  return reshaped(reply, async function* (pieces) {
    await Bun.sleep(silentMs)
    yield* pieces
  })
}

/** The first half of the reply; then the connection breaks. */
export function broken(reply: Response): Response {
  return reshaped(reply, async function* (pieces) {
    yield* firstHalf(await Array.fromAsync(pieces))
    await Bun.sleep(50)
    throw new Error('the scripted connection breaks here')
  })
}

/** The first half of the reply; then nothing more until the client goes away. */
export function held(reply: Response): Response {
  return reshaped(reply, async function* (pieces) {
    yield* firstHalf(await Array.fromAsync(pieces))
    await new Promise(() => {})
  })
}

const firstHalf = (pieces: Uint8Array[]): Uint8Array[] => {
  const half = pieces.slice(0, Math.ceil(pieces.length / 2))
  // At least one whole event, and the last one torn.
  return half.length > 0 ? half : pieces
}

function reshaped(
  { body, status, headers }: Response,
  reshape: (pieces: AsyncIterable<Uint8Array>) => AsyncGenerator<Uint8Array>,
): Response {
  return new Response(reshape(body ?? new Response('').body!) as unknown as BodyInit, {
    status,
    headers,
  })
}
