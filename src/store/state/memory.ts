import {
  MAX_LISTED,
  type Space,
  STATE_LIMITS,
  type StateLimits,
  type StateStore,
} from '../state.ts'

type Entry = { value: string; at: number }

/** Values in memory; the oldest give way. */
export type MemoryEntries = ReturnType<typeof createMemoryEntries>

export function createMemoryEntries(now: () => number, limits: StateLimits) {
  const entries = new Map<string, Entry>()
  let bytes = 0

  function dropEntry(id: string): void {
    bytes -= entries.get(id)?.value.length ?? 0
    entries.delete(id)
  }

  return {
    read(space: Space, owner: string, keys: readonly string[]): Map<string, string> {
      const found = new Map<string, string>()
      for (const key of keys) {
        const entry = entries.get(`${space}\t${owner}\t${key}`)
        if (entry && entry.at > now() - limits.ageMs) found.set(key, entry.value)
      }
      return found
    },
    list(space: Space, owner: string): string[] {
      const prefix = `${space}\t${owner}\t`
      return [...entries.keys()]
        .filter(id => id.startsWith(prefix))
        .map(id => id.slice(prefix.length))
        .reverse()
        .slice(0, MAX_LISTED)
    },
    put(space: Space, owner: string, values: ReadonlyMap<string, string>): void {
      for (const [key, value] of values) {
        const id = `${space}\t${owner}\t${key}`
        dropEntry(id)
        entries.set(id, { value, at: now() })
        bytes += value.length
      }
      for (const id of entries.keys()) {
        if (bytes <= limits.bytes) break
        dropEntry(id)
      }
    },
    drop(space: Space, owner: string, keys: readonly string[]): void {
      for (const key of keys) dropEntry(`${space}\t${owner}\t${key}`)
    },
  }
}

/** State in memory only: for tests, and for a gateway without a folder. */
export function createMemoryState(
  now: () => number,
  limits: StateLimits = STATE_LIMITS,
): StateStore {
  const { read, list, put, drop } = createMemoryEntries(now, limits)
  return {
    peek: read,
    get: async (space, owner, keys) => read(space, owner, keys),
    list,
    put,
    changes: () => () => {},
    async change(space, owner, keys, next) {
      put(space, owner, next(read(space, owner, keys)))
      return true
    },
    async remove(space, owner, keys) {
      drop(space, owner, keys)
      return true
    },
    close() {},
  }
}
