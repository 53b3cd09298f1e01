import type { Usage } from '../../conversation/index.ts'
import type { Offer } from '../../providers/pricing/prices.ts'
import type { UsageWriter } from './writer.ts'

/** One settled attempt, as counted. Token counts absent upstream stay absent. */
export type Entry = {
  atMs: number
  caller: string
  asked: string
  provider: string
  model: string
  /** `cancelled`: the client went away before the end. */
  outcome: 'served' | 'cancelled' | 'failed'
  status: number
  usage: Usage
  /** The upstream did not report all of the usage. */
  estimated: boolean
  /** How many things the client said could not be said upstream, or back. */
  losses: number
  /** Whose price it has; absent: nothing was paid for. */
  offer?: Offer
  /** From the client's request to the end. */
  ms: number
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

export type LedgerSettings = { enabled: boolean; keepMs: number }

/** Counts what each caller spent where: since the process began, and on disk for longer. */
export interface Ledger {
  record(entry: Entry): void
  tallies(): ReadonlyMap<string, Tally>
  /** Whether the disk is written, and how long that is kept. */
  follow(settings: LedgerSettings): void
  /** Everything recorded so far is written, as far as that is possible. Never rejects. */
  flush(): Promise<void>
}

/** Under globs names are the clients' to choose, so what is kept of them must stay bounded. */
const MOST_TALLIES = 10_000

export function createLedger(writer: UsageWriter): Ledger {
  const tallies = new Map<string, Tally>()
  let enabled = false

  function tallyOf({ caller, provider, model }: Entry): Tally {
    const key = `${caller}\t${provider}\t${model}`
    const known = tallies.get(key)
    if (known) return known
    if (tallies.size >= MOST_TALLIES) tallies.clear()
    const tally = {
      requests: 0,
      failures: 0,
      fresh: 0,
      cacheRead: 0,
      cacheWrite: 0,
      output: 0,
      losses: 0,
    }
    tallies.set(key, tally)
    return tally
  }

  return {
    record(entry) {
      const tally = tallyOf(entry)
      tally.requests++
      if (entry.outcome === 'failed') tally.failures++
      tally.fresh += entry.usage.fresh ?? 0
      tally.cacheRead += entry.usage.cacheRead ?? 0
      tally.cacheWrite += entry.usage.cacheWrite ?? 0
      tally.output += entry.usage.output ?? 0
      tally.losses += entry.losses
      if (enabled) writer.add(entry)
    },
    tallies: () => tallies,
    follow(settings) {
      enabled = settings.enabled
      writer.keep(settings.keepMs)
    },
    flush: () => writer.flush(),
  }
}
