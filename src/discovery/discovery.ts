import type { Services } from '../exchange/services.ts'
import { asGatewayError, type ErrorCode, type GatewayError } from '../lib/errors.ts'
import type { After } from '../lib/timer.ts'
import type { UpstreamModel } from '../protocols/codec.ts'
import type { Provider, RoutingTable } from '../routing/table.ts'
import { askForModels } from './fetch-models.ts'

const REFRESH_MS = 3_600_000
const FIRST_RETRY_MS = 30_000
/** Of each interval; so that many gateways do not ask at the same moment. */
const JITTER = 0.1
const AT_ONCE = 4

/** Asks upstreams for their lists of models, in the background; nobody ever waits for it. */
export interface Discovery {
  /** From now on the providers of this table are asked; those that are new or failed, at once. */
  follow(table: RoutingTable): void
  /** Asks everybody again, now. */
  refresh(): void
  stop(): void
}

export type DiscoveryOptions = {
  services: Pick<Services, 'now' | 'random' | 'pool' | 'transport' | 'userAgent' | 'log' | 'lists'>
  after: After
  /** Some list is not what it was. */
  changed(): void
}

/** One list, and who is asked for it. */
type Source = {
  provider: Provider
  /** Infinity: being asked. Whoever sets it meanwhile has it asked once more. */
  dueAtMs: number
  /** In a row. */
  failures: number
  asking?: AbortController
}

export function createDiscovery({ services, after, changed }: DiscoveryOptions): Discovery {
  const { now, random, log, lists } = services
  const sources = new Map<string, Source>()
  let running = 0
  let stopTimer = (): void => {}
  let stopped = false

  /** Asks who is due, as many as may be asked at once, and sees to it that the others are. */
  function look(): void {
    stopTimer()
    if (stopped) return
    for (const [identity, source] of sources)
      if (running < AT_ONCE && !source.asking && source.dueAtMs <= now()) void ask(identity, source)
    const waiting = [...sources.values()].filter(({ asking }) => !asking)
    const next = Math.min(...waiting.map(({ dueAtMs }) => dueAtMs))
    // With no room left, whoever is done makes some and looks again.
    if (running < AT_ONCE && next < Infinity) stopTimer = after(Math.max(0, next - now()), look)
  }

  async function ask(identity: string, source: Source): Promise<void> {
    const asking = new AbortController()
    source.asking = asking
    source.dueAtMs = Infinity
    running++
    const { signal } = asking
    const answer = await askForModels(source.provider, { ...services, after, signal }).catch(
      asGatewayError,
    )
    running--
    delete source.asking
    if (!signal.aborted) settle(identity, source, answer)
    look()
  }

  function settle(identity: string, source: Source, answer: UpstreamModel[] | GatewayError): void {
    const failed = !Array.isArray(answer)
    const interval = failed ? failure(source, answer) : success(identity, source, answer)
    const jitter = 1 + JITTER * (2 * random() - 1)
    if (source.dueAtMs === Infinity) source.dueAtMs = now() + interval * jitter
  }

  function success(identity: string, source: Source, answer: UpstreamModel[]): number {
    const { id } = source.provider
    const learned = lists.learn(identity, answer)
    if (learned)
      log.write('info', `${id} lists ${answer.length} models`, {
        new: learned.added,
        gone: learned.gone,
      })
    else if (source.failures > 0) log.write('info', `${id} tells its list of models again`)
    source.failures = 0
    if (learned) changed()
    return REFRESH_MS
  }

  /** Logged when it begins, not each time. */
  function failure(source: Source, { code, message }: GatewayError): number {
    const { id } = source.provider
    const begins = source.failures++ === 0
    if (code === 'upstream-not-found') {
      if (begins)
        log.write(
          'info',
          `${id} has no list of models (${message}); write them down as its models, or write discover: false`,
        )
      return REFRESH_MS
    }
    if (begins)
      log.write(
        'warn',
        `${id} did not tell its list of models (${message}); what is known of it stays; ${remedyFor(code)}`,
      )
    return Math.min(REFRESH_MS, FIRST_RETRY_MS * 2 ** (source.failures - 1))
  }

  return {
    follow(table) {
      const wanted = askedProviders(table)
      for (const [identity, source] of sources) {
        if (wanted.has(identity)) continue
        source.asking?.abort()
        sources.delete(identity)
      }
      for (const [identity, provider] of wanted) {
        const source = sources.get(identity)
        if (!source) sources.set(identity, { provider, dueAtMs: now(), failures: 0 })
        else {
          source.provider = provider
          if (source.failures > 0 && !source.asking) source.dueAtMs = now()
        }
      }
      look()
    },
    refresh() {
      for (const source of sources.values()) source.dueAtMs = now()
      look()
    },
    stop() {
      stopped = true
      stopTimer()
      for (const { asking } of sources.values()) asking?.abort()
      sources.clear()
    },
  }
}

/** By identity of the list; of those that have one in common the first. */
function askedProviders({ providers }: RoutingTable): Map<string, Provider> {
  const asked = new Map<string, Provider>()
  for (const provider of providers.values()) {
    const identity = provider.discovery?.identity
    if (identity !== undefined && !asked.has(identity)) asked.set(identity, provider)
  }
  return asked
}

function remedyFor(code: ErrorCode): string {
  switch (code) {
    case 'upstream-auth':
    case 'upstream-forbidden':
      return 'check its keys'
    case 'rate-limited':
    case 'quota-exhausted':
    case 'overloaded':
      return 'it is asked again later'
    default:
      return 'is its base-url right and the service up?'
  }
}
