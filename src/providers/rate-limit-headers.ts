import { goDurationMs } from '../lib/go-duration.ts'
import { parseObject } from '../lib/json/json.ts'
import { number, object } from '../lib/json/read-json.ts'
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

/**
 * A window of a ChatGPT subscription that is used up cools down the whole account until its reset:
 * `resets_in_seconds`, or `resets_at` as a Unix time. Its status is 429; 400 and 403 in 2025.
 */
export function codexLimits(
  _status: number,
  _headers: Headers,
  body: string,
  nowMs: number,
): Limits | undefined {
  const error = object(parseObject(body)?.error)
  if (error?.type !== 'usage_limit_reached' && error?.code !== 'usage_limit_reached')
    return undefined
  const seconds = number(error.resets_in_seconds)
  const resetAt = number(error.resets_at)
  const waitMs = seconds !== undefined ? seconds * 1000 : resetAt && resetAt * 1000 - nowMs
  return { retryAfterMs: waitMs && Math.max(0, waitMs), scope: 'credential' }
}
