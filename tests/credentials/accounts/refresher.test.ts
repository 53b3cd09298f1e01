import { describe, expect, test } from 'bun:test'
import type { AccountTokens } from '../../../src/credentials/accounts/account-file.ts'
import type { LiveAccount } from '../../../src/credentials/accounts/live-account.ts'
import { createRefresher, type InUse } from '../../../src/credentials/accounts/refresher.ts'
import { vendorBy } from '../../../src/credentials/oauth/vendors.ts'

const NOW = Date.UTC(2026, 0, 1)
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const claude = vendorBy('fileType', 'claude')
if (!claude) throw new Error('there is no such vendor')
const use = { vendor: claude, proxy: undefined }

/** Accounts that are refreshed by hand, and a clock that a test moves. */
function scene(all: Partial<AccountTokens>[], { random = 0 } = {}) {
  let now = NOW
  let timers: { dueAtMs: number; run(): void }[] = []
  const begun: number[] = []
  const ends: ((error?: Error) => void)[] = []
  const inUse = all.map((tokens, at): InUse => {
    const live = {
      account: { tokens: { accessToken: 'a', refreshToken: 'r', ...tokens } },
      failure: undefined,
      refreshAhead() {
        begun.push(at)
        return new Promise<void>((resolve, reject) => {
          ends.push(error => (error ? reject(error) : resolve()))
        })
      },
    }
    return { use, live: live as unknown as LiveAccount }
  })
  const refresher = createRefresher({
    now: () => now,
    random: () => random,
    after(ms, run) {
      const timer = { dueAtMs: now + ms, run }
      timers.push(timer)
      return () => {
        timers = timers.filter(other => other !== timer)
      }
    },
  })
  refresher.follow(inUse)
  refresher.start()
  return {
    begun,
    refresher,
    async end(error?: Error) {
      for (const end of ends.splice(0)) end(error)
      await Promise.resolve()
      await Promise.resolve()
    },
    /** Looks as often as the time has room for. */
    pass(ms: number) {
      const until = now + ms
      while (now < until) {
        now = Math.min(until, now + 5_000)
        const due = timers.filter(({ dueAtMs }) => dueAtMs <= now)
        timers = timers.filter(timer => !due.includes(timer))
        for (const { run } of due) run()
      }
    },
    /** Sets the clock, which timers do not go by. */
    step(ms: number) {
      now += ms
      for (const timer of timers) timer.dueAtMs += ms
    },
    waiting: () => timers.length,
  }
}

describe('an account is refreshed by itself', () => {
  test.each<[string, Partial<AccountTokens>, boolean]>([
    ['with less than the lead left', { expiresAtMs: NOW + 4 * HOUR - 1 }, true],
    ['not before', { expiresAtMs: NOW + 4 * HOUR + 1 }, false],
    ['when it is over', { expiresAtMs: NOW - HOUR }, true],
    [
      'a token that lives shorter than that at half of its life',
      { expiresAtMs: NOW + 29 * MINUTE, lastRefreshMs: NOW - 31 * MINUTE },
      true,
    ],
    [
      'and not before that half',
      { expiresAtMs: NOW + 31 * MINUTE, lastRefreshMs: NOW - 29 * MINUTE },
      false,
    ],
    ['whose expiry is unknown, at once', {}, true],
    ['or when its last refresh is older than the lead', { lastRefreshMs: NOW - 5 * HOUR }, true],
    ['and not if it is younger', { lastRefreshMs: NOW - 3 * HOUR }, false],
    ['never without a refresh token', { refreshToken: undefined, expiresAtMs: NOW }, false],
  ])('%s', (_, tokens, isRefreshed) => {
    expect(scene([tokens]).begun).toEqual(isRefreshed ? [0] : [])
  })

  test('a little earlier by chance, so that processes do not all begin at once', () => {
    const tokens = { expiresAtMs: NOW + 4.3 * HOUR }
    expect(scene([tokens], { random: 0 }).begun).toEqual([])
    expect(scene([tokens], { random: 0.99 }).begun).toEqual([0])
  })
})

describe('refreshes are paced', () => {
  const over = { expiresAtMs: NOW }

  test('16 at a time', async () => {
    const { begun, end, pass } = scene(Array.from({ length: 20 }, () => over))
    expect(begun).toHaveLength(16)
    pass(5_000)
    expect(begun).toHaveLength(16)
    await end()
    pass(5_000)
    expect(begun).toHaveLength(20)
  })

  test('one account no more than once a minute', async () => {
    const { begun, end, pass } = scene([over])
    await end()
    pass(55_000)
    expect(begun).toEqual([0])
    pass(10_000)
    expect(begun).toEqual([0, 0])
  })

  test('after a failure in five minutes', async () => {
    const { begun, end, pass } = scene([over])
    await end(new Error('no'))
    pass(4 * MINUTE)
    expect(begun).toEqual([0])
    pass(MINUTE + 5_000)
    expect(begun).toEqual([0, 0])
  })

  test('a clock that goes back does not make the pause longer', async () => {
    const { begun, end, pass, step } = scene([{ expiresAtMs: NOW - 48 * HOUR }])
    await end(new Error('no'))
    step(-24 * HOUR)
    pass(5_000)
    expect(begun).toEqual([0, 0])
  })

  test('none once it is stopped', () => {
    const { refresher, waiting } = scene([over])
    expect(waiting()).toBe(1)
    refresher.stop()
    expect(waiting()).toBe(0)
  })
})
