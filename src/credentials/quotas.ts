import { GatewayError } from '../lib/errors.ts'
import type { Kept } from '../store/kept.ts'

/** What an API key may spend; absent: no limit. */
export type KeyLimits = {
  requestsPerMinute?: number
  tokensPerDay?: number
  usdPerDay?: number
  /** With `usdPerDay`: models whose price is unknown may be asked, and are not counted. */
  unknownPrice?: 'allow'
}

/** What an exchange took. `usd` is absent where nobody knows the price: then it is not counted. */
export type Spent = { tokens: number; usd?: number | undefined }

/** Counts what keys spend. Outlives reloads; what was spent today outlives a restart too. */
export interface Quotas {
  /** Throws `rate-limited`, with the time of the next chance, once a limit is reached. */
  admit(key: string, limits: KeyLimits): void
  spend(key: string, limits: KeyLimits, spent: Spent): void
  /** What a key has spent today, as far as it is counted. */
  today(key: string): { tokens: number; usd: number }
}

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000

type Day = { day: string; tokens: number; usd: number }

export function createQuotas({ now, kept }: { now(): number; kept: Kept }): Quotas {
  /** Times of the requests of the last minute, oldest first. */
  const requests = new Map<string, number[]>()
  const spent = new Map<string, Day>()

  /** Days are those of UTC. */
  function today(key: string): Day {
    const day = new Date(now()).toISOString().slice(0, 10)
    const known = spent.get(key)
    if (known?.day === day) return known
    const values = kept.get('spent', key, [day, usdKey(day)])
    const fresh = { day, tokens: counted(values.get(day)), usd: counted(values.get(usdKey(day))) }
    spent.set(key, fresh)
    return fresh
  }

  function admitRequest(key: string, limit: number): void {
    const since = now() - MINUTE_MS
    const recent = (requests.get(key) ?? []).filter(at => at > since)
    requests.set(key, recent)
    const [oldest] = recent
    if (recent.length >= limit) {
      const retryAfterMs = oldest === undefined ? MINUTE_MS : oldest + MINUTE_MS - now()
      throw reached(key, `${limit} requests a minute`, retryAfterMs)
    }
    recent.push(now())
  }

  return {
    admit(key, { requestsPerMinute, tokensPerDay, usdPerDay }) {
      const untilMidnightMs = DAY_MS - (now() % DAY_MS)
      if (tokensPerDay !== undefined && today(key).tokens >= tokensPerDay)
        throw reached(key, `${tokensPerDay} tokens a day`, untilMidnightMs)
      if (usdPerDay !== undefined && today(key).usd >= usdPerDay)
        throw reached(key, `${usdPerDay} USD a day`, untilMidnightMs)
      if (requestsPerMinute !== undefined) admitRequest(key, requestsPerMinute)
    },
    spend(key, { tokensPerDay, usdPerDay }, { tokens, usd = 0 }) {
      const count = today(key)
      const entries = new Map<string, string>()
      if (tokensPerDay !== undefined && tokens > 0) {
        count.tokens += tokens
        entries.set(count.day, String(count.tokens))
      }
      if (usdPerDay !== undefined && usd > 0) {
        count.usd += usd
        entries.set(usdKey(count.day), String(count.usd))
      }
      kept.put('spent', key, entries)
    },
    today(key) {
      const { tokens, usd } = today(key)
      return { tokens, usd }
    },
  }
}

function usdKey(day: string): string {
  return `${day} usd`
}

function counted(value: string | undefined): number {
  const count = Number(value ?? 0)
  return Number.isFinite(count) ? count : 0
}

function reached(key: string, limit: string, retryAfterMs: number): GatewayError {
  return new GatewayError(
    'rate-limited',
    `the key "${key}" has reached its limit of ${limit}; the next chance is in ${Math.ceil(retryAfterMs / 1000)} s`,
    { retryAfterMs },
  )
}
