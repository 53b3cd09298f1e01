/**
 * The requests of the last minute: when the last one of a quarter second came (epoch ms), and how
 * many came in it. Bounded however many a minute may have.
 */
export type Minute = readonly (readonly [atMs: number, count: number])[]

export const MINUTE_MS = 60_000
const TOGETHER_MS = 250

/** Forgiving: what cannot be read is no request. */
export function parseMinute(text: string | undefined): Minute {
  const value = text === undefined ? undefined : parsed(text)
  return Array.isArray(value) ? value.filter(isEntry) : []
}

/** Those that are not over. A clock that went back must not keep some for ever. */
export function lastMinute(minute: Minute, nowMs: number): Minute {
  return minute.filter(([atMs]) => atMs > nowMs - MINUTE_MS && atMs <= nowMs + MINUTE_MS)
}

/** With one request more. */
export function withRequest(minute: Minute, nowMs: number): Minute {
  const last = minute[minute.length - 1]
  if (!last || slot(last[0]) !== slot(nowMs)) return [...minute, [nowMs, 1]]
  return [...minute.slice(0, -1), [Math.max(last[0], nowMs), last[1] + 1]]
}

export function requestsIn(minute: Minute): number {
  return minute.reduce((sum, [, count]) => sum + count, 0)
}

function slot(atMs: number): number {
  return Math.floor(atMs / TOGETHER_MS)
}

function isEntry(entry: unknown): entry is [number, number] {
  return Array.isArray(entry) && Number.isFinite(entry[0]) && Number.isFinite(entry[1])
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
