import { describe, expect, test } from 'bun:test'
import { codecs } from '../../src/protocols/index.ts'

const NOW = Date.UTC(2001, 8, 9)

describe('Retry-After as a date is read by the given clock', () => {
  test.each(codecs.map(codec => [codec.protocol, codec] as const))('%s', (_, codec) => {
    const at = (ms: number): number | undefined => {
      const headers = new Headers({ 'retry-after': new Date(NOW + 45_000).toUTCString() })
      return codec.decodeError(429, headers, '{}', NOW + ms).retryAfterMs
    }
    expect(at(0)).toBe(45_000)
    expect(at(40_000)).toBe(5_000)
    expect(at(46_000)).toBeUndefined()
  })
})
