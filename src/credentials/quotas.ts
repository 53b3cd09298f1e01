import { GatewayError } from '../lib/errors.ts'
import type { StateStore } from '../store/state.ts'
import {
  lastMinute,
  MINUTE_MS,
  type Minute,
  parseMinute,
  requestsIn,
  withRequest,
} from './minute.ts'

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
   * many are admitted as the budget holds. Throws `rate-limited`, with the time of the next chance,
   * once a limit is reached. One request is admitted as long as anything is left.
   */
  admit(key: string, limits: KeyLimits, estimate?: Spent): Reservation
  /** What a key has spent today, what is reserved included, as far as it is counted. */
  today(key: string): { tokens: number; usd: number }
}

const DAY_MS = 86_400_000
/** When to try again if requests that run have reserved the rest of a budget. */
const RESERVED_MS = 5_000
const NOTHING: Spent = { tokens: 0, usd: 0 }
/** Under which the requests of the last minute are kept; days are kept under their date. */
const MINUTE = 'minute'

/** A number that several processes add to. */
type Sum = {
  /** As it was after this process last wrote it: counts where the file was lost since. */
  known: number
  /** What could not be written yet. */
  unwritten: number
  /** What requests that run here have reserved. */
  reserved: number
}

/** One limit of a key, and by how much its sum changes. */
type Change = { name: string; sum: Sum; by: number; limit: number; unit: string }

export function createQuotas({ now, state }: { now(): number; state: StateStore }): Quotas {
  const sums = new Map<string, Sum>()
  /** By key, the requests that could not be written. */
  const unwritten = new Map<string, Minute>()

  function sumOf(key: string, name: string): Sum {
    const id = `${name}\t${key}`
    const known = sums.get(id)
    if (known) return known
    // Two days are enough: a request may end on the day after it began.
    const before = dayOf(now() - DAY_MS)
    for (const other of sums.keys()) if (other < before) sums.delete(other)
    const sum = { known: 0, unwritten: 0, reserved: 0 }
    sums.set(id, sum)
    return sum
  }

  function changesFor(key: string, limits: KeyLimits, day: string, by: Spent): Change[] {
    const { tokensPerDay, usdPerDay } = limits
    const change = (name: string, by: number, limit: number, unit: string): Change => ({
      name,
      sum: sumOf(key, name),
      by,
      limit,
      unit,
    })
    return [
      ...(tokensPerDay === undefined ? [] : [change(day, by.tokens, tokensPerDay, 'tokens')]),
      ...(usdPerDay === undefined ? [] : [change(usdOf(day), by.usd ?? 0, usdPerDay, 'USD')]),
    ]
  }

  /**
   * Adds to the sums of a key, and a request where `perMinute` is given, all or nothing. Throws what
   * `refusal` finds against the values before.
   */
  function apply(
    key: string,
    changes: readonly Change[],
    perMinute: boolean,
    refusal: (totals: readonly number[], minute: Minute) => GatewayError | undefined,
  ): void {
    const names = [...changes.map(({ name }) => name), ...(perMinute ? [MINUTE] : [])]
    let totals: number[] = []
    let refused: GatewayError | undefined

    function next(found: ReadonlyMap<string, string>): Map<string, string> {
      totals = changes.map(({ name, sum }) => totalOf(sum, found.get(name)))
      const waiting = unwritten.get(key) ?? []
      const minute = lastMinute([...parseMinute(found.get(MINUTE)), ...waiting], now())
      refused = refusal(totals, minute)
      if (refused) return new Map()
      const entries = changes.map(
        ({ name, by }, at) => [name, String((totals[at] ?? 0) + by)] as const,
      )
      const written = JSON.stringify(withRequest(minute, now()))
      return new Map([...entries, ...(perMinute ? [[MINUTE, written] as const] : [])])
    }

    const shared = state.change('spent', key, names, next)
    if (!shared) next(new Map())
    if (refused) throw refused
    for (const [at, { sum, by }] of changes.entries()) {
      if (shared) sum.known = (totals[at] ?? 0) + by
      sum.unwritten = shared ? 0 : sum.unwritten + by
    }
    if (!perMinute) return
    if (shared) unwritten.delete(key)
    else unwritten.set(key, withRequest(lastMinute(unwritten.get(key) ?? [], now()), now()))
  }

  function against(
    key: string,
    changes: readonly Change[],
    totals: readonly number[],
  ): GatewayError | undefined {
    for (const [at, { sum, limit, unit }] of changes.entries()) {
      const total = totals[at] ?? 0
      if (total < limit) continue
      if (total - sum.reserved < limit) return reserved(key, `${limit} ${unit} a day`)
      return reached(key, `${limit} ${unit} a day`, DAY_MS - (now() % DAY_MS))
    }
    return undefined
  }

  function tooMany(key: string, limit: number | undefined, minute: Minute) {
    if (limit === undefined || requestsIn(minute) < limit) return undefined
    const retryAfterMs = (minute[0]?.[0] ?? now()) + MINUTE_MS - now()
    return reached(key, `${limit} requests a minute`, retryAfterMs)
  }

  return {
    admit(key, limits, estimate = NOTHING) {
      const day = dayOf(now())
      const changes = changesFor(key, limits, day, estimate)
      const { requestsPerMinute } = limits
      if (changes.length > 0 || requestsPerMinute !== undefined)
        apply(
          key,
          changes,
          requestsPerMinute !== undefined,
          (totals, minute) =>
            against(key, changes, totals) ?? tooMany(key, requestsPerMinute, minute),
        )
      for (const { sum, by } of changes) sum.reserved += by
      let open = changes.length > 0
      let tokens = 0
      let usd = 0
      return {
        spend(spent) {
          tokens += spent.tokens
          usd += spent.usd ?? 0
        },
        close() {
          if (!open) return
          open = false
          for (const { sum, by } of changes) sum.reserved -= by
          const actual = changesFor(key, limits, day, { tokens, usd })
          const corrections = actual.flatMap((change, at) => {
            const by = change.by - (changes[at]?.by ?? 0)
            return by === 0 ? [] : [{ ...change, by }]
          })
          if (corrections.length > 0) apply(key, corrections, false, () => undefined)
        },
      }
    },
    today(key) {
      const day = dayOf(now())
      const found = state.get('spent', key, [day, usdOf(day)])
      return {
        tokens: totalOf(sumOf(key, day), found.get(day)),
        usd: totalOf(sumOf(key, usdOf(day)), found.get(usdOf(day))),
      }
    },
  }
}

/** Days are those of UTC. */
function dayOf(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10)
}

function usdOf(day: string): string {
  return `${day} usd`
}

function totalOf({ known, unwritten }: Sum, text: string | undefined): number {
  const written = text === undefined ? known : Number(text)
  return (Number.isFinite(written) ? written : known) + unwritten
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
