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

/** Asks upstreams for their lists of models, in the background: no request waits for it. */
export interface Discovery {
  /** From now on the providers of this table are asked; those that are new or failed, at once. */
  follow(table: RoutingTable): void
  /** Asks for all lists again, now. */
  refresh(): void
  stop(): void
}

type DiscoveryOptions = {
  services: Pick<Services, 'now' | 'random' | 'pool' | 'transport' | 'userAgent' | 'log' | 'lists'>
  after: After
  /** Some list is not what it was. */
  changed(): void
}

/** A list of models, and the provider that is asked for it. */
type Source = {
  provider: Provider
  /** Infinity: being asked. Set meanwhile, it has the list asked for once more. */
  dueAtMs: number
  /** In a row. */
  failures: number
  asking?: AbortController
}

/** Asks for nothing before `follow`. */
export function createDiscovery(options: DiscoveryOptions): Discovery {
  return new ListDiscovery(options)
}

class ListDiscovery implements Discovery {
  private readonly options: DiscoveryOptions
  /** By identity of the list. */
  private readonly sources = new Map<string, Source>()
  private running = 0
  private stopped = false
  private stopTimer: () => void = () => {}

  constructor(options: DiscoveryOptions) {
    this.options = options
  }

  follow(table: RoutingTable): void {
    const wanted = askedProviders(table)
    for (const [identity, source] of this.sources) {
      if (wanted.has(identity)) continue
      source.asking?.abort()
      this.sources.delete(identity)
    }
    for (const [identity, provider] of wanted) this.want(identity, provider)
    this.askDue()
  }

  refresh(): void {
    for (const source of this.sources.values()) source.dueAtMs = this.now()
    this.askDue()
  }

  stop(): void {
    this.stopped = true
    this.stopTimer()
    for (const { asking } of this.sources.values()) asking?.abort()
    this.sources.clear()
  }

  private now(): number {
    return this.options.services.now()
  }

  private want(identity: string, provider: Provider): void {
    const source = this.sources.get(identity)
    if (!source) {
      this.sources.set(identity, { provider, dueAtMs: this.now(), failures: 0 })
      return
    }
    source.provider = provider
    if (source.failures > 0 && !source.asking) source.dueAtMs = this.now()
  }

  /** Asks for the lists that are due, as many as may be asked for at once, and sets a timer for the others. */
  private askDue(): void {
    this.stopTimer()
    if (this.stopped) return
    for (const [identity, source] of this.sources)
      if (this.running < AT_ONCE && !source.asking && source.dueAtMs <= this.now())
        void this.ask(identity, source)
    const waiting = [...this.sources.values()].filter(({ asking }) => !asking)
    const next = Math.min(...waiting.map(({ dueAtMs }) => dueAtMs))
    // With no room left, the next answer makes some and looks again.
    if (this.running < AT_ONCE && next < Infinity)
      this.stopTimer = this.options.after(Math.max(0, next - this.now()), () => this.askDue())
  }

  private async ask(identity: string, source: Source): Promise<void> {
    const { services, after } = this.options
    const asking = new AbortController()
    source.asking = asking
    source.dueAtMs = Infinity
    this.running++
    const { signal } = asking
    const answer = await askForModels(source.provider, { ...services, after, signal }).catch(
      asGatewayError,
    )
    this.running--
    source.asking = undefined
    if (!signal.aborted) this.settle(identity, source, answer)
    this.askDue()
  }

  private settle(identity: string, source: Source, answer: UpstreamModel[] | GatewayError): void {
    const interval = Array.isArray(answer)
      ? this.success(identity, source, answer)
      : this.failure(source, answer)
    const jitter = 1 + JITTER * (2 * this.options.services.random() - 1)
    if (source.dueAtMs === Infinity) source.dueAtMs = this.now() + interval * jitter
  }

  /** Gives when to ask again, ms from now. */
  private success(identity: string, source: Source, models: UpstreamModel[]): number {
    const { log, lists } = this.options.services
    const { id } = source.provider
    const learned = lists.learn(identity, models)
    if (learned)
      log.write('info', `${id} lists ${models.length} models`, {
        new: learned.added,
        gone: learned.gone,
      })
    else if (source.failures > 0) log.write('info', `${id} tells its list of models again`)
    source.failures = 0
    if (learned) this.options.changed()
    return REFRESH_MS
  }

  /** Logged when it begins, not each time. Gives when to ask again, ms from now. */
  private failure(source: Source, { code, message }: GatewayError): number {
    const { log } = this.options.services
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
