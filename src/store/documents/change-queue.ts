/**
 * The keys that `subscribe` reports from now on, each once however often it is reported before it is
 * taken. Ends, and unsubscribes, with the signal or when the reader stops.
 */
export function changeQueue(
  signal: AbortSignal,
  subscribe: (report: (key: string) => void) => () => void,
): AsyncIterable<string> {
  const pending = new Set<string>()
  let wake = (): void => {}
  const unsubscribe = subscribe(key => {
    pending.add(key)
    wake()
  })
  const end = (): void => {
    unsubscribe()
    wake()
  }
  if (signal.aborted) end()
  else signal.addEventListener('abort', end, { once: true })

  async function* keys(): AsyncGenerator<string> {
    try {
      while (!signal.aborted) {
        const [key] = pending
        if (key === undefined) await new Promise<void>(resolve => (wake = resolve))
        else {
          pending.delete(key)
          yield key
        }
      }
    } finally {
      signal.removeEventListener('abort', end)
      unsubscribe()
    }
  }
  return keys()
}
