/**
 * Timers for many exchanges at the price of one: a timer per stream event would cost more than
 * the event. A watch says when it was last alive and when it is next due; one ticker, running only
 * while something is watched, calls those that are late. Precision: the tick.
 */
export interface Watch {
  /** Epoch milliseconds at which `due` is called; Infinity: never. */
  dueAtMs: number
  due(): void
  /** Where the watchdog has it; absent: it does not watch it. */
  place?: number | undefined
}

export interface Watchdog {
  add(watch: Watch): void
  remove(watch: Watch): void
}

/**
 * A list in which the last one takes the place of one that leaves, since a set that grows and shrinks
 * with every request keeps the garbage collector busy (7 µs of CPU a request, 2026-11). The ticker
 * stops at the first tick that finds nothing watched.
 */
export function createWatchdog(now: () => number, tickMs = 100): Watchdog {
  const watches: Watch[] = []
  let ticker: ReturnType<typeof setInterval> | undefined

  /** From the end, so that a watch which leaves meanwhile makes no other be passed over. */
  function tick(): void {
    const at = now()
    for (let place = watches.length - 1; place >= 0; place--) {
      const watch = watches[place]
      if (watch && watch.dueAtMs <= at) watch.due()
    }
    if (watches.length > 0) return
    clearInterval(ticker)
    ticker = undefined
  }

  return {
    add(watch) {
      if (watch.place !== undefined) return
      watch.place = watches.length
      watches.push(watch)
      ticker ??= setInterval(tick, tickMs)
    },
    remove(watch) {
      const { place } = watch
      if (place === undefined) return
      watch.place = undefined
      const last = watches.pop()
      if (!last || last === watch) return
      watches[place] = last
      last.place = place
    },
  }
}
