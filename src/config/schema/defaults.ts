import type { Policy, ServerSettings, Timeouts, UsageSettings } from '../../routing/table.ts'

/** Every default of routes.yaml, in one place. */
export const SERVER = {
  host: '127.0.0.1',
  port: 8_317,
  openToAll: false,
  origins: [],
  bodyLimitBytes: 64_000_000,
  replyLimitBytes: 64_000_000,
  shutdownGraceMs: 30_000,
} as const satisfies ServerSettings

export const TIMEOUTS: Timeouts = {
  connectMs: 10_000,
  firstByteMs: 300_000,
  idleMs: 120_000,
  totalMs: 0,
}

export const POLICY: Policy = {
  requestRetry: 3,
  maxRetryIntervalMs: 30_000,
  strategy: 'round-robin',
  cooldown: { transientMs: 60_000, maxMs: 1_800_000 },
  sessionAffinityMs: 3_600_000,
  keepaliveMs: 15_000,
  waitingRoomMs: 0,
}

export const LOGGING = { level: 'info', file: false, requests: 'off' } as const

export const USAGE: UsageSettings = { enabled: true, keepMs: 90 * 86_400_000 }
