import { createAccounts } from '../credentials/accounts/accounts.ts'
import { createAffinityStore } from '../credentials/affinity.ts'
import { createTokens } from '../credentials/google/access-token.ts'
import { createPool } from '../credentials/pool.ts'
import { createQuotas } from '../credentials/quotas.ts'
import { createModelLists } from '../discovery/model-lists.ts'
import { createBackground } from '../exchange/accounting/background.ts'
import { createLatencies } from '../exchange/failover/latency.ts'
import { createLearnedCapabilities } from '../exchange/failover/learned-capabilities.ts'
import { createWaitingRoom } from '../exchange/failover/queue.ts'
import { createTokenEstimator } from '../exchange/failover/token-estimate.ts'
import { createSealIssuers } from '../exchange/history/seal-issuers.ts'
import type { Services } from '../exchange/services.ts'
import { createProbe, type Probe } from '../exchange/upstream/connect-probe.ts'
import { createHttpTransport } from '../exchange/upstream/http-transport.ts'
import { createProxies } from '../exchange/upstream/proxies.ts'
import { createWatchdog } from '../exchange/upstream/timers.ts'
import { createRequestedNames } from '../gateway/requested-names.ts'
import type { After } from '../lib/timer.ts'
import { createLog } from '../observability/log.ts'
import { createRecent } from '../observability/recent.ts'
import { createRecorder } from '../observability/request-log/recorder.ts'
import { createLedger } from '../observability/usage/ledger.ts'
import { createUsageWriter } from '../observability/usage/writer.ts'
import { createPrices } from '../providers/pricing/prices.ts'
import { createAuthFolder } from '../store/auth-folder.ts'
import { version } from '../version.ts'
import type { Storage } from './storage.ts'

/**
 * What a gateway needs of the program around it: clock, chance, network, environment, and a place
 * for its state. The command line gives the real ones, tests give their own.
 */
export type Runtime = {
  now(): number
  random(): number
  after: After
  fetch: typeof globalThis.fetch
  env: Record<string, string | undefined>
  /** Throws where there is no such file. */
  readFile(path: string): string
  /** Takes the lines of the log. */
  write(text: string): void
  /** The peer's IP address, where the connection is known. */
  peerOf(request: Request): string | undefined
  /** Opens the places for state. `warn` logs what cannot be stored. */
  storage(warn: (message: string) => void): Storage
  probe?: Probe
} & Partial<Pick<Services, 'watchdog' | 'tokens' | 'prices' | 'userAgent'>>

/** Everything that outlives a snapshot of routes.yaml, made once for a gateway, and where it is stored. */
export function createServices(runtime: Runtime): { services: Services; storage: Storage } {
  const { now, random, after, fetch, env, readFile, peerOf } = runtime
  const { watchdog = createWatchdog(now), prices = createPrices() } = runtime
  const userAgent = runtime.userAgent ?? `jackfield/${version}`
  const log = createLog(runtime.write, now)
  const warn = (message: string): void => log.write('warn', message)
  const storage = runtime.storage(warn)
  const { state, usage, records } = storage
  const proxies = createProxies(env)
  const transport = createHttpTransport({
    fetch,
    proxies,
    probe: runtime.probe ?? createProbe(now),
  })
  const services: Services = {
    now,
    random,
    transport,
    env,
    readFile,
    peerOf,
    log,
    watchdog,
    prices,
    state,
    proxies,
    accounts: createAccounts({
      now,
      random,
      after,
      transport,
      userAgent,
      log,
      state,
      open: path => createAuthFolder({ path, now, after }),
    }),
    tokens: runtime.tokens ?? createTokens({ now, transport, after }),
    pool: createPool({ now, random, state }),
    affinity: createAffinityStore(now),
    quotas: createQuotas({ now, state }),
    requestedNames: createRequestedNames(state),
    latencies: createLatencies(now),
    learned: createLearnedCapabilities(now),
    sealIssuers: createSealIssuers(now),
    tokenEstimator: createTokenEstimator(),
    recent: createRecent(),
    recorder: createRecorder({ folder: records, now, warn }),
    waitingRoom: createWaitingRoom(now, watchdog),
    lists: createModelLists(state, now),
    background: createBackground(),
    ledger: createLedger(createUsageWriter({ after, prices, warn, store: usage })),
    userAgent,
    turns: new Map(),
  }
  return { services, storage }
}
