import { GatewayError } from '../../lib/errors.ts'
import { withQuery } from '../../lib/net/query.ts'
import type { Action } from '../../protocols/codec.ts'
import type { ServiceAccount } from '../../providers/service-account.ts'
import { redactCredential } from '../../redaction/redactor.ts'
import { targetName } from '../../routing/target-name.ts'
import { beginningBytes } from '../reply/body.ts'
import { checkReplyHeaders } from '../reply/headers.ts'
import type { Exchange } from '../request.ts'
import { UpstreamError } from '../upstream-error.ts'
import { type Attempt, networkError } from './attempt.ts'
import { encoded, upstreamHeaders } from './encode.ts'

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
  const { target, speech } = attempt
  const { kind } = target.provider
  const { body, extra, stream } = encoded(exchange, attempt, action)
  const account = kind.serviceAccount?.(attempt.lease.spec.secret, speech.baseUrl)
  const headers = upstreamHeaders(exchange, attempt, extra, stream, account !== undefined)
  if (account) {
    const token = await exchange.gateway.services.tokens.tokenFor(account)
    headers.set('authorization', `Bearer ${token}`)
  }
  const url = urlFor(exchange, attempt, action, stream, account)
  exchange.recording?.sent(exchange, { attempt, url, headers, body })
  attempt.sent = true
  let reply: Response
  try {
    reply = kind.answer
      ? await kind.answer({
          protocol: speech.protocol,
          action,
          model: target.model,
          stream,
          headers,
          body,
          signal: attempt.abort.signal,
        })
      : await fetched(exchange, attempt, url, { headers, body })
  } catch (error) {
    throw networkError(exchange, attempt, error)
  }
  attempt.replied = true
  checkReplyHeaders(attempt, reply.headers)
  exchange.recording?.replied(reply)
  attempt.sent = reply.ok
  if (reply.status >= 400) throw await upstreamErrorOf(exchange, attempt, reply)
  if (reply.status < 200 || reply.status > 299) throw await noAnswerStatus(attempt, reply)
  return reply
}

function urlFor(
  { relay }: Exchange,
  { target, codec, speech }: Attempt,
  action: Action,
  stream: boolean,
  account: ServiceAccount | undefined,
): string {
  const own = target.provider.kind.speaks.find(one => one.protocol === speech.protocol)
  const root = account?.root ?? own?.root
  const path =
    own?.paths?.[action] ??
    codec.pathFor(action, target.model, stream, {
      root,
      relay,
    })
  return withQuery(`${account?.baseUrl ?? speech.baseUrl}${path}`, speech.query)
}

/**
 * `fetch` cannot time its own connecting. An origin we have not reached lately is therefore probed
 * beside the request, which costs no latency, and a probe that fails ends the attempt.
 */
async function fetched(
  exchange: Exchange,
  attempt: Attempt,
  url: string,
  request: { headers: Headers; body: Uint8Array<ArrayBuffer> },
): Promise<Response> {
  const { services } = exchange.gateway
  const { target, lease } = attempt
  const through = await services.proxies.optionFor(lease.spec.proxy ?? target.provider.proxy, url)
  // Behind a proxy it is not the origin that is connected to.
  const probe = through?.proxy ? () => () => {} : services.probe
  const stopProbe = probe(url, target.timeouts.connectMs, () => {
    attempt.watch.stage = 'connect'
    attempt.watch.due()
  })
  try {
    return await services.fetch(url, {
      ...request,
      // Bun's types do not know that false is "none".
      ...(through as { proxy: string } | undefined),
      method: 'POST',
      signal: attempt.abort.signal,
      redirect: 'manual',
    })
  } finally {
    stopProbe()
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
  const said = new TextDecoder().decode(read)
  const text = redactCredential([attempt.lease.spec.secret], said)
  const body = text === said ? read : new TextEncoder().encode(text)
  const meaning = attempt.codec.decodeError(reply.status, reply.headers, text)
  const limits = attempt.target.provider.kind.limits?.(reply.status, reply.headers, text)
  return new UpstreamError(
    meaning,
    { protocol: attempt.speech.protocol, headers: reply.headers, body },
    limits,
  )
}

async function errorBody(
  exchange: Exchange,
  attempt: Attempt,
  reply: Response,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await beginningBytes(reply, MAX_ERROR_BYTES)
  } catch (error) {
    if (exchange.inbound.signal.aborted) throw networkError(exchange, attempt, error)
    return new Uint8Array(0)
  }
}
