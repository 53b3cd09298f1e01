import { MAX_LISTED, STATE_LIMITS, type StateLimits, type StateStore } from '../state.ts'

type Entry = { value: string; at: number }

/** In memory only: for tests, and where there is no place to write. The oldest give way. */
export function createMemoryState(
  now: () => number,
  limits: StateLimits = STATE_LIMITS,
): StateStore {
  const entries = new Map<string, Entry>()
  let bytes = 0

  function drop(key: string): void {
    bytes -= entries.get(key)?.value.length ?? 0
    entries.delete(key)
  }

  function get(space: string, caller: string, keys: readonly string[]): Map<string, string> {
    const found = new Map<string, string>()
    for (const key of keys) {
      const entry = entries.get(`${space}\t${caller}\t${key}`)
      if (entry && entry.at > now() - limits.ageMs) found.set(key, entry.value)
    }
    return found
  }

  function put(space: string, caller: string, values: ReadonlyMap<string, string>): void {
    for (const [key, value] of values) {
      const full = `${space}\t${caller}\t${key}`
      drop(full)
      entries.set(full, { value, at: now() })
      bytes += value.length
    }
    for (const key of entries.keys()) {
      if (bytes <= limits.bytes) break
      drop(key)
    }
  }

  return {
    get,
    list(space, caller) {
      const head = `${space}\t${caller}\t`
      return [...entries.keys()]
        .filter(key => key.startsWith(head))
        .map(key => key.slice(head.length))
        .reverse()
        .slice(0, MAX_LISTED)
    },
    put,
    change(space, caller, keys, next) {
      put(space, caller, next(get(space, caller, keys)))
      return true
    },
    remove(space, caller, keys) {
      for (const key of keys) drop(`${space}\t${caller}\t${key}`)
      return true
    },
    close() {},
  }
}
