/** Longer than any vendor's window: a broken clock or a broken header. */
const MOST_MS = 8 * 86_400_000

/** `retry-after-ms`, or `Retry-After` in seconds or as a date; absurd values are ignored. */
export function parseRetryAfter(headers: Headers, nowMs: number): number | undefined {
  const ms = headers.get('retry-after-ms')
  if (ms !== null && ms.trim() !== '') return sane(Number(ms))
  const value = headers.get('retry-after')?.trim()
  if (!value) return undefined
  if (/^\d+(\.\d+)?$/.test(value)) return sane(Number(value) * 1000)
  return sane(Date.parse(value) - nowMs)
}

function sane(ms: number): number | undefined {
  return ms >= 0 && ms <= MOST_MS ? ms : undefined
}
