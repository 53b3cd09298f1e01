import type { Reservation } from '../../credentials/quotas.ts'
import { knownCost } from '../../providers/pricing/prices.ts'
import { targetsOf } from '../failover/targets.ts'
import type { Expected } from '../failover/token-estimate.ts'
import type { ResolvedRequest } from '../request.ts'
import type { ExchangeServices } from '../services.ts'
import { speechFor } from '../upstream/upstream.ts'
import { countsText } from './estimate.ts'

/**
 * Admits a request under its key's limits and reserves what it will presumably take. Undefined: the
 * key has no limits, or nothing is taken. Rejects with `rate-limited`.
 */
export async function reserve(
  request: ResolvedRequest,
  services: Pick<ExchangeServices, 'quotas' | 'tokenEstimator' | 'prices' | 'now'>,
): Promise<Reservation | undefined> {
  const { action, caller, body } = request
  const { name, limits } = caller
  const { quotas, tokenEstimator } = services
  if (!limits) return undefined
  const { requestsPerMinute, tokensPerDay, usdPerDay } = limits
  if (action === 'count-tokens') {
    // An aid, and free: but it is a request.
    if (requestsPerMinute !== undefined) await quotas.admit(name, { requestsPerMinute })
    return undefined
  }
  if (tokensPerDay === undefined && usdPerDay === undefined) return quotas.admit(name, limits)
  const expected = tokenEstimator.expect(name, countsText(request) ? body.bytes : NO_TEXT)
  const tokens = expected.fresh + expected.cacheRead + expected.output
  const usd = usdPerDay === undefined ? undefined : costOf(request, services, expected)
  return quotas.admit(name, limits, { tokens, usd })
}

const NO_TEXT = new Uint8Array(0)

/** In USD, by the first target whose price is known; undefined: none is. */
function costOf(
  { action, codec, route }: ResolvedRequest,
  { prices, now }: Pick<ExchangeServices, 'prices' | 'now'>,
  expected: Expected,
): number | undefined {
  for (const target of targetsOf(route)) {
    const speech = speechFor(action, codec.protocol, target.provider)
    if (!speech) continue
    const offer = { baseUrl: speech.baseUrl, model: target.model, price: target.facts.price }
    const usd = knownCost(prices, offer, expected, now())
    if (usd !== undefined) return usd
  }
  return undefined
}
