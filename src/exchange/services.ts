import type { Accounts } from '../credentials/accounts/accounts.ts'
import type { AffinityStore } from '../credentials/affinity.ts'
import type { Tokens } from '../credentials/google/access-token.ts'
import type { Pool } from '../credentials/pool.ts'
import type { Quotas } from '../credentials/quotas.ts'
import type { Log } from '../lib/log.ts'
import type { Turns } from '../lib/smooth-choice.ts'
import type { Prices } from '../providers/pricing/prices.ts'
import type { HttpTransport } from '../providers/transport.ts'
import type { ModelLists } from '../routing/discovered-models.ts'
import type { StateStore } from '../store/state.ts'
import type { Background } from './accounting/background.ts'
import type { Ledger } from './accounting/usage-entry.ts'
import type { RequestedNames } from './admission/requested-names.ts'
import type { Recent } from './events.ts'
import type { Latencies } from './failover/latency.ts'
import type { LearnedCapabilities } from './failover/learned-capabilities.ts'
import type { WaitingRoom } from './failover/queue.ts'
import type { TokenEstimator } from './failover/token-estimate.ts'
import type { SealIssuers } from './history/seal-issuers.ts'
import type { Recorder } from './recording.ts'
import type { Proxies } from './upstream/proxies.ts'
import type { Watchdog } from './upstream/timers.ts'

/** What serving a request reads and changes besides its snapshot. Outlives snapshots. */
export type ExchangeServices = {
  now(): number
  random(): number
  env: Record<string, string | undefined>
  transport: HttpTransport
  pool: Pool
  affinity: AffinityStore
  quotas: Quotas
  state: StateStore
  requestedNames: RequestedNames
  latencies: Latencies
  learned: LearnedCapabilities
  sealIssuers: SealIssuers
  tokenEstimator: TokenEstimator
  prices: Prices
  recorder: Recorder
  waitingRoom: WaitingRoom
  background: Background
  log: Log
  watchdog: Watchdog
  /** Strategy state of pools, kept across reloads by step id. */
  turns: Map<string, Turns>
}

/** All that is impure or outlives one snapshot of routes.yaml; made once, in `app/`. */
export type Services = ExchangeServices & {
  proxies: Proxies
  readFile(path: string): string
  tokens: Tokens
  accounts: Accounts
  recent: Recent
  lists: ModelLists
  ledger: Ledger
  /** The peer's IP address, when the listener knows it. */
  peerOf(request: Request): string | undefined
  /** `jackfield/1.2.3`: the name that upstreams get. */
  userAgent: string
}
