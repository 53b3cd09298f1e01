/** An event stream that is fed piece by piece; `cut` breaks it off as a lost connection does. */
export function fed() {
  const encoder = new TextEncoder()
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined
  let over = false
  const body = new ReadableStream<Uint8Array>({
    start(given) {
      controller = given
    },
    cancel() {
      over = true
    },
  })
  return {
    reply: new Response(body, { headers: { 'content-type': 'text/event-stream' } }),
    say: (pieces: readonly string[]) => {
      for (const piece of pieces) controller?.enqueue(encoder.encode(piece))
    },
    /** No more comes; that may be known already, since a reader need not read to the end. */
    end: () => {
      if (!over) controller?.close()
      over = true
    },
    cut: () => {
      over = true
      controller?.error(Object.assign(new Error('closed'), { code: 'ECONNRESET' }))
    },
  }
}

export const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))
export const turns = async (): Promise<void> => {
  for (let n = 0; n < 20; n++) await turn()
}
