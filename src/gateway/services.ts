import type { Affinity } from '../credentials/affinity.ts'
import type { Pool } from '../credentials/pool.ts'
import type { Quotas } from '../credentials/quotas.ts'
import type { Tokens } from '../credentials/tokens.ts'
import type { Turns } from '../lib/smooth-choice.ts'
import type { Prices } from '../providers/prices.ts'
import type { Kept } from '../store/kept.ts'
import type { AskedNames } from './asked.ts'
import type { Background } from './background.ts'
import type { Densities } from './density.ts'
import type { Latencies } from './latency.ts'
import type { Learned } from './learned.ts'
import type { Ledger } from './ledger.ts'
import type { Log } from './log.ts'
import type { ModelLists } from './model-lists.ts'
import type { Probe } from './probe.ts'
import type { Proxies } from './proxies.ts'
import type { Recent } from './recent.ts'
import type { Recorder } from './recording/recorder.ts'
import type { SealIssuers } from './seal-issuers.ts'
import type { WaitingRoom } from './waiting-room.ts'
import type { Watchdog } from './watchdog.ts'

/** What is impure or outlives one snapshot of routes.yaml; made once, in `main.ts`. */
export type Services = {
  now(): number
  random(): number
  probe: Probe
  proxies: Proxies
  fetch: typeof globalThis.fetch
  env: Record<string, string | undefined>
  readFile(path: string): string
  pool: Pool
  affinity: Affinity
  quotas: Quotas
  tokens: Tokens
  kept: Kept
  asked: AskedNames
  latencies: Latencies
  learned: Learned
  sealIssuers: SealIssuers
  densities: Densities
  prices: Prices
  recent: Recent
  recorder: Recorder
  waitingRoom: WaitingRoom
  lists: ModelLists
  ledger: Ledger
  background: Background
  log: Log
  watchdog: Watchdog
  /** The peer's IP address, when the listener knows it. */
  peerOf(request: Request): string | undefined
  /** `jackfield/1.2.3`: how we name ourselves upstream. */
  userAgent: string
  /** Strategy state of pools, kept across reloads by step id. */
  turns: Map<string, Turns>
}
