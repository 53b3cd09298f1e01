/** Lets only so many pieces of work run at once; the others wait in the order in which they came. */
type Gate = <Result>(work: () => Promise<Result>) => Promise<Result>

export function createGate(places: number): Gate {
  let free = places
  const waiting: (() => void)[] = []

  async function entered(): Promise<void> {
    if (free > 0) free--
    else await new Promise<void>(resolve => waiting.push(resolve))
  }

  /** A place that becomes free goes to the longest waiting work, ahead of later calls. */
  function left(): void {
    const next = waiting.shift()
    if (next) next()
    else free++
  }

  return async work => {
    await entered()
    try {
      return await work()
    } finally {
      left()
    }
  }
}
