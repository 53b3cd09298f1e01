import type { Usage } from '../conversation/index.ts'

/** How many tokens a caller's requests have for their bytes, as upstreams counted the last ones. */
export interface Densities {
  learn(caller: string, bytes: number, usage: Usage): void
  /** Tokens per byte; undefined: nothing of this caller was counted yet. */
  of(caller: string): number | undefined
}

/** Where nothing was counted yet. */
export const TOKENS_PER_BYTE = 1 / 4
/** By what factor a guess may be wrong, without and with a density. */
export const GUESS_OFF = 2
export const DENSITY_OFF = 1.1

/** Weight of the newest measurement. */
const NEWEST = 0.3
/** Framing weighs too much in small requests. */
const FEWEST_BYTES = 20_000
const MOST_CALLERS = 10_000

export function createDensities(): Densities {
  const known = new Map<string, number>()
  return {
    learn(caller, bytes, { fresh, cacheRead = 0, cacheWrite = 0 }) {
      if (fresh === undefined || bytes < FEWEST_BYTES) return
      const density = (fresh + cacheRead + cacheWrite) / bytes
      const before = known.get(caller) ?? density
      if (known.size >= MOST_CALLERS) known.clear()
      known.set(caller, before + NEWEST * (density - before))
    },
    of: caller => known.get(caller),
  }
}
