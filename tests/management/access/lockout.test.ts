import { describe, expect, test } from 'bun:test'
import { createLockout, durationText } from '../../../src/management/access/lockout.ts'

describe('lockouts', () => {
  test('who failed longest ago is forgotten when there are too many', () => {
    const lockout = createLockout(() => 0)
    const fails = (address: string, times: number): void => {
      for (let time = 0; time < times; time++) lockout.failed(address)
    }
    fails('first', 4)
    for (let index = 0; index < 9_999; index++) fails(`192.0.2.${index}`, 1)
    fails('first', 1)
    expect(lockout.remainingMs('first')).toBe(1_800_000)
    fails('second', 4)
    for (let index = 0; index < 10_000; index++) fails(`198.51.100.${index}`, 1)
    fails('second', 1)
    expect(lockout.remainingMs('second')).toBeUndefined()
  })

  test.each([
    [1_800_000, '30m0s'],
    [1_798_400, '29m58s'],
    [60_000, '1m0s'],
    [59_400, '59s'],
    [10, '1s'],
  ])('%d ms are %s', (ms, text) => expect(durationText(ms)).toBe(text))
})
