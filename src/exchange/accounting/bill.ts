import type { Usage } from '../../conversation/index.ts'
import { knownCost, type Offer } from '../../providers/pricing/prices.ts'
import { targetName } from '../../routing/target-name.ts'
import type { Exchange } from '../context.ts'
import type { Attempt } from '../upstream/attempt.ts'
import { estimatedUsage, isReported, roughUsage } from './estimate.ts'
import type { Bill } from './usage-entry.ts'

/**
 * Adds what the attempt took to the exchange's bill and hands it on: at once where the upstream
 * reported it, else later, since an estimate takes a tokenizer.
 */
export function charge(exchange: Exchange, attempt: Attempt, then: (bill: Bill) => void): void {
  const { tally } = attempt
  const { progress } = exchange
  const finish = (usage: Usage, estimated: boolean): void => {
    const bill = { usage, estimated, usd: costOf(exchange, attempt, usage) }
    progress.bill = progress.bill ? sum(progress.bill, bill) : bill
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
  if (running) progress.billing = running
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

export function offerOf({ target, upstream }: Pick<Attempt, 'target' | 'upstream'>): Offer {
  return { baseUrl: upstream.baseUrl, model: target.model, price: target.facts.price }
}

/** An unknown price is logged, since a budget does not see it. */
function costOf(
  { gateway, caller, id }: Exchange,
  attempt: Attempt,
  usage: Usage,
): number | undefined {
  if (!caller.budgeted) return undefined
  const { prices, now, log } = gateway.services
  const usd = knownCost(prices, offerOf(attempt), usage, now())
  if (usd === undefined)
    log.write('warn', 'the cost of a request is unknown and not counted; give the model a price', {
      id,
      target: targetName(attempt.target),
    })
  return usd
}
