import { expect, test } from 'bun:test'
import { duration, goDurationMs } from '../../src/import/durations.ts'

test.each([
  ['90s', 90_000],
  ['1h30m', 5_400_000],
  ['1.5s', 1_500],
  ['250ms', 250],
  ['', undefined],
  ['90', undefined],
  ['1d', undefined],
  ['1h then', undefined],
])('Go’s %j is %p milliseconds', (written, ms) => {
  expect(goDurationMs(written)).toBe(ms)
})

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
