import { GatewayError } from '../lib/errors.ts'
import type { StateStore } from '../store/state.ts'
import { MINUTE_MS, type Minute, requestsIn } from './minute.ts'
import { type Change, SharedCounts } from './shared-counts.ts'
import { DAY_MS, dayOf, Sums, totalOf, usdOf } from './sums.ts'

/** What an API key may spend; absent: no limit. */
export type KeyLimits = {
  requestsPerMinute?: number
  tokensPerDay?: number
  usdPerDay?: number
  /** With `usdPerDay`: models whose price is unknown may be asked, and are not counted. */
  unknownPrice?: 'allow'
}

/** What an exchange takes. `usd` is absent where the price is unknown: then it is not counted. */
export type Spent = { tokens: number; usd?: number | undefined }

/** What a request was admitted with. */
export interface Reservation {
  /** Adds what an attempt took. */
  spend(spent: Spent): void
  /** The request is over: what it took counts in the place of the estimate. Later calls do nothing. */
  close(): void
}

/**
 * Counts what keys spend, together with other processes that use the same file. Outlives reloads;
 * what was spent today outlives a restart too.
 */
export interface Quotas {
  /**
   * Counts the request, and `estimate` as spent until it is over: of many requests at once only as
   * many are admitted as the budget holds. Rejects with `rate-limited`, with the time of the next chance,
   * once a limit is reached. One request is admitted as long as anything is left.
   */
  admit(key: string, limits: KeyLimits, estimate?: Spent): Promise<Reservation>
  /** What a key has spent today, what is reserved included, as far as this node knows. */
  today(key: string): { tokens: number; usd: number }
}

/** When to try again if requests that run have reserved the rest of a budget. */
const RESERVED_MS = 5_000
const NOTHING: Spent = { tokens: 0, usd: 0 }

/** `state` is shared with other processes. */
export function createQuotas({ now, state }: { now(): number; state: StateStore }): Quotas {
  return new KeyQuotas(now, state)
}

/** One limit of a key, and by how much its sum changes. */
type LimitedChange = Change & { limit: number; unit: string }

class KeyQuotas implements Quotas {
  private readonly now: () => number
  private readonly state: StateStore
  private readonly counts: SharedCounts
  private readonly sums = new Sums()

  constructor(now: () => number, state: StateStore) {
    this.now = now
    this.state = state
    this.counts = new SharedCounts(now, state)
  }

  async admit(key: string, limits: KeyLimits, estimate = NOTHING): Promise<Reservation> {
    const day = dayOf(this.now())
    const changes = this.changesFor(key, limits, day, estimate)
    const { requestsPerMinute } = limits
    const countsRequest = requestsPerMinute !== undefined
    // Before it is written: a request that is judged meanwhile sees that this one still runs.
    for (const { sum, by } of changes) sum.reserved += by
    try {
      if (changes.length > 0 || countsRequest)
        await this.counts.add(
          key,
          changes,
          countsRequest,
          (totals, minute) =>
            this.overLimit(key, changes, totals) ?? this.overRate(key, requestsPerMinute, minute),
        )
    } catch (error) {
      for (const { sum, by } of changes) sum.reserved -= by
      throw error
    }
    return this.reservationOf(key, changes, spent => this.changesFor(key, limits, day, spent))
  }

  today(key: string): { tokens: number; usd: number } {
    const day = dayOf(this.now())
    const names = [day, usdOf(day)] as const
    const written = this.state.peek('spent', key, names)
    const [tokens, usd] = names.map(name =>
      totalOf(this.sums.of(key, name, this.now()), written.get(name)),
    )
    return { tokens: tokens ?? 0, usd: usd ?? 0 }
  }

  /** `changesFor`: the same limits with what was spent in the place of the estimate. */
  private reservationOf(
    key: string,
    changes: readonly LimitedChange[],
    changesFor: (spent: Spent) => readonly LimitedChange[],
  ): Reservation {
    let open = changes.length > 0
    let tokens = 0
    let usd = 0
    return {
      spend(spent) {
        tokens += spent.tokens
        usd += spent.usd ?? 0
      },
      close: () => {
        if (!open) return
        open = false
        for (const { sum, by } of changes) sum.reserved -= by
        const corrections = changesFor({ tokens, usd }).flatMap((change, at) => {
          const by = change.by - (changes[at]?.by ?? 0)
          return by === 0 ? [] : [{ ...change, by }]
        })
        if (corrections.length > 0) void this.counts.add(key, corrections, false, () => undefined)
      },
    }
  }

  private changesFor(
    key: string,
    { tokensPerDay, usdPerDay }: KeyLimits,
    day: string,
    { tokens, usd = 0 }: Spent,
  ): LimitedChange[] {
    const limited: [name: string, by: number, limit: number | undefined, unit: string][] = [
      [day, tokens, tokensPerDay, 'tokens'],
      [usdOf(day), usd, usdPerDay, 'USD'],
    ]
    return limited.flatMap(([name, by, limit, unit]) =>
      limit === undefined
        ? []
        : [{ name, sum: this.sums.of(key, name, this.now()), by, limit, unit }],
    )
  }

  private overLimit(
    key: string,
    changes: readonly LimitedChange[],
    totals: readonly number[],
  ): GatewayError | undefined {
    for (const [at, { sum, by, limit, unit }] of changes.entries()) {
      const total = totals[at] ?? 0
      if (total < limit) continue
      // Without its own reservation, which is not in the total yet.
      if (total - (sum.reserved - by) < limit) return reserved(key, `${limit} ${unit} a day`)
      return reached(key, `${limit} ${unit} a day`, DAY_MS - (this.now() % DAY_MS))
    }
    return undefined
  }

  private overRate(
    key: string,
    limit: number | undefined,
    minute: Minute,
  ): GatewayError | undefined {
    if (limit === undefined || requestsIn(minute) < limit) return undefined
    const retryAfterMs = (minute[0]?.[0] ?? this.now()) + MINUTE_MS - this.now()
    return reached(key, `${limit} requests a minute`, retryAfterMs)
  }
}

function reserved(key: string, limit: string): GatewayError {
  const seconds = RESERVED_MS / 1000
  return new GatewayError(
    'rate-limited',
    `requests of the key "${key}" that still run have reserved what is left of its limit of ${limit}; try again in ${seconds} s`,
    { retryAfterMs: RESERVED_MS },
  )
}

function reached(key: string, limit: string, retryAfterMs: number): GatewayError {
  return new GatewayError(
    'rate-limited',
    `the key "${key}" has reached its limit of ${limit}; the next chance is in ${Math.ceil(retryAfterMs / 1000)} s`,
    { retryAfterMs },
  )
}
