import type { Reservation } from '../credentials/quotas.ts'
import { asGatewayError, causeOf, type GatewayError } from '../lib/errors.ts'
import { JsonBytesError, parseJson } from '../lib/json/json-bytes.ts'
import type { ClientCodec } from '../protocols/codec.ts'
import { retryHeaders } from '../protocols/shared/error-headers.ts'
import { reservationObserver } from './accounting/observers.ts'
import { reserve } from './accounting/reserve.ts'
import { settleEnd } from './accounting/settle.ts'
import type { Exchange } from './context.ts'
import { countTokens } from './count-tokens.ts'
import type { Observer } from './events.ts'
import { failover } from './failover/failover.ts'
import { Progress } from './progress.ts'
import type { Recording } from './recording.ts'
import { withKeepAlive } from './reply/keep-alive.ts'
import { respond } from './reply/respond.ts'
import type { InboundRequest } from './request.ts'
import { resolveRequest } from './resolve.ts'
import { asJson, relayedHeaders, stamp } from './response-headers.ts'
import type { ExchangeSnapshot } from './snapshot.ts'
import { UpstreamError } from './upstream-error.ts'

/** Serves one request. Never throws: whatever fails is answered in the client's protocol. */
export async function exchange(
  gateway: ExchangeSnapshot,
  inbound: InboundRequest,
): Promise<Response> {
  const recording = gateway.records ? gateway.services.recorder.begin(gateway, inbound) : undefined
  let admitted: Exchange | undefined
  try {
    if (inbound.caller.budgeted) await gateway.services.prices.prepare()
    const resolved = resolveRequest(gateway, inbound)
    const request = resolved instanceof Promise ? await resolved : resolved
    const reservation = inbound.caller.limits && (await reserve(request, gateway.services))
    // Admitted: from here on its end closes the reservation.
    const observers = recording || reservation ? ownObservers(recording, reservation) : NONE
    admitted = { ...request, gateway, progress: new Progress(), recording, observers }
    if (request.action === 'count-tokens') return await countTokens(admitted)
    // An error in a request that must be read anyway is no target's fault.
    if (!request.allowsPassthrough) await request.body.load()
    // Not awaited: a stream may open with keep-alives while no target has answered yet.
    const answering = failover(admitted)
    if (!request.envelope.stream || request.action === 'relay')
      return respond(admitted, await answering)
    return await withKeepAlive(admitted, answering)
  } catch (error) {
    return admitted
      ? fail(admitted, asGatewayError(error))
      : refuse(gateway, inbound, error, recording)
  }
}

const NONE: readonly Observer[] = []

function ownObservers(
  recording: Recording | undefined,
  reservation: Reservation | undefined,
): readonly Observer[] {
  const own: Observer[] = reservation ? [reservationObserver(reservation)] : []
  if (recording) own.push(recording)
  return own
}

/** The error of an exchange: the upstream's own bytes where the client speaks the same protocol. */
function fail(exchange: Exchange, error: GatewayError): Response {
  const { gateway, id, codec, allowsPassthrough } = exchange
  logInternal(gateway, id, error)
  settleEnd(exchange, error)
  if (!allowsPassthrough || !(error instanceof UpstreamError) || !isOfProtocol(error, codec)) {
    const { status, headers, body } = encodedError(codec, id, error)
    stamp(headers, exchange)
    return respond(exchange, { status, headers, body })
  }
  const headers = relayedHeaders(error.headers)
  asJson(headers)
  stamp(headers, exchange)
  for (const [name, value] of Object.entries(retryHeaders(error)))
    if (!headers.has(name)) headers.set(name, value)
  return respond(exchange, { status: error.status, headers, body: error.body })
}

/** The error of a request that never became an exchange, in the client's protocol. */
export function refuse(
  gateway: ExchangeSnapshot,
  { codec, requestId }: Pick<InboundRequest, 'codec' | 'requestId'>,
  thrown: unknown,
  recording?: Recording,
): Response {
  const error = asGatewayError(thrown)
  logInternal(gateway, requestId, error)
  recording?.refused(error)
  const answer = encodedError(codec, requestId, error)
  recording?.tap(undefined, answer)
  return new Response(answer.body, { status: answer.status, headers: answer.headers })
}

function encodedError(codec: ClientCodec, requestId: string, error: GatewayError) {
  const encoded = codec.encodeError(error)
  const headers = new Headers()
  headers.set('x-jackfield-request-id', requestId)
  for (const name in encoded.headers) headers.set(name, encoded.headers[name] ?? '')
  headers.set('content-type', 'application/json')
  return { status: encoded.status, headers, body: JSON.stringify(encoded.body) }
}

/** A fault of the gateway's own is logged with its place. */
function logInternal({ services }: ExchangeSnapshot, id: string, error: GatewayError): void {
  if (error.code !== 'internal') return
  services.log.write('error', error.message, { id, cause: causeOf(error) })
}

/** Whether an upstream's error is one that the client can read: a web page is none. */
function isOfProtocol({ protocol, body }: UpstreamError, codec: ClientCodec): boolean {
  if (protocol !== codec.protocol) return false
  try {
    return typeof parseJson(body) === 'object'
  } catch (error) {
    if (error instanceof JsonBytesError) return false
    throw error
  }
}
