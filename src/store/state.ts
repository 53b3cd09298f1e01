/**
 * State that routing reads at every request, in this process's memory or on its disk: cooldowns,
 * model lists, requested names, failed refreshes of accounts. Reading never waits; what other nodes
 * write is reported.
 */
export interface HotState {
  /** The values found, by key; of what keys have spent, as far as this node knows. */
  peek(space: HotSpace | 'spent', owner: string, keys: readonly string[]): Map<string, string>
  /** Every key of a space, newest first; at most some thousands. */
  list(space: HotSpace, owner: string): string[]
  /** Replaces what was stored under a key. Whatever reads here next finds it. */
  put(space: Space, owner: string, entries: ReadonlyMap<string, string>): void
  /**
   * Calls the listener after another node has written, until the function that it gives is called.
   * A store of this machine alone calls it never.
   */
  changes(listener: (space: HotSpace, owner: string) => void): () => void
}

/**
 * The same with what a request waits for: reasoning by call id, responses and their items by id, what
 * API keys have spent. Bounded and disposable: losing it costs a thought or one clear error, never a
 * conversation that the client holds itself. No method throws or rejects: where the file cannot be
 * used, memory serves, and that is reported once. Apart for each owner, such as an API key.
 */
export interface StateStore extends HotState {
  /** The values found, by key; those that this process has put among them at once. */
  get(space: SharedSpace, owner: string, keys: readonly string[]): Promise<Map<string, string>>
  /**
   * Reads values and writes what `next` makes of them, in one transaction: nodes that share the store
   * cannot overwrite each other's. False: it cannot be written just now, and nothing was. `next` has
   * no effect of its own, since it may run twice.
   */
  change(
    space: SharedSpace,
    owner: string,
    keys: readonly string[],
    next: (found: ReadonlyMap<string, string>) => ReadonlyMap<string, string>,
  ): Promise<boolean>
  /** Removes values for good. False: that is not possible just now. */
  remove(space: SharedSpace, owner: string, keys: readonly string[]): Promise<boolean>
  close(): void
}

type SharedSpace = 'reasoning' | 'response' | 'item' | 'spent'
type HotSpace = 'account' | 'asked' | 'cooldown' | 'models'
export type Space = SharedSpace | HotSpace

export type StateLimits = { bytes: number; ageMs: number }

export const STATE_LIMITS: StateLimits = { bytes: 256_000_000, ageMs: 30 * 86_400_000 }

/** Keys that a list gives at most. */
export const MAX_LISTED = 5_000
