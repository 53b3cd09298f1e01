import type { Usage } from '../conversation/index.ts'

/** How many tokens a caller's requests have for their bytes, as upstreams counted the last ones. */
export interface Densities {
  learn(caller: string, bytes: number, usage: Usage): void
  /** How many tokens so many bytes are, and by what factor that may be wrong. */
  guess(caller: string, bytes: number): { tokens: number; off: number }
}

/** Where nothing of a caller was counted yet. */
const TOKENS_PER_BYTE = 1 / 4
/** By what factor a guess may be wrong, without and with a density. */
const GUESS_OFF = 2
const DENSITY_OFF = 1.1

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
    guess(caller, bytes) {
      const density = known.get(caller)
      return {
        tokens: Math.ceil(bytes * (density ?? TOKENS_PER_BYTE)),
        off: density === undefined ? GUESS_OFF : DENSITY_OFF,
      }
    },
  }
}
