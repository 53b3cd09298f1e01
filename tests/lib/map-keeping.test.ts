import { expect, test } from 'bun:test'
import { mapKeeping } from '../../src/lib/map-keeping.ts'

const upper = (word: string): string => word.toUpperCase()

test('an array of which no item changes is returned itself', () => {
  for (const items of [[], ['A'], ['A', 'B']]) expect(mapKeeping(items, upper)).toBe(items)
})

test('a changed item makes a new array, whatever its place', () => {
  for (const items of [
    ['a', 'B', 'C'],
    ['A', 'b', 'C'],
    ['A', 'B', 'c'],
  ]) {
    const before = [...items]
    expect(mapKeeping(items, upper)).toEqual(['A', 'B', 'C'])
    expect(items).toEqual(before)
  }
})
