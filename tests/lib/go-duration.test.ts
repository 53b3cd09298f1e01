import { expect, test } from 'bun:test'
import { goDurationMs } from '../../src/lib/go-duration.ts'

test.each([
  ['90s', 90_000],
  ['1h30m', 5_400_000],
  ['6m0s', 360_000],
  ['1.5s', 1_500],
  ['250ms', 250],
  ['', undefined],
  ['90', undefined],
  ['1d', undefined],
  ['1h then', undefined],
])('Go’s %j is %p milliseconds', (written, ms) => {
  expect(goDurationMs(written)).toBe(ms)
})
