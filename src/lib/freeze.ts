/**
 * Freezes plain objects and lists all the way down, and the values of maps. A map itself cannot be
 * frozen: its type has to forbid changes.
 */
export function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  if (value instanceof Map) {
    for (const one of value.values()) frozen(one)
    return value
  }
  const plain = Object.getPrototypeOf(value) === Object.prototype
  if (!plain && !Array.isArray(value)) return value
  Object.freeze(value)
  for (const one of Object.values(value)) frozen(one)
  return value
}
