import type { Usage } from '../../conversation/index.ts'
import { knownCost } from '../../providers/pricing/prices.ts'
import { targetName } from '../../routing/target-name.ts'
import { type Exchange, emit } from '../context.ts'
import type { AttemptEnd } from '../events.ts'
import type { Attempt } from '../upstream/attempt.ts'
import { countsText, estimatedUsage, roughUsage } from './estimate.ts'
import type { Bill } from './usage-entry.ts'

/**
 * Adds what an attempt took to the exchange's bill and reports the attempt's end: at once where the
 * upstream reported its usage, else later, since an estimate takes a tokenizer.
 */
export function charge(
  exchange: Exchange,
  attempt: Attempt,
  outcome: AttemptEnd['outcome'],
  status: number,
): void {
  const { tally, target, losses, upstream } = attempt
  const { services } = exchange.gateway
  const offer = { baseUrl: upstream.baseUrl, model: target.model, price: target.facts.price }
  const ended = { target, losses, atMs: services.now(), outcome, status, offer }
  if (isReported(exchange, attempt)) {
    const { usage } = tally
    // Embeddings have no output. What was not reported is unknown, and not nothing.
    const known = usage.fresh === undefined || usage.output !== undefined
    addBill(exchange, ended, known ? usage : { ...usage, output: 0 }, false)
    return
  }
  const running = services.background.run(async () => {
    const usage = await estimatedUsage(exchange, tally).catch(() => roughUsage(exchange, tally))
    addBill(exchange, ended, usage, true)
  })
  if (running) exchange.progress.billing = running
  else addBill(exchange, ended, roughUsage(exchange, tally), true)
}

/** Whether the upstream reported all that a bill needs, or there is nothing to estimate from. */
function isReported(exchange: Exchange, { tally }: Attempt): boolean {
  if (exchange.action === 'relay' && !countsText(exchange)) return true
  const { usage, complete, characters } = tally
  if (!complete || usage.fresh === undefined) return false
  // Without output, as for embeddings, there is nothing to report.
  return usage.output !== undefined || characters === 0
}

function addBill(exchange: Exchange, ended: AttemptEnd, usage: Usage, estimated: boolean): void {
  const { progress, caller } = exchange
  const usd = caller.budgeted ? costOf(exchange, ended, usage) : undefined
  const bill = { usage, estimated, usd }
  progress.bill = progress.bill ? sum(progress.bill, bill) : bill
  emit(exchange, { type: 'attempt-end', attempt: ended, bill })
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

/** An unknown price is logged, since a budget does not see it. */
function costOf(
  { gateway, id }: Exchange,
  { target, offer }: AttemptEnd,
  usage: Usage,
): number | undefined {
  const { prices, now, log } = gateway.services
  const usd = offer && knownCost(prices, offer, usage, now())
  if (usd === undefined)
    log.write('warn', 'the cost of a request is unknown and not counted; give the model a price', {
      id,
      target: targetName(target),
    })
  return usd
}
