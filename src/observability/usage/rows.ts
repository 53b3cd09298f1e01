import type { Entry } from '../../exchange/accounting/usage-entry.ts'
import { knownCost, type Prices } from '../../providers/pricing/prices.ts'
import type { RowName, UsageRow } from '../../store/usage.ts'

export const HOUR_MS = 3_600_000

/** What was used in an hour, by caller, asked name, provider and model. */
export type UsageRows = Map<string, UsageRow>

/** Adds an entry to the row of its hour. */
export function addToRows(rows: UsageRows, entry: Entry, prices: Prices): void {
  const { caller, asked, provider, model, usage, outcome, offer, losses, atMs } = entry
  const hour = Math.floor(atMs / HOUR_MS)
  const key = [hour, caller, asked, provider, model].join('\t')
  const row = rows.get(key) ?? emptyRow({ hour, caller, asked, provider, model })
  rows.set(key, row)
  const { fresh = 0, cacheRead = 0, cacheWrite = 0, output = 0, reasoning = 0 } = usage
  row.requests++
  row.fresh += fresh
  row.cacheRead += cacheRead
  row.cacheWrite += cacheWrite
  row.output += output
  row.reasoning += reasoning
  row.losses += losses
  if (entry.estimated) row.estimated++
  if (outcome === 'cancelled') row.cancelled++
  if (outcome === 'failed') row.failures++
  else row.ms += entry.ms
  const usd = offer && knownCost(prices, offer, usage, atMs)
  if (usd !== undefined) row.usd += usd
  else if (outcome !== 'failed') row.unpriced++
}

function emptyRow(names: Pick<UsageRow, RowName>): UsageRow {
  return {
    ...names,
    requests: 0,
    failures: 0,
    fresh: 0,
    cacheRead: 0,
    cacheWrite: 0,
    output: 0,
    reasoning: 0,
    losses: 0,
    ms: 0,
    usd: 0,
    unpriced: 0,
    cancelled: 0,
    estimated: 0,
  }
}
