/**
 * Timers for many exchanges at the price of one: a timer per stream event would cost more than
 * the event. A watch says when it was last alive and when it is next due; one ticker, running only
 * while something is watched, calls those that are late. Precision: the tick.
 */
export interface Watch {
  /** Epoch milliseconds at which `due` is called; Infinity: never. */
  dueAtMs: number
  due(): void
}

export interface Watchdog {
  add(watch: Watch): void
  remove(watch: Watch): void
}

export function createWatchdog(now: () => number, tickMs = 100): Watchdog {
  const watches = new Set<Watch>()
  let ticker: ReturnType<typeof setInterval> | undefined

  function tick(): void {
    const at = now()
    for (const watch of watches) if (watch.dueAtMs <= at) watch.due()
  }

  return {
    add(watch) {
      watches.add(watch)
      ticker ??= setInterval(tick, tickMs)
    },
    remove(watch) {
      watches.delete(watch)
      if (watches.size === 0 && ticker) {
        clearInterval(ticker)
        ticker = undefined
      }
    },
  }
}
