import { setImmediate as nextTurn } from 'node:timers/promises'

/** Work that no client waits for, one piece a turn of the loop, so that requests go on between them. */
export interface Background {
  /** Resolves when it is done; undefined: too much waits already. */
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
      const done = last
        .then(() => nextTurn())
        .then(work)
        .finally(() => waiting--)
      // A piece that fails must not keep the next ones from their turn.
      last = done.catch(() => {})
      return done
    },
    settled: () => last,
  }
}
