import { ERROR_POLICY } from '../../lib/error-policy.ts'
import { GatewayError } from '../../lib/errors.ts'
import type { Action } from '../../protocols/codec.ts'
import type { UpstreamRequest } from '../../providers/transport.ts'
import { redactCredential } from '../../redaction/redactor.ts'
import { targetName } from '../../routing/target-name.ts'
import { type Exchange, emit } from '../context.ts'
import { beginningBytes } from '../reply/body.ts'
import { UpstreamError } from '../upstream-error.ts'
import type { Attempt } from './attempt.ts'
import { waitForReply } from './attempt-timer.ts'
import { authorizedRequest } from './authorized-request.ts'
import { encoded } from './encode.ts'
import { networkError } from './network-error.ts'

/** Longest error body kept: enough for any upstream's words. */
const MAX_ERROR_BYTES = 1_000_000

/**
 * Sends the request and gives the upstream's reply, its body unread. Throws `UpstreamError` for a status
 * of 400 and above, `upstream-failed` and `timeout` when there was no answer, `cancelled` when the
 * client went away.
 */
export async function send(
  exchange: Exchange,
  attempt: Attempt,
  action: Action,
): Promise<Response> {
  const { upstream, target, lease, abort, sameProtocol } = attempt
  const { headers: client, relay, body: original, observers } = exchange
  // What passes is not read.
  if (!attempt.passing && !original.loaded) await original.load()
  const { body, extra, stream } = encoded(exchange, attempt, action)
  const question = { action, model: target.model, stream, relay, sameProtocol, extra }
  const sending = { method: 'POST', body, client, connectMs: target.timeouts.connectMs } as const
  for (let refreshed = false; ; refreshed = true) {
    const made = authorizedRequest(upstream, lease.credential, question, sending, abort.signal)
    const request = made instanceof Promise ? await orNetworkError(exchange, attempt, made) : made
    if (observers.length > 0) {
      const { url, headers } = request
      emit(exchange, { type: 'attempt-start', attempt, url, headers, body })
    }
    attempt.sent = true
    let reply: Response
    try {
      reply = await upstream.transport.send(request, abort.signal)
    } catch (error) {
      throw networkError(exchange, attempt, error)
    }
    const { status, headers } = reply
    attempt.replied = true
    checkReplyHeaders(attempt, headers)
    if (observers.length > 0) emit(exchange, { type: 'attempt-reply', status, headers })
    attempt.sent = status >= 200 && status <= 299
    if (attempt.sent) return reply
    if (status < 400) throw await noAnswerStatus(attempt, reply)
    const error = await upstreamErrorOf(exchange, attempt, reply)
    if (refreshed || !(await refreshes(exchange, attempt, request, error))) throw error
  }
}

/** As much as many clients take of a reply's headers at all (Node.js: 16 KiB). */
const MAX_HEADER_BYTES = 16_000

/** Throws `upstream-failed` for a reply with more headers than a client could be handed. */
function checkReplyHeaders({ target, abort }: Attempt, headers: Headers): void {
  let length = 0
  for (const [name, value] of headers) length += name.length + value.length
  if (length <= MAX_HEADER_BYTES) return
  abort.abort()
  throw new GatewayError(
    'upstream-failed',
    `${targetName(target)}: it sent ${length} bytes of response headers, and at most ${MAX_HEADER_BYTES} are relayed; ask who runs it why, or use another provider`,
    { ownLimit: true },
  )
}

/** Whether the credential refused has another token now. Waiting for it is part of the attempt. */
async function refreshes(
  exchange: Exchange,
  attempt: Attempt,
  request: UpstreamRequest,
  error: UpstreamError,
): Promise<boolean> {
  const { credential } = attempt.lease
  if (!ERROR_POLICY[error.code].refreshOnce || !credential.refresh) return false
  const refreshing = credential.refresh(request, attempt.abort.signal)
  if (!(await orNetworkError(exchange, attempt, refreshing))) return false
  emit(exchange, { type: 'attempt-retry', error })
  attempt.replied = false
  waitForReply(exchange, attempt)
  return true
}

/** A token that is waited for is part of the attempt: its limits, and the client's leaving, count. */
async function orNetworkError<T>(
  exchange: Exchange,
  attempt: Attempt,
  waiting: Promise<T>,
): Promise<T> {
  try {
    return await waiting
  } catch (error) {
    throw networkError(exchange, attempt, error)
  }
}

/** A redirect, or a status that HTTP does not have: neither an answer nor an error of the upstream. */
async function noAnswerStatus({ target }: Attempt, { status, body }: Response) {
  await body?.cancel()
  const what = status >= 300 ? 'redirects elsewhere' : 'is no answer'
  return new GatewayError(
    'upstream-failed',
    `${targetName(target)}: it sent status ${status}, which ${what}; is its base-url right?`,
  )
}

async function upstreamErrorOf(
  exchange: Exchange,
  attempt: Attempt,
  reply: Response,
): Promise<UpstreamError> {
  const read = await errorBody(exchange, attempt, reply)
  const original = new TextDecoder().decode(read)
  const text = redactCredential(attempt.lease.credential.secrets(), original)
  const body = text === original ? read : new TextEncoder().encode(text)
  const { status, headers } = reply
  const nowMs = exchange.gateway.services.now()
  const meaning = attempt.codec.decodeError(status, headers, text, nowMs)
  const limits = attempt.target.provider.kind.limits?.(status, headers, text, nowMs)
  return new UpstreamError(meaning, { protocol: attempt.upstream.protocol, headers, body }, limits)
}

async function errorBody(
  exchange: Exchange,
  attempt: Attempt,
  reply: Response,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await beginningBytes(reply, MAX_ERROR_BYTES)
  } catch (error) {
    if (exchange.signal.aborted) throw networkError(exchange, attempt, error)
    return new Uint8Array(0)
  }
}
