import { countTokens } from '../conversation/count.ts'
import {
  CAPSULE_PREFIX,
  type ConversationRequest,
  type Needs,
  NO_NEEDS,
  needsOf,
} from '../conversation/index.ts'
import type { Reservation } from '../credentials/quotas.ts'
import { GatewayError } from '../lib/errors.ts'
import type { JsonObject } from '../lib/json/json.ts'
import { editJson, type JsonEdit } from '../lib/json/json-edit.ts'
import type { Action, ClientCodec, Envelope, Inbound, Loss } from '../protocols/codec.ts'
import { codecs } from '../protocols/index.ts'
import { OUR_ID, OUR_STEP } from '../protocols/shared/gateway-ids.ts'
import { orInvalidBody, parseBody } from '../protocols/shared/peek.ts'
import { layered } from '../routing/body-edits.ts'
import type { ClientName, Facts } from '../routing/facts.ts'
import type { Resolution, Route, RoutingTable, Target, TraceLine } from '../routing/table.ts'
import { targetName } from '../routing/target-name.ts'
import type { Bill } from './accounting/bill.ts'
import { reserve } from './accounting/reserve.ts'
import { mustBeName } from './admission/asked-name.ts'
import type { Caller } from './admission/authenticate.ts'
import { mustNameAllowed } from './admission/named-models.ts'
import type { Decision } from './events.ts'
import { factsOf } from './facts.ts'
import { recallReasoning } from './history/reasoning.ts'
import { refersToStored, withHistory } from './history/stored-responses.ts'
import { readRequest } from './read-request.ts'
import type { Recording } from './recording.ts'
import type { Gateway } from './snapshot.ts'

export type Ask = {
  codec: ClientCodec
  action: Action
  inbound: Inbound
  caller: Caller
  requestId: string
  /** Which relay is meant: the endpoint's path, or the verb in it. */
  relay?: string
  /** How it was asked, for the record. */
  requestLine?: { method: string; url: string }
  /** Absent: this one is not recorded. */
  recording?: Recording
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
  allowsPassthrough: boolean
  /** The request as a conversation; decoded once, and only if some target needs it. */
  conversation(): ConversationRequest
  /** The same; undefined where it is malformed and its bytes may pass: its upstream will judge. */
  readable(): ConversationRequest | undefined
  /** The request's body, parsed; as little as `conversation`. */
  body(): JsonObject
  /** The conversation is to be compacted, whichever way the client asks for that. */
  compacts: boolean
  /** A target refused what was sealed: it and the next ones are asked without. */
  withoutSeals: boolean
  /** A passing fault of the conversation's primary credential: its affinity stays as it is. */
  primaryFailed: boolean
  /** How the name was resolved. */
  trace: readonly TraceLine[]
  client: ClientName
  /** Targets that cannot take this request. */
  ineligible: Set<Target>
  /** Credentials that a target refused for good, as far as this request goes. */
  excludedCredentials: Map<Target, Set<string>>
  /** What it was admitted with; absent: its key has no limits. */
  reservation: Reservation | undefined
  /** What the attempts so far took; absent: nothing was paid for. */
  bill: Bill | undefined
  /** Resolves once everything is in `bill` that is still being estimated. */
  billing: Promise<void> | undefined
  /** It is among the last ones. */
  over: boolean
  /** Who was considered, in order, and what became of them. */
  decisions: Decision[]
  /** What the request needs of who answers it; found out once, and only if some target may lack it. */
  needs(): Needs
  /** Input tokens, counted once; 0 where the body is malformed. */
  inputTokens(): Promise<number>
  totalDueAtMs(target: Target): number
}

/**
 * Reads what is asked, resolves it and admits it. Throws `invalid-request`, `model-not-found` and
 * `rate-limited`.
 */
export async function begin(gateway: Gateway, asked: Ask): Promise<Exchange> {
  const startedAtMs = gateway.services.now()
  const { ask, envelope, route, trace, client } = await routed(gateway, asked, startedAtMs)
  let conversation: ConversationRequest | undefined
  let body: JsonObject | undefined
  let needs: Needs | undefined
  let tokens: Promise<number> | undefined
  const begun: Exchange = {
    ...ask,
    gateway,
    envelope,
    route,
    startedAtMs,
    attempts: 0,
    current: undefined,
    allowsPassthrough:
      ask.action === 'relay' ||
      (codecs.some(codec => codec === ask.codec) && !containsGatewayIds(gateway, ask)),
    compacts: ask.action === 'compact',
    withoutSeals: false,
    primaryFailed: false,
    trace,
    client,
    decisions: [],
    ineligible: new Set(),
    excludedCredentials: new Map(),
    reservation: undefined,
    bill: undefined,
    billing: undefined,
    over: false,
    body() {
      body ??= parseBody(ask.inbound.body)
      return body
    },
    conversation() {
      conversation ??= read(begun)
      return conversation
    },
    readable() {
      try {
        return begun.conversation()
      } catch (error) {
        if (begun.allowsPassthrough && error instanceof GatewayError) return undefined
        throw error
      }
    },
    needs() {
      if (needs) return needs
      const request = begun.readable()
      needs = request ? needsOf(request) : NO_NEEDS
      return needs
    },
    async inputTokens() {
      if (tokens) return tokens
      const request = begun.readable()
      tokens = request ? countTokens(request) : Promise.resolve(0)
      return tokens
    },
    totalDueAtMs: ({ timeouts }) =>
      timeouts.totalMs > 0 ? startedAtMs + timeouts.totalMs : Infinity,
  }
  if (asksToCompact(begun)) begun.compacts = true
  // Last: from here on the end of the exchange closes it.
  begun.reservation = reserve(begun)
  return begun
}

/** Whether an ordinary request asks for a compaction. Most bodies need not be parsed to know. */
function asksToCompact({ action, codec, inbound, body }: Exchange): boolean {
  const { compaction } = codec
  if (!compaction || action !== 'generate') return false
  return Buffer.prototype.includes.call(inbound.body, compaction.mark) && compaction.wanted(body())
}

type Routed = {
  ask: Ask
  envelope: Envelope
  route: Route
  trace: readonly TraceLine[]
  client: ClientName
}

/** Resolves the model that is asked for, and makes the changes that the file wants. */
async function routed({ table, services }: Gateway, ask: Ask, atMs: number): Promise<Routed> {
  const envelope = ask.codec.peek(ask.inbound)
  const { model } = envelope
  mustBeName(table, model)
  if (!ask.caller.may(model)) throw notAllowed(ask.caller, model)
  const facts = factsOf(ask, envelope, atMs, services.tokenEstimator)
  const judge = () => judged(table, model, facts)
  let { resolution, edits } = judge()
  // Length could not decide a condition: all are asked again, with the count.
  if (await facts.countTokens()) ({ resolution, edits } = judge())
  if (!resolution.found) throw unknownModel(model, resolution.nearest.filter(ask.caller.may))
  const { route, trace } = resolution
  const { client } = facts
  if (envelope.modelAs !== 'text') mustNameAllowed(ask.caller, ask.inbound.body, model, route)
  services.requestedNames.note(facts)
  if (edits.length === 0 || envelope.modelAs === 'text')
    return { ask, envelope, route, trace, client }
  const body = orInvalidBody(() => editJson(ask.inbound.body, edits))
  const inbound = { ...ask.inbound, body }
  return { ask: { ...ask, inbound }, envelope: ask.codec.peek(inbound), route, trace, client }
}

/** What the file makes of a request: where it goes, and what is changed in it. */
function judged(
  table: RoutingTable,
  model: string,
  facts: Facts,
): { resolution: Resolution; edits: readonly JsonEdit[] } {
  const resolution = table.resolve(model, facts)
  return { resolution, edits: resolution.found ? editsFor(table, resolution.route, facts) : [] }
}

/** What the model's own entry says goes before the rules. */
function editsFor({ rules }: RoutingTable, route: Route, facts: Facts): readonly JsonEdit[] {
  if (rules.length === 0) return route.edits
  const general = rules.flatMap(({ when, edits }) => (!when || when.holds(facts) ? edits : []))
  return layered(route.edits, general)
}

function notAllowed(caller: Caller, model: string): GatewayError {
  return new GatewayError(
    'forbidden',
    `the key "${caller.name}" may not ask for "${model}" (GET /v1/models lists what it may)`,
    { param: 'model' },
  )
}

/** Capsules, and steps that another upstream took: nothing an upstream could read. */
const OURS = [CAPSULE_PREFIX, OUR_STEP].map(text => Buffer.from(text))
const OUR_IDS = Buffer.from(OUR_ID)

/** Whether a request holds something that only we can read. */
function containsGatewayIds({ services }: Gateway, { codec, inbound, caller }: Ask): boolean {
  const has = (mark: Buffer): boolean => Buffer.prototype.includes.call(inbound.body, mark)
  if (OURS.some(has)) return true
  // An upstream may be a gateway like this one, with ids that only look like ours.
  return (
    codec.stateful === true &&
    has(OUR_IDS) &&
    refersToStored(parseBody(inbound.body), services.state, caller.name)
  )
}

/** The request with all that was kept for its client put back. */
function read(exchange: Exchange): ConversationRequest {
  const { codec, caller, gateway, envelope } = exchange
  const { state } = gateway.services
  const request = readRequest(exchange, exchange.body(), envelope, body =>
    codec.stateful ? withHistory(body, state, caller.name) : body,
  )
  return recallReasoning(request, state, caller.name)
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
  headers.set('x-jackfield-provider', headerText(targetName(attempt.target)))
  const losses = lossesText(attempt.losses)
  if (losses) headers.set('x-jackfield-losses', losses)
}

/** Header values are bytes: what is not plain ASCII is escaped as in a URL, and half a character replaced. */
function headerText(text: string): string {
  return text.toWellFormed().replace(/[^\x20-\x7e]/gu, character => encodeURIComponent(character))
}

/** A header that is longer is refused by some clients; a path and a reason have 20 characters. */
const MAX_LOSSES_LENGTH = 2_000
const MAX_LOSSES = 100

/** Undefined: nothing was lost. */
export function lossesText(losses: readonly Loss[]): string | undefined {
  if (losses.length === 0) return undefined
  const text = losses
    .slice(0, MAX_LOSSES)
    .map(({ path, reason }) => `${path}: ${reason}`)
    .join('; ')
  const escaped = headerText(text.slice(0, MAX_LOSSES_LENGTH))
  if (escaped.length <= MAX_LOSSES_LENGTH && losses.length <= MAX_LOSSES) return escaped
  return `${escaped.slice(0, MAX_LOSSES_LENGTH)}... (${losses.length} in all)`
}
