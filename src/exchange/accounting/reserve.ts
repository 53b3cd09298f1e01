import type { Reservation } from '../../credentials/quotas.ts'
import { knownCost } from '../../providers/pricing/prices.ts'
import { targetsOf } from '../failover/targets.ts'
import type { Expected } from '../failover/token-estimate.ts'
import type { Exchange } from '../request.ts'
import { speechFor } from '../upstream/attempt.ts'
import { countsText } from './estimate.ts'

/**
 * Admits a request under its key's limits and reserves what it will presumably take. Undefined: the
 * key has no limits, or nothing is taken. Throws `rate-limited`.
 */
export function reserve(exchange: Exchange): Reservation | undefined {
  const { action, caller, gateway, inbound } = exchange
  const { name, limits } = caller
  const { quotas, tokenEstimator } = gateway.services
  if (!limits) return undefined
  const { requestsPerMinute, tokensPerDay, usdPerDay } = limits
  if (action === 'count-tokens') {
    // An aid, and free: but it is a request.
    if (requestsPerMinute !== undefined) quotas.admit(name, { requestsPerMinute })
    return undefined
  }
  if (tokensPerDay === undefined && usdPerDay === undefined) return quotas.admit(name, limits)
  const expected = tokenEstimator.expect(name, countsText(exchange) ? inbound.body : NO_TEXT)
  const tokens = expected.fresh + expected.cacheRead + expected.output
  const usd = usdPerDay === undefined ? undefined : costOf(exchange, expected)
  return quotas.admit(name, limits, { tokens, usd })
}

const NO_TEXT = new Uint8Array(0)

/** In USD, by the first target whose price is known; undefined: none is. */
function costOf(exchange: Exchange, expected: Expected): number | undefined {
  const { prices, now } = exchange.gateway.services
  for (const target of targetsOf(exchange.route)) {
    const speech = speechFor(exchange, target)
    if (!speech) continue
    const offer = { baseUrl: speech.baseUrl, model: target.model, price: target.facts.price }
    const usd = knownCost(prices, offer, expected, now())
    if (usd !== undefined) return usd
  }
  return undefined
}
