import type { Usage } from '../../conversation/index.ts'
import type { Offer } from '../../providers/pricing/prices.ts'
import type { UsageRow } from '../../store/usage.ts'

/** What an attempt took, or an exchange. */
export type Bill = {
  usage: Usage
  /** The upstream did not report all of it. */
  estimated: boolean
  /** In USD; undefined: the key has no budget in money, or the price is unknown. */
  usd: number | undefined
}

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
  /** How many parts of the request or of the reply the other protocol has no word for. */
  losses: number
  /** Whose price it has; absent: nothing was paid for. */
  offer?: Offer | undefined
  /** From the client's request to the end. */
  ms: number
}

export type Tally = Pick<
  UsageRow,
  'requests' | 'failures' | 'fresh' | 'cacheRead' | 'cacheWrite' | 'output' | 'losses'
>

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

/** All tokens of a request and its reply, cached ones too. */
export function tokensOf({ fresh = 0, cacheRead = 0, cacheWrite = 0, output = 0 }: Usage): number {
  return fresh + cacheRead + cacheWrite + output
}
