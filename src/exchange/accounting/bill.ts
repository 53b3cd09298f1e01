import type { Usage } from '../../conversation/index.ts'
import { knownCost, type Offer } from '../../providers/pricing/prices.ts'
import { targetName } from '../../routing/target-name.ts'
import type { Exchange } from '../request.ts'
import type { Attempt } from '../upstream/attempt.ts'
import { estimatedUsage, isReported, roughUsage } from './estimate.ts'

/** What an attempt took, or an exchange. */
export type Bill = {
  usage: Usage
  /** The upstream did not report all of it. */
  estimated: boolean
  /** In USD; absent: the key has no budget in money, or the price is unknown. */
  usd?: number | undefined
}

/**
 * Charges what the attempt took to its key, and hands it on: at once where the upstream reported it,
 * else later, since an estimate takes a tokenizer.
 */
export function charge(exchange: Exchange, attempt: Attempt, then: (bill: Bill) => void): void {
  const { tally } = attempt
  const finish = (usage: Usage, estimated: boolean): void => {
    const bill = { usage, estimated, usd: costOf(exchange, attempt, usage) }
    exchange.bill = exchange.bill ? sum(exchange.bill, bill) : bill
    exchange.reservation?.spend({ tokens: tokensOf(usage), usd: bill.usd })
    exchange.recording?.billed(exchange.bill)
    then(bill)
  }
  if (isReported(exchange, tally)) {
    const { usage } = tally
    // Embeddings have no output. What was not reported is unknown, and not nothing.
    finish(usage.fresh === undefined ? usage : { ...usage, output: usage.output ?? 0 }, false)
    return
  }
  const { background } = exchange.gateway.services
  const running = background.run(async () => {
    finish(await estimatedUsage(exchange, tally).catch(() => roughUsage(exchange, tally)), true)
  })
  if (running) exchange.billing = running
  else finish(roughUsage(exchange, tally), true)
}

/** One exchange may pay for several attempts. */
function sum(a: Bill, b: Bill): Bill {
  const usage: Usage = {}
  for (const name of ['fresh', 'cacheRead', 'cacheWrite', 'output', 'reasoning'] as const)
    if (a.usage[name] !== undefined || b.usage[name] !== undefined)
      usage[name] = (a.usage[name] ?? 0) + (b.usage[name] ?? 0)
  const usd = a.usd === undefined && b.usd === undefined ? undefined : (a.usd ?? 0) + (b.usd ?? 0)
  return { usage, estimated: a.estimated || b.estimated, usd }
}

export function offerOf({ target, speech }: Attempt): Offer {
  return { baseUrl: speech.baseUrl, model: target.model, price: target.facts.price }
}

/** An unknown price is logged, since a budget does not see it. */
function costOf({ gateway, caller, requestId }: Exchange, attempt: Attempt, usage: Usage) {
  if (caller.limits?.usdPerDay === undefined) return undefined
  const { prices, now, log } = gateway.services
  const usd = knownCost(prices, offerOf(attempt), usage, now())
  if (usd === undefined)
    log.write('warn', 'the cost of a request is unknown and not counted; give the model a price', {
      id: requestId,
      target: targetName(attempt.target),
    })
  return usd
}

function tokensOf({ fresh = 0, cacheRead = 0, cacheWrite = 0, output = 0 }: Usage): number {
  return fresh + cacheRead + cacheWrite + output
}
