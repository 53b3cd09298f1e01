import type { GatewayError } from '../lib/errors.ts'
import type { StateStore } from '../store/state.ts'
import { lastMinute, type Minute, parseMinute, withRequest } from './minute.ts'
import { type Sum, totalOf } from './sums.ts'

/** By how much a sum changes, and what it is called on disk. */
export type Change = { name: string; sum: Sum; by: number }

/** Finds what forbids a change, by the values before it; undefined: nothing does. */
type Refusal = (totals: readonly number[], minute: Minute) => GatewayError | undefined

/** Under which the requests of the last minute are kept; days are kept under their date. */
const MINUTE = 'minute'

/** Counts what keys spend in the file that several processes share, and here while that fails. */
export class SharedCounts {
  private readonly now: () => number
  private readonly state: StateStore
  /** By key, the requests that could not be written. */
  private readonly unwritten = new Map<string, Minute>()

  constructor(now: () => number, state: StateStore) {
    this.now = now
    this.state = state
  }

  /**
   * Adds to the sums of a key, and a request where `countsRequest` holds, all or nothing. Rejects with
   * what `refusal` finds.
   */
  async add(
    key: string,
    changes: readonly Change[],
    countsRequest: boolean,
    refusal: Refusal,
  ): Promise<void> {
    const names = changes.map(({ name }) => name)
    if (countsRequest) names.push(MINUTE)
    let totals: number[] = []
    let refused: GatewayError | undefined

    const next = (written: ReadonlyMap<string, string>): Map<string, string> => {
      totals = changes.map(({ name, sum }) => totalOf(sum, written.get(name)))
      const minute = this.minuteOf(key, written.get(MINUTE))
      refused = refusal(totals, minute)
      if (refused) return new Map()
      const entries = new Map(
        changes.map(({ name, by }, at) => [name, String((totals[at] ?? 0) + by)]),
      )
      if (countsRequest) entries.set(MINUTE, JSON.stringify(withRequest(minute, this.now())))
      return entries
    }

    const shared = await this.state.change('spent', key, names, next)
    if (!shared) next(new Map())
    if (refused) throw refused
    for (const [at, { sum, by }] of changes.entries()) {
      if (shared) sum.known = (totals[at] ?? 0) + by
      sum.unwritten = shared ? 0 : sum.unwritten + by
    }
    if (countsRequest) this.noteRequest(key, shared)
  }

  /** The requests of the last minute, also those that could not be written. */
  private minuteOf(key: string, written: string | undefined): Minute {
    const waiting = this.unwritten.get(key) ?? []
    return lastMinute([...parseMinute(written), ...waiting], this.now())
  }

  private noteRequest(key: string, written: boolean): void {
    if (written) {
      this.unwritten.delete(key)
      return
    }
    const waiting = lastMinute(this.unwritten.get(key) ?? [], this.now())
    this.unwritten.set(key, withRequest(waiting, this.now()))
  }
}
