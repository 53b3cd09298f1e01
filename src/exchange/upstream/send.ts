import { GatewayError } from '../../lib/errors.ts'
import { withQuery } from '../../lib/net/query.ts'
import type { Action } from '../../protocols/codec.ts'
import type { UpstreamRequest } from '../../providers/transport.ts'
import { redactCredential } from '../../redaction/redactor.ts'
import { targetName } from '../../routing/target-name.ts'
import { type Exchange, emit } from '../context.ts'
import { beginningBytes } from '../reply/body.ts'
import { checkReplyHeaders } from '../reply/headers.ts'
import { UpstreamError } from '../upstream-error.ts'
import { type Attempt, networkError } from './attempt.ts'
import { encoded, upstreamHeaders } from './encode.ts'
import { applyDeclared } from './headers.ts'

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
  const { target, speech, lease, abort } = attempt
  const { credential } = lease
  // What passes is not read.
  if (!attempt.passing) await exchange.body.conversation()
  const { body, extra, stream } = encoded(exchange, attempt, action)
  const request: UpstreamRequest = {
    protocol: speech.protocol,
    action,
    model: target.model,
    stream,
    method: 'POST',
    url: urlFor(exchange, attempt, action, stream),
    headers: upstreamHeaders(exchange, attempt, extra, stream),
    body,
    proxy: credential.proxy,
    connectMs: target.timeouts.connectMs,
  }
  const authorizing = credential.authorize(request, abort.signal)
  if (authorizing) await authorized(exchange, attempt, authorizing)
  applyDeclared(credential.headers, exchange.headers, request.headers)
  const { url, headers } = request
  emit(exchange, { type: 'attempt-start', attempt, url, headers, body })
  attempt.sent = true
  const transport = target.provider.kind.transport ?? exchange.gateway.services.transport
  let reply: Response
  try {
    reply = await transport.send(request, abort.signal)
  } catch (error) {
    throw networkError(exchange, attempt, error)
  }
  attempt.replied = true
  checkReplyHeaders(attempt, reply.headers)
  emit(exchange, { type: 'attempt-reply', status: reply.status, headers: reply.headers })
  attempt.sent = reply.ok
  if (reply.status >= 400) throw await upstreamErrorOf(exchange, attempt, reply)
  if (reply.status < 200 || reply.status > 299) throw await noAnswerStatus(attempt, reply)
  return reply
}

/** A token that is waited for is part of the attempt: its limits, and the client's leaving, count. */
async function authorized(exchange: Exchange, attempt: Attempt, authorizing: Promise<void>) {
  try {
    await authorizing
  } catch (error) {
    throw networkError(exchange, attempt, error)
  }
}

function urlFor(
  { relay }: Exchange,
  { target, codec, speech, lease }: Attempt,
  action: Action,
  stream: boolean,
): string {
  const own = target.provider.kind.speaks.find(({ protocol }) => protocol === speech.protocol)
  const endpoint = lease.credential.endpoint?.(speech.baseUrl)
  const root = endpoint?.root ?? own?.root
  const path = own?.paths?.[action] ?? codec.pathFor(action, target.model, stream, { root, relay })
  return withQuery(`${endpoint?.baseUrl ?? speech.baseUrl}${path}`, speech.query)
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
  const said = new TextDecoder().decode(read)
  const text = redactCredential(attempt.lease.credential.secrets(), said)
  const body = text === said ? read : new TextEncoder().encode(text)
  const { status, headers } = reply
  const nowMs = exchange.gateway.services.now()
  const meaning = attempt.codec.decodeError(status, headers, text, nowMs)
  const limits = attempt.target.provider.kind.limits?.(status, headers, text, nowMs)
  return new UpstreamError(meaning, { protocol: attempt.speech.protocol, headers, body }, limits)
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
