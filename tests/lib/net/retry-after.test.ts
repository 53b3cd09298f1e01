import { describe, expect, test } from 'bun:test'
import { parseRetryAfter, waitIn } from '../../../src/lib/net/retry-after.ts'

describe('how long an error asks to wait', () => {
  test.each<[string, number | undefined]>([
    ['Rate limit reached for gpt. Please try again in 11.054s. Visit …', 11_054],
    ['Please try again in 6m0s.', 360_000],
    ['please try again in 1h2m3.5s', 3_723_500],
    ['Please try again in 20ms', 20],
    ['Try again in 3 days 17 minutes.', 260_220_000],
    ['try again in 35 seconds', 35_000],
    ['try again in 2 hours, 5 min', 7_500_000],
    ['try again in 20 days', undefined],
    ['try again in a moment', undefined],
    ['try again in 5 messages', undefined],
    ['Overloaded', undefined],
  ])('%s', (words, ms) => expect(waitIn(words)).toBe(ms))

  test.each<[Record<string, string>, number | undefined]>([
    [{ 'retry-after': '7' }, 7_000],
    [{ 'retry-after': '0.5' }, 500],
    [{ 'retry-after-ms': '20', 'retry-after': '7' }, 20],
    [{ 'retry-after': 'Thu, 01 Jan 1970 00:00:09 GMT' }, 8_000],
    [{ 'retry-after': 'Thu, 01 Jan 1970 00:00:00 GMT' }, undefined],
    [{ 'retry-after': '99999999' }, undefined],
    [{}, undefined],
  ])('%j', (headers, ms) => expect(parseRetryAfter(new Headers(headers), 1_000)).toBe(ms))
})
