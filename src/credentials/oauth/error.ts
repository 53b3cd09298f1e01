import { plainText } from '../../lib/plain-text.ts'

/**
 * Why a vendor gave no token.
 * - `invalid-grant`: final; the user has to sign in again
 * - `rejected`: refused with another OAuth error, which `reason` holds
 * - `not-json`: a page or a redirect came in place of JSON
 * - `network`: the vendor was not reached in time
 * - `transient`: a fault or a limit of the vendor; `retryAfterMs` where it asks for a pause
 */
export type OAuthErrorCode = 'invalid-grant' | 'rejected' | 'not-json' | 'network' | 'transient'

/** The message is a sentence with what to do. It never holds a token, a code or a secret. */
export class OAuthError extends Error {
  readonly code: OAuthErrorCode
  /** The vendor's own word (`slow_down`, `invalid_client`). */
  readonly reason: string | undefined
  readonly retryAfterMs: number | undefined

  constructor(
    code: OAuthErrorCode,
    message: string,
    details: { reason?: string; retryAfterMs?: number; cause?: unknown } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = 'OAuthError'
    this.code = code
    this.reason = details.reason
    this.retryAfterMs = details.retryAfterMs
  }
}

/** A vendor's words, fit for one line of a terminal: no tags, no control characters, bounded. */
export function shownWords(words: string, maxLength = 200): string {
  return plainText(words)
    .replace(/\p{Cc}/gu, '')
    .slice(0, maxLength)
}
