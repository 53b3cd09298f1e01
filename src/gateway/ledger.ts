import type { Usage } from '../conversation/index.ts'

/** One settled exchange, as counted. Token counts absent upstream stay absent. */
export type Entry = {
  caller: string
  asked: string
  provider: string
  model: string
  status: number
  usage: Usage
  /** How many things the client said could not be said upstream, or back. */
  losses: number
}

export type Tally = {
  requests: number
  failures: number
  fresh: number
  cacheRead: number
  cacheWrite: number
  output: number
  losses: number
}

/** Counts what each caller spent where, since the process began. */
export interface Ledger {
  record(entry: Entry): void
  tallies(): ReadonlyMap<string, Tally>
}

export function createLedger(): Ledger {
  const tallies = new Map<string, Tally>()
  return {
    record(entry) {
      const key = `${entry.caller}\t${entry.provider}\t${entry.model}`
      let tally = tallies.get(key)
      if (!tally) {
        tally = {
          requests: 0,
          failures: 0,
          fresh: 0,
          cacheRead: 0,
          cacheWrite: 0,
          output: 0,
          losses: 0,
        }
        tallies.set(key, tally)
      }
      tally.requests++
      if (entry.status >= 400) tally.failures++
      tally.fresh += entry.usage.fresh ?? 0
      tally.cacheRead += entry.usage.cacheRead ?? 0
      tally.cacheWrite += entry.usage.cacheWrite ?? 0
      tally.output += entry.usage.output ?? 0
      tally.losses += entry.losses
    },
    tallies: () => tallies,
  }
}
