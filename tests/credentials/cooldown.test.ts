import { expect, test } from 'bun:test'
import { type Cooldown, cooldownAfter } from '../../src/credentials/cooldown.ts'
import type { PoolPolicy } from '../../src/credentials/credential.ts'
import { type ErrorCode, GatewayError } from '../../src/lib/errors.ts'

const HOUR = 3_600_000
const NOW = 1_000_000
const POLICY = {
  cooldown: { transientMs: 20_000, maxMs: 24 * HOUR },
} as PoolPolicy

type After = { before?: Cooldown | undefined; retryAfterMs?: number; random?: number; max?: number }

function after(code: ErrorCode, { before, retryAfterMs, random = 0, max }: After = {}) {
  const policy =
    max === undefined ? POLICY : { ...POLICY, cooldown: { ...POLICY.cooldown, maxMs: max } }
  const error = new GatewayError(code, 'failed')
  return cooldownAfter(error, before, policy, { nowMs: NOW, random }, retryAfterMs)
}

test.each<[ErrorCode, number | undefined, boolean]>([
  ['rate-limited', 1_000, false],
  ['quota-exhausted', 1_000, false],
  ['overloaded', 20_000, true],
  ['upstream-failed', 20_000, true],
  ['timeout', 20_000, true],
  ['upstream-auth', HOUR / 2, true],
  ['upstream-forbidden', HOUR / 2, true],
  ['upstream-not-found', 12 * HOUR, true],
  ['invalid-request', undefined, false],
  ['cancelled', undefined, false],
  ['internal', undefined, false],
])('after %s, where the upstream gives no time', (code, ms, guessed) =>
  expect(after(code)).toEqual(
    ms === undefined
      ? undefined
      : {
          sinceMs: NOW,
          untilMs: NOW + ms,
          level: ms === 1_000 ? 1 : 0,
          code,
          guessed,
          told: false,
        },
  ),
)

test.each<[string, ErrorCode, After, number]>([
  ['the time that the upstream gives', 'rate-limited', { retryAfterMs: 7_000 }, 7_000],
  ['the same without chance', 'rate-limited', { retryAfterMs: 7_000, random: 0.9 }, 7_000],
  ['a time for what passes', 'overloaded', { retryAfterMs: 7_000 }, 7_000],
  ['a tenth more by chance', 'upstream-failed', { random: 0.5 }, 21_000],
  ['never beyond the limit', 'rate-limited', { retryAfterMs: 9_000, max: 5_000 }, 5_000],
  ['a guess, never beyond the limit', 'upstream-not-found', { max: HOUR }, HOUR],
  ['no time before now', 'rate-limited', { retryAfterMs: -5 }, 0],
])('%s', (_, code, options, ms) => expect(after(code, options)?.untilMs).toBe(NOW + ms))

test('each limit after the last one was over doubles; those within one count once', () => {
  const first = after('rate-limited')
  const within = after('rate-limited', { before: first })
  expect([within?.level, within?.untilMs]).toEqual([1, first?.untilMs])
  const levels: number[] = []
  let before = first && { ...first, untilMs: NOW }
  for (let at = 0; at < 4; at++) {
    const next = after('rate-limited', { before })
    levels.push((next?.untilMs ?? 0) - NOW)
    before = next && { ...next, untilMs: NOW }
  }
  expect(levels).toEqual([2_000, 4_000, 8_000, 16_000])
})

test('a shorter time does not end a longer cooldown, which began when it began', () => {
  const long = { ...after('rate-limited', { retryAfterMs: 60_000 }), sinceMs: NOW - 5 } as Cooldown
  const short = after('rate-limited', { before: long, retryAfterMs: 1_000 })
  expect([short?.sinceMs, short?.untilMs]).toEqual([NOW - 5, NOW + 60_000])
})

test('a limit that must be paid for lasts as long as a fault', () => {
  const error = new GatewayError('quota-exhausted', 'pay', { status: 402 })
  const at = { nowMs: NOW, random: 0 }
  expect(cooldownAfter(error, undefined, POLICY, at, undefined)?.untilMs).toBe(NOW + HOUR / 2)
  expect(cooldownAfter(error, undefined, POLICY, at, 5_000)?.untilMs).toBe(NOW + 5_000)
})

test('a limit of our own says nothing about the credential', () => {
  const error = new GatewayError('timeout', 'ours', { ownLimit: true })
  expect(cooldownAfter(error, undefined, POLICY, { nowMs: NOW, random: 0 }, 5_000)).toBeUndefined()
})
