import { setImmediate as nextTurn } from 'node:timers/promises'

/** Work that no client waits for, one piece a turn of the loop: many at once hold up nobody. */
export interface Background {
  /** Resolves when it is done; undefined: too much waits already. `work` must not throw. */
  run(work: () => Promise<void>): Promise<void> | undefined
  /** Resolves when everything given so far is done. */
  settled(): Promise<void>
}

const MAX_WAITING = 100

export function createBackground(): Background {
  let waiting = 0
  let last: Promise<void> = Promise.resolve()
  return {
    run(work) {
      if (waiting >= MAX_WAITING) return undefined
      waiting++
      last = last
        .then(() => nextTurn())
        .then(work)
        .finally(() => waiting--)
      return last
    },
    settled: () => last,
  }
}
