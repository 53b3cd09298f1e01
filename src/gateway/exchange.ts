import type { Route, Target } from '../config/table.ts'
import type { ConversationRequest } from '../conversation/index.ts'
import { GatewayError } from '../lib/errors.ts'
import type { JsonObject } from '../lib/json.ts'
import type { ClientCodec, Envelope, Inbound, Loss } from '../protocols/codec.ts'
import { codecs } from '../protocols/index.ts'
import type { Caller } from './callers.ts'
import type { Gateway } from './gateway.ts'

export type Ask = {
  codec: ClientCodec
  action: 'generate' | 'count-tokens'
  inbound: Inbound
  caller: Caller
  requestId: string
}

/** A downstream request's whole life. */
export type Exchange = Ask & {
  gateway: Gateway
  envelope: Envelope
  route: Route
  startedAtMs: number
  attempts: number
  /** The running attempt's; a client that goes away aborts it. */
  current: AbortController | undefined
  /** The client speaks a whole protocol, not a legacy form of one: its bytes may go through. */
  passable: boolean
  /** The request as a conversation; decoded once, and only if some target needs it. */
  conversation(): ConversationRequest
  totalDueAtMs(target: Target): number
}

/** Reads what is asked and resolves it. Throws `invalid-request` and `model-not-found`. */
export function begin(gateway: Gateway, ask: Ask): Exchange {
  const envelope = ask.codec.peek(ask.inbound)
  const resolution = gateway.table.resolve(envelope.model)
  if (!resolution.found) throw unknownModel(envelope.model, resolution.nearest)
  const startedAtMs = gateway.services.now()
  let conversation: ConversationRequest | undefined
  const begun: Exchange = {
    ...ask,
    gateway,
    envelope,
    route: resolution.route,
    startedAtMs,
    attempts: 0,
    current: undefined,
    passable: codecs.some(codec => codec === ask.codec),
    conversation() {
      conversation ??= ask.codec.decodeRequest(parsed(ask.inbound.body), envelope)
      return conversation
    },
    totalDueAtMs: ({ timeouts }) =>
      timeouts.totalMs > 0 ? startedAtMs + timeouts.totalMs : Infinity,
  }
  return begun
}

function unknownModel(model: string, nearest: readonly string[]): GatewayError {
  const offer =
    nearest.length > 0 ? `; did you mean ${nearest.map(name => `"${name}"`).join(', ')}?` : ''
  return new GatewayError(
    'model-not-found',
    `no model named "${model}" in routes.yaml${offer} (GET /v1/models lists what there is)`,
    { param: 'model' },
  )
}

function parsed(body: Uint8Array): JsonObject {
  return JSON.parse(new TextDecoder().decode(body)) as JsonObject
}

/** Says on the reply what happened. */
export function stamp(
  headers: Headers,
  exchange: Exchange,
  attempt?: { target: Target; losses: readonly Loss[] },
): void {
  headers.set('x-jackfield-request-id', exchange.requestId)
  headers.set('x-jackfield-route', headerText(exchange.route.name))
  headers.set('x-jackfield-attempts', String(exchange.attempts))
  if (!attempt) return
  headers.set(
    'x-jackfield-provider',
    headerText(`${attempt.target.provider.id}/${attempt.target.model}`),
  )
  if (attempt.losses.length > 0) headers.set('x-jackfield-losses', lossesText(attempt.losses))
}

/** Header values are bytes: what is not plain ASCII is escaped as in a URL. */
function headerText(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, character => encodeURIComponent(character))
}

function lossesText(losses: readonly Loss[]): string {
  const text = losses.map(({ path, reason }) => `${path}: ${reason}`).join('; ')
  return headerText(
    text.length > 2_000 ? `${text.slice(0, 2_000)}… (${losses.length} in all)` : text,
  )
}
