import { ERROR_POLICY } from '../../lib/error-policy.ts'
import type { GatewayError } from '../../lib/errors.ts'

/** A client that waits longer than this in silence looks as if it hung. */
const MAX_SILENT_WAIT_MS = 120_000

/**
 * The headers of an error reply that decide whether the client retries. The SDKs of OpenAI and
 * Anthropic, and Claude Code 2.1.330, obey `x-should-retry` (seen 2026-11); without it Claude Code
 * retries a 401 for three minutes silently.
 */
export function retryHeaders(error: GatewayError): Record<string, string> {
  const { code, status, retryAfterMs } = error
  const hopeless =
    ERROR_POLICY[code].lasting !== undefined ||
    status === 402 ||
    (retryAfterMs ?? 0) > MAX_SILENT_WAIT_MS
  return {
    ...(retryAfterMs === undefined
      ? {}
      : { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) }),
    ...(hopeless ? { 'x-should-retry': 'false' } : {}),
  }
}
