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
