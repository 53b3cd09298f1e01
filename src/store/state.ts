/**
 * What a client would have to send back and cannot: reasoning by call id, responses and their items
 * by id. Bounded and disposable: losing it costs a thought or one clear error, never a conversation
 * that the client holds itself. No method throws: where the file cannot be used, memory serves, and
 * that is reported once.
 */
export interface StateStore {
  /** The values found, by key. */
  get(space: Space, caller: string, keys: readonly string[]): Map<string, string>
  /** Every key of a space, newest first; at most some thousands. */
  list(space: Space, caller: string): string[]
  /** Replaces what was stored under a key. */
  put(space: Space, caller: string, entries: ReadonlyMap<string, string>): void
  /**
   * Reads values and writes what `next` makes of them, in one transaction: processes that share the
   * file cannot overwrite each other's. False: the file cannot be written just now, and nothing was.
   * `next` has no effect of its own, since it may run twice.
   */
  change(
    space: Space,
    caller: string,
    keys: readonly string[],
    next: (found: ReadonlyMap<string, string>) => ReadonlyMap<string, string>,
  ): boolean
  /** Takes values out for good. False: the file cannot be written just now. */
  remove(space: Space, caller: string, keys: readonly string[]): boolean
  close(): void
}

export type Space = 'reasoning' | 'response' | 'item' | 'spent' | 'asked' | 'cooldown' | 'models'

export type StateLimits = { bytes: number; ageMs: number }

export const STATE_LIMITS: StateLimits = { bytes: 256_000_000, ageMs: 30 * 86_400_000 }

/** Keys that a list gives at most. */
export const MAX_LISTED = 5_000
