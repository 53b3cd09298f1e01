/** How long targets take to their first payload, as far as they were asked lately. */
export interface Latencies {
  record(target: string, ms: number): void
  /** Undefined: not asked lately, so it is unknown. */
  expected(target: string): number | undefined
}

/** Weight of the newest measurement. */
const NEWEST = 0.3
/** What is older is asked anew: a slow hour passes. */
const STALE_MS = 60_000

/** Targets can be named by clients: what is kept of each must stay bounded. */
const MAX_TARGETS = 4_096

export function createLatencies(now: () => number): Latencies {
  const known = new Map<string, { ms: number; atMs: number }>()
  return {
    record(target, ms) {
      const before = known.get(target)?.ms ?? ms
      if (known.size >= MAX_TARGETS && !known.has(target)) known.clear()
      known.set(target, { ms: before + NEWEST * (ms - before), atMs: now() })
    },
    expected(target) {
      const measured = known.get(target)
      return measured && now() - measured.atMs < STALE_MS ? measured.ms : undefined
    },
  }
}
