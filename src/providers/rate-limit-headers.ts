import { goDurationMs } from '../lib/go-duration.ts'
import { parseRetryAfter } from '../lib/net/retry-after.ts'
import type { Limits } from './kind.ts'

/**
 * Subscription windows come per window: `rejected` on the unified, five-hour or seven-day one
 * cools down the whole credential until the reset it names.
 */
export function anthropicLimits(
  status: number,
  headers: Headers,
  _body: string,
  nowMs: number,
): Limits | undefined {
  if (status !== 429) return undefined
  let resetSeconds = 0
  for (const window of ['unified', 'unified-5h', 'unified-7d']) {
    if (headers.get(`anthropic-ratelimit-${window}-status`) !== 'rejected') continue
    resetSeconds = Math.max(
      resetSeconds,
      Number(headers.get(`anthropic-ratelimit-${window}-reset`)) || 0,
    )
  }
  if (resetSeconds === 0) return undefined
  return { retryAfterMs: Math.max(0, resetSeconds * 1000 - nowMs), scope: 'credential' }
}

/** `x-ratelimit-reset-*` say when each bucket is full again; only an empty one matters. */
export function openaiLimits(
  status: number,
  headers: Headers,
  _body: string,
  nowMs: number,
): Limits | undefined {
  if (status !== 429 || parseRetryAfter(headers, nowMs) !== undefined) return undefined
  let waitMs: number | undefined
  for (const bucket of ['requests', 'tokens']) {
    if (headers.get(`x-ratelimit-remaining-${bucket}`) !== '0') continue
    const reset = goDurationMs(headers.get(`x-ratelimit-reset-${bucket}`) ?? '')
    if (reset !== undefined) waitMs = Math.max(waitMs ?? 0, reset)
  }
  return waitMs === undefined ? undefined : { retryAfterMs: waitMs, scope: 'model' }
}
