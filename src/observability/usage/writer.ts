import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Entry } from '../../exchange/accounting/usage-entry.ts'
import { reasonOf } from '../../lib/thrown.ts'
import type { After } from '../../lib/timer.ts'
import type { Prices } from '../../providers/pricing/prices.ts'
import { isBusy } from '../../store/sqlite.ts'
import type { UsageStore } from '../../store/usage.ts'
import { createNames } from './bounded-names.ts'
import { addToRows, HOUR_MS, type UsageRows } from './rows.ts'

/** Writes what was used to disk, a second later and all at once; no request waits for it. */
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

const FLUSH_MS = 1_000
/** A price takes some tens of microseconds: after so many others have a turn. */
const AT_ONCE = 50
/** That wait for a disk which cannot be written. */
const MAX_ROWS = 20_000

export function createUsageWriter({ after, prices, store, warn }: UsageWriterOptions): UsageWriter {
  const names = createNames()
  let entries: Entry[] = []
  const rows: UsageRows = new Map()
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
    // What is added meanwhile is written, too.
    for (let at = 0; at < entries.length; ) {
      for (const entry of entries.slice(at, at + AT_ONCE)) addToRows(rows, names(entry), prices)
      at += AT_ONCE
      if (at < entries.length) await nextTurn()
    }
    entries = []
    write()
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
      dropOldest(rows)
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
    warn(unwritable(error))
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

/** Keeps memory bounded while the disk cannot be written. */
function dropOldest(rows: UsageRows): void {
  for (const key of rows.keys()) {
    if (rows.size <= MAX_ROWS) break
    rows.delete(key)
  }
}

function unwritable(error: unknown): string {
  const reason = reasonOf(error)
  return `usage cannot be written (${reason}) and waits in memory; free some space, or set JACKFIELD_HOME to a folder that can be written`
}
