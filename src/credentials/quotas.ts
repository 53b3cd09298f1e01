import { GatewayError } from '../lib/errors.ts'
import type { Kept } from '../store/kept.ts'

/** What an API key may spend; absent: no limit. */
export type KeyLimits = { requestsPerMinute?: number; tokensPerDay?: number }

/** Counts what keys spend. Outlives reloads; what was spent today outlives a restart too. */
export interface Quotas {
  /** Throws `rate-limited`, with the time of the next chance, once a limit is reached. */
  admit(key: string, limits: KeyLimits): void
  spend(key: string, limits: KeyLimits, tokens: number): void
}

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000

export function createQuotas({ now, kept }: { now(): number; kept: Kept }): Quotas {
  /** Times of the requests of the last minute, oldest first. */
  const requests = new Map<string, number[]>()
  const spent = new Map<string, { day: string; tokens: number }>()

  /** Days are those of UTC. */
  function today(key: string): { day: string; tokens: number } {
    const day = new Date(now()).toISOString().slice(0, 10)
    const known = spent.get(key)
    if (known?.day === day) return known
    const tokens = Number(kept.get('spent', key, [day]).get(day) ?? 0)
    const fresh = { day, tokens: Number.isFinite(tokens) ? tokens : 0 }
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
    admit(key, { requestsPerMinute, tokensPerDay }) {
      if (tokensPerDay !== undefined && today(key).tokens >= tokensPerDay)
        throw reached(key, `${tokensPerDay} tokens a day`, DAY_MS - (now() % DAY_MS))
      if (requestsPerMinute !== undefined) admitRequest(key, requestsPerMinute)
    },
    spend(key, { tokensPerDay }, tokens) {
      if (tokensPerDay === undefined || tokens <= 0) return
      const count = today(key)
      count.tokens += tokens
      kept.put('spent', key, new Map([[count.day, String(count.tokens)]]))
    },
  }
}

function reached(key: string, limit: string, retryAfterMs: number): GatewayError {
  return new GatewayError(
    'rate-limited',
    `the key "${key}" has reached its limit of ${limit}; the next chance is in ${Math.ceil(retryAfterMs / 1000)} s`,
    { retryAfterMs },
  )
}
