import { describe, expect, test } from 'bun:test'
import {
  anthropicLimits,
  codexLimits,
  openaiLimits,
} from '../../src/providers/rate-limit-headers.ts'

const NOW = Date.UTC(2026, 0, 1)
const SECONDS = NOW / 1000

const anthropic = (window: string, status: string, reset: number): Record<string, string> => ({
  [`anthropic-ratelimit-${window}-status`]: status,
  [`anthropic-ratelimit-${window}-reset`]: String(reset),
})

describe('what Anthropic says of its windows', () => {
  test.each<[string, number, Record<string, string>, number | undefined]>([
    ['a rejected window', 429, anthropic('unified-5h', 'rejected', SECONDS + 90), 90_000],
    [
      'the later of two',
      429,
      {
        ...anthropic('unified-5h', 'rejected', SECONDS + 90),
        ...anthropic('unified-7d', 'rejected', SECONDS + 600),
      },
      600_000,
    ],
    ['a reset that is over', 429, anthropic('unified', 'rejected', SECONDS - 5), 0],
    ['an allowed window', 429, anthropic('unified', 'allowed', SECONDS + 90), undefined],
    ['a reset that is no number', 429, anthropic('unified', 'rejected', Number.NaN), undefined],
    ['another status', 529, anthropic('unified', 'rejected', SECONDS + 90), undefined],
  ])('%s', (_, status, headers, retryAfterMs) =>
    expect(anthropicLimits(status, new Headers(headers), '', NOW)).toEqual(
      retryAfterMs === undefined ? undefined : { retryAfterMs, scope: 'credential' },
    ),
  )
})

describe('what OpenAI says of its buckets', () => {
  const bucket = (name: string, remaining: number, reset: string): Record<string, string> => ({
    [`x-ratelimit-remaining-${name}`]: String(remaining),
    [`x-ratelimit-reset-${name}`]: reset,
  })
  test.each<[string, number, Record<string, string>, number | undefined]>([
    ['an empty one', 429, bucket('tokens', 0, '6m1.5s'), 361_500],
    [
      'the later of two',
      429,
      { ...bucket('tokens', 0, '20ms'), ...bucket('requests', 0, '1s') },
      1_000,
    ],
    ['one with something left', 429, bucket('tokens', 7, '6m0s'), undefined],
    ['a duration that is none', 429, bucket('tokens', 0, 'soon'), undefined],
    ['another status', 503, bucket('tokens', 0, '6m0s'), undefined],
    [
      'Retry-After, which goes before',
      429,
      { ...bucket('tokens', 0, '6m0s'), 'retry-after': '3' },
      undefined,
    ],
    [
      'Retry-After as a date that is over',
      429,
      { ...bucket('tokens', 0, '6m0s'), 'retry-after': new Date(NOW - 1_000).toUTCString() },
      360_000,
    ],
  ])('%s', (_, status, headers, retryAfterMs) =>
    expect(openaiLimits(status, new Headers(headers), '', NOW)).toEqual(
      retryAfterMs === undefined ? undefined : { retryAfterMs, scope: 'model' },
    ),
  )
})

describe('what ChatGPT says of its windows', () => {
  const used = (more: object): string =>
    JSON.stringify({ error: { type: 'usage_limit_reached', message: 'x', ...more } })
  test.each<[string, string, ReturnType<typeof codexLimits>]>([
    ['seconds', used({ resets_in_seconds: 90 }), { retryAfterMs: 90_000, scope: 'credential' }],
    ['a time', used({ resets_at: SECONDS + 90 }), { retryAfterMs: 90_000, scope: 'credential' }],
    ['a time that is over', used({ resets_at: 1 }), { retryAfterMs: 0, scope: 'credential' }],
    ['no reset', used({}), { retryAfterMs: undefined, scope: 'credential' }],
    ['another limit', '{"error":{"type":"rate_limit_exceeded","resets_in_seconds":9}}', undefined],
    ['a page', '<html>', undefined],
  ])('%s', (_, body, limits) => expect(codexLimits(429, new Headers(), body, NOW)).toEqual(limits))
})
