import { expect, test } from 'bun:test'
import { duration } from '../../src/import/durations.ts'

test.each([
  [7_200_000, '2h'],
  [5_400_000, '90m'],
  [61_000, '61s'],
  [1_500, '1500ms'],
  [0, '0s'],
  [-5, '0s'],
])('%p milliseconds are %s', (ms, written) => {
  expect(duration(ms)).toBe(written)
})
