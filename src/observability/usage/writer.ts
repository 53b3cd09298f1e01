import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Entry } from '../../exchange/accounting/usage-entry.ts'
import type { After } from '../../lib/timer.ts'
import { knownCost, type Prices } from '../../providers/pricing/prices.ts'
import { isBusy } from '../../store/sqlite.ts'
import type { UsageRow, UsageStore } from '../../store/usage.ts'
import { createNames } from './bounded-names.ts'

/** Brings what was used to disk, a second later and all at once; nobody ever waits for it. */
export interface UsageWriter {
  add(entry: Entry): void
  /** For how long rows are kept, from the next write on. */
  keep(ms: number): void
  /** Never rejects: what cannot be written waits for the next time. */
  flush(): Promise<void>
}

export type UsageWriterOptions = {
  after: After
  prices: Prices
  store: UsageStore
  warn(message: string): void
}

export const HOUR_MS = 3_600_000
const FLUSH_MS = 1_000
/** A price takes some tens of microseconds: after so many others have a turn. */
const AT_ONCE = 50
/** That wait for a disk which cannot be written. */
const MAX_ROWS = 20_000

export function createUsageWriter({ after, prices, store, warn }: UsageWriterOptions): UsageWriter {
  const names = createNames()
  let entries: Entry[] = []
  const rows = new Map<string, UsageRow>()
  let armed = false
  let flushing: Promise<void> | undefined
  let keepMs = Number.POSITIVE_INFINITY
  let prunedAtDay = -1
  let complained = false

  function flushSoon(): void {
    if (armed) return
    armed = true
    after(FLUSH_MS, () => {
      armed = false
      void flush()
    })
  }

  function flush(): Promise<void> {
    flushing ??= settleAll().finally(() => {
      flushing = undefined
    })
    return flushing
  }

  async function settleAll(): Promise<void> {
    if (entries.length === 0 && rows.size === 0) return
    // Without prices there is no cost, but there are tokens.
    await prices.prepare().catch(() => {})
    for (let some = taken(); some.length > 0; some = taken()) {
      for (const entry of some) addTo(rows, names(entry), prices)
      if (entries.length > 0) await nextTurn()
    }
    write()
  }

  function taken(): Entry[] {
    const some = entries.slice(0, AT_ONCE)
    entries = entries.slice(AT_ONCE)
    return some
  }

  function write(): void {
    const written = [...rows.values()]
    try {
      store.add(written)
      rows.clear()
      prune(Math.max(...written.map(({ hour }) => hour)))
    } catch (error) {
      if (isBusy(error)) flushSoon()
      else complain(error)
      makeRoom()
    }
  }

  function makeRoom(): void {
    for (const key of rows.keys()) {
      if (rows.size <= MAX_ROWS) break
      rows.delete(key)
    }
  }

  /** Once a day. */
  function prune(hour: number): void {
    const day = Math.floor(hour / 24)
    if (day <= prunedAtDay || keepMs === Number.POSITIVE_INFINITY) return
    store.prune(hour - Math.floor(keepMs / HOUR_MS))
    prunedAtDay = day
  }

  function complain(error: unknown): void {
    if (complained) return
    complained = true
    const reason = error instanceof Error ? error.message : String(error)
    warn(
      `usage cannot be written (${reason}) and waits in memory; free some space, or set JACKFIELD_HOME to a folder that can be written`,
    )
  }

  return {
    add(entry) {
      entries.push(entry)
      flushSoon()
    },
    keep(ms) {
      if (ms !== keepMs) prunedAtDay = -1
      keepMs = ms
    },
    flush,
  }
}

function addTo(rows: Map<string, UsageRow>, entry: Entry, prices: Prices): void {
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

function emptyRow(
  names: Pick<UsageRow, 'hour' | 'caller' | 'asked' | 'provider' | 'model'>,
): UsageRow {
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
