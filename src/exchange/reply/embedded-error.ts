import { GatewayError } from '../../lib/errors.ts'
import { isObject, type JsonObject } from '../../lib/json/json.ts'
import { parseRetryAfter } from '../../lib/net/retry-after.ts'
import { plainText } from '../../lib/plain-text.ts'
import { redactCredential } from '../../redaction/redactor.ts'
import { targetName } from '../../routing/target-name.ts'
import type { Exchange } from '../context.ts'
import type { Attempt } from '../upstream/attempt.ts'
import { UpstreamError } from '../upstream-error.ts'

const decoder = new TextDecoder()
const NOTHING = new Uint8Array(0)

/**
 * The JSON object that a reply with status 200 should be. Throws the error that it holds instead,
 * and `upstream-failed` for a web page, for nothing at all, and for anything else.
 */
export function parseReply(
  exchange: Exchange,
  attempt: Attempt,
  reply: Response,
  bytes: Uint8Array<ArrayBuffer>,
): JsonObject {
  const text = decoder.decode(bytes)
  const body = objectIn(text)
  if (!body) throw invalidReply(attempt, text)
  const error = attempt.codec.embeddedError(body)
  if (!error) return body
  // The upstream's own body, where it is what a client expects behind an error's status.
  const raw = isObject(body.error) ? bytes : NOTHING
  throw upstreamError(exchange, attempt, reply, error, raw)
}

/** An object, or the first one of a list, as Gemini's streams are without `alt=sse`. */
function objectIn(text: string): JsonObject | undefined {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    return undefined
  }
  if (!Array.isArray(parsed)) return isObject(parsed) ? parsed : undefined
  const [first] = parsed
  return isObject(first) && isObject(first.error) ? first : undefined
}

/** For a reply that is neither an answer nor a readable error. */
export function invalidReply({ target }: Attempt, text: string): GatewayError {
  const from = targetName(target)
  const words = plainText(text)
  const page = /^\s*</.test(text)
  return new GatewayError(
    'upstream-failed',
    words === '' && !page
      ? `${from}: it sent an empty reply`
      : `${from}: it sent ${page ? 'a web page' : 'something that is not JSON'} instead of a reply: ${words.slice(0, 200)}`,
  )
}

/**
 * The error in a reply with status 200, built as if the status had been the error's own: its headers
 * give the wait and the limits. The one place where errors inside replies are built; redacted.
 */
export function upstreamError(
  exchange: Exchange,
  attempt: Attempt,
  { headers }: Response,
  error: GatewayError,
  body: Uint8Array<ArrayBuffer> = NOTHING,
): UpstreamError {
  const { code, status, type, param } = error
  const message = redactCredential(attempt.lease.credential.secrets(), error.message)
  const nowMs = exchange.gateway.services.now()
  const retryAfterMs = error.retryAfterMs ?? parseRetryAfter(headers, nowMs)
  const meaning = new GatewayError(code, message, {
    status,
    retryAfterMs,
    type,
    param,
  })
  const original = decoder.decode(body)
  const text = redactCredential(attempt.lease.credential.secrets(), original)
  const described = text || JSON.stringify({ error: { type, message } })
  const limits = attempt.target.provider.kind.limits?.(status, headers, described, nowMs)
  const raw = text === original ? body : new TextEncoder().encode(text)
  return new UpstreamError(
    meaning,
    { protocol: attempt.upstream.protocol, headers, body: raw },
    limits,
  )
}
