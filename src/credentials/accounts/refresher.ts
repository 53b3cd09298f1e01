import type { After } from '../../lib/timer.ts'
import type { AccountUse, LiveAccount } from './live-account.ts'

/** Refreshes accounts in the background before their tokens are over. */
export interface Refresher {
  /** These are in use from now on. */
  follow(inUse: readonly InUse[]): void
  start(): void
  stop(): void
}

export type InUse = { use: AccountUse; live: LiveAccount }

export type RefresherOptions = {
  now(): number
  /** From 0 to below 1: spreads refreshes, so that processes do not all begin at once. */
  random(): number
  after: After
}

/** Between two looks. */
const LOOK_MS = 5_000
const AT_ONCE = 16
/** After a refresh was begun, whatever came of it. */
const PAUSE_MS = 60_000
const AFTER_FAILURE_MS = 300_000
/** Of the lead; refreshes begin earlier by up to so much. */
const JITTER = 0.1

/** When an account may be refreshed again, and how much earlier than at its lead. */
type Schedule = { pausedAtMs: number; pauseMs: number; jitter: number }

export function createRefresher({ now, random, after }: RefresherOptions): Refresher {
  let followed: readonly InUse[] = []
  const schedules = new WeakMap<LiveAccount, Schedule>()
  let running = 0
  let cancel: (() => void) | undefined

  function scheduleOf(live: LiveAccount): Schedule {
    const known = schedules.get(live)
    if (known) return known
    const made = { pausedAtMs: 0, pauseMs: 0, jitter: 1 + JITTER * random() }
    schedules.set(live, made)
    return made
  }

  function isDue({ use, live }: InUse): boolean {
    const { tokens } = live.account
    if (tokens.refreshToken === undefined || live.failure?.final) return false
    const { pausedAtMs, pauseMs, jitter } = scheduleOf(live)
    const sinceMs = now() - pausedAtMs
    // A clock that went back must not make a pause longer than it is.
    if (sinceMs >= 0 && sinceMs < pauseMs) return false
    const { expiresAtMs, lastRefreshMs } = tokens
    const leadMs = use.vendor.refreshLeadMs * jitter
    if (expiresAtMs === undefined)
      return lastRefreshMs === undefined || now() - lastRefreshMs > leadMs
    const lifeMs = lastRefreshMs === undefined ? undefined : expiresAtMs - lastRefreshMs
    // A token that lives shorter than twice the lead is used for half of its life.
    const effectiveMs = lifeMs !== undefined && lifeMs > 0 ? Math.min(leadMs, lifeMs / 2) : leadMs
    return expiresAtMs - now() < effectiveMs
  }

  async function refresh({ use, live }: InUse): Promise<void> {
    const schedule = scheduleOf(live)
    schedule.pausedAtMs = now()
    schedule.pauseMs = PAUSE_MS
    running++
    try {
      await live.refreshAhead(use)
    } catch {
      // The account has noted why; requests go on with the token that it has.
      schedule.pausedAtMs = now()
      schedule.pauseMs = AFTER_FAILURE_MS
    } finally {
      running--
    }
  }

  function look(): void {
    for (const inUse of followed) {
      if (running >= AT_ONCE) break
      if (isDue(inUse)) void refresh(inUse)
    }
    cancel = after(LOOK_MS, look)
  }

  return {
    follow(inUse) {
      followed = inUse
    },
    start: look,
    stop() {
      cancel?.()
      cancel = undefined
      followed = []
    },
  }
}
