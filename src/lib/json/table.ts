/**
 * A table that is looked up by words from outside. It has no prototype, so `constructor` and
 * `toString` are as unknown to it as any other word.
 */
export function table<Value>(entries: Record<string, Value>): Readonly<Record<string, Value>> {
  return Object.assign(Object.create(null), entries)
}
