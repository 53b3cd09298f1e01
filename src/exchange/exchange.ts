import { asGatewayError } from '../lib/errors.ts'
import { JsonBytesError, parseJson } from '../lib/json/json-bytes.ts'
import { retryHeaders } from '../protocols/shared/error-headers.ts'
import { causeOf, rememberFailed } from './accounting/settle.ts'
import { countTokens } from './count-tokens.ts'
import { failover } from './failover/failover.ts'
import { withKeepAlive } from './reply/keep-alive.ts'
import { respond } from './reply/respond.ts'
import { type Ask, begin, type Exchange, stamp } from './request.ts'
import type { Gateway } from './snapshot.ts'
import { asJson, relayedHeaders } from './upstream/headers.ts'
import { UpstreamError } from './upstream-error.ts'

/** Serves one request. Never throws: whatever fails is answered in the client's protocol. */
export async function exchange(gateway: Gateway, asked: Ask): Promise<Response> {
  const ask = gateway.table.logging.requests === 'off' ? asked : recorded(gateway, asked)
  let begun: Exchange | undefined
  try {
    if (ask.caller.limits?.usdPerDay !== undefined) await gateway.services.prices.prepare()
    begun = await begin(gateway, ask)
    if (begun.action === 'count-tokens') return await countTokens(begun)
    // What is wrong with a request that must be read anyway is no target's fault.
    if (!begun.allowsPassthrough) begun.conversation()
    const running = begun
    const answering = failover(running)
    if (!running.envelope.stream || running.action === 'relay')
      return respond(running, running, await answering)
    return await withKeepAlive(running, answering)
  } catch (error) {
    return failed(gateway, ask, begun, error)
  }
}

function recorded(gateway: Gateway, ask: Ask): Ask {
  return { ...ask, recording: gateway.services.recorder.begin(gateway, ask) }
}

/** The error as the client's protocol says it; the upstream's own bytes where it is the same one. */
export function failed(
  gateway: Gateway,
  ask: Ask,
  begun: Exchange | undefined,
  thrown: unknown,
): Response {
  const error = asGatewayError(thrown)
  const { log } = gateway.services
  if (error.code === 'internal')
    log.write('error', error.message, { id: ask.requestId, cause: causeOf(error) })
  if (begun) rememberFailed(begun, error)
  else ask.recording?.failed(error)
  const headers = new Headers()
  headers.set('x-jackfield-request-id', ask.requestId)
  if (begun?.allowsPassthrough && error instanceof UpstreamError && isOfProtocol(error, ask)) {
    const relayed = relayedHeaders(error.headers)
    asJson(relayed)
    stamp(relayed, begun)
    for (const [name, value] of Object.entries(retryHeaders(error)))
      if (!relayed.has(name)) relayed.set(name, value)
    return respond(ask, begun, { status: error.status, headers: relayed, body: error.body })
  }
  const encoded = ask.codec.encodeError(error)
  for (const name in encoded.headers) headers.set(name, encoded.headers[name] ?? '')
  headers.set('content-type', 'application/json')
  if (begun) stamp(headers, begun)
  const body = JSON.stringify(encoded.body)
  return respond(ask, begun, { status: encoded.status, headers, body })
}

/** Whether an upstream's error is one that the client can read: a web page is none. */
function isOfProtocol({ protocol, body }: UpstreamError, { codec }: Ask): boolean {
  if (protocol !== codec.protocol) return false
  try {
    return typeof parseJson(body) === 'object'
  } catch (error) {
    if (error instanceof JsonBytesError) return false
    throw error
  }
}
