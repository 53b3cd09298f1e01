import { CAPSULE_PREFIX } from '../conversation/index.ts'
import { GatewayError } from '../lib/errors.ts'
import { editJson, type JsonEdit } from '../lib/json/json-edit.ts'
import type { ClientCodec, Envelope } from '../protocols/codec.ts'
import { codecs } from '../protocols/index.ts'
import { OUR_ID, OUR_STEP } from '../protocols/shared/gateway-ids.ts'
import { orInvalidBody } from '../protocols/shared/peek.ts'
import { layered } from '../routing/body-edits.ts'
import type { Facts } from '../routing/facts.ts'
import type { Resolution, Route, RoutingTable } from '../routing/table.ts'
import { mustBeName, PLAIN_NAME } from './admission/asked-name.ts'
import type { Caller } from './admission/caller.ts'
import { mustNameAllowed } from './admission/named-models.ts'
import { RequestFacts } from './facts.ts'
import { refersToStored } from './history/stored-responses.ts'
import { ParsedBody } from './parsed-body.ts'
import type { InboundRequest, ResolvedRequest } from './request.ts'
import type { ExchangeServices } from './services.ts'

/** What resolving a request reads, besides the table. */
type ResolveServices = Pick<ExchangeServices, 'now' | 'requestedNames' | 'state' | 'tokenEstimator'>

/**
 * Reads what is asked, resolves the model's name and makes the changes that routes.yaml wants. A
 * promise only where tokens must be counted or stored responses be looked up for it. Throws
 * `invalid-request`, `forbidden` and `model-not-found`.
 */
export function resolveRequest(
  { table, services }: { table: RoutingTable; services: ResolveServices },
  inbound: InboundRequest,
): ResolvedRequest | Promise<ResolvedRequest> {
  const { codec, caller } = inbound
  const envelope = codec.peek(inbound.inbound)
  const { model } = envelope
  if (!PLAIN_NAME.test(model)) mustBeName(table, model)
  if (caller.restricted && !caller.may(model)) throw notAllowed(caller, model)
  const body = bodyOf(inbound, envelope, inbound.inbound.body, services)
  const facts = new RequestFacts(inbound, envelope, body, services)
  const question = { inbound, table, services, envelope, body, facts }
  const resolution = table.resolve(model, facts)
  // Length could not decide a condition: all are asked again, with the count.
  return facts.undecided ? resolvedByCount(question) : resolved(question, resolution)
}

type Question = Readable & {
  inbound: InboundRequest
  table: RoutingTable
  services: ResolveServices
  facts: RequestFacts
}

async function resolvedByCount(question: Question): Promise<ResolvedRequest> {
  const { table, envelope, facts } = question
  await facts.countTokens()
  return resolved(question, table.resolve(envelope.model, facts))
}

/** The request on its way to where the name leads. */
function resolved(
  question: Question,
  resolution: Resolution,
): ResolvedRequest | Promise<ResolvedRequest> {
  const { inbound, table, services, facts } = question
  const { codec, action, caller } = inbound
  const { model, modelAs } = question.envelope
  if (!resolution.found) throw unknownModel(model, resolution.nearest.filter(caller.may))
  const { route, trace } = resolution
  const changes = route.edits.length > 0 || table.rules.length > 0
  const edits = changes ? editsFor(table, route, facts) : route.edits
  if (facts.undecided && !facts.counted) return resolvedByCount(question)
  if ((caller.restricted || caller.budgeted) && modelAs !== 'text')
    mustNameAllowed(caller, question.body.bytes, model, route)
  const { envelope, body }: Readable =
    edits.length === 0 || modelAs === 'text'
      ? question
      : editedRequest(inbound, question, edits, services)
  const passes = action === 'relay' || mayPass(codec, body)
  const compacts = action === 'compact' || (action === 'generate' && asksToCompact(codec, body))
  const request = {
    id: inbound.requestId,
    receivedAtMs: facts.atMs,
    requestLine: inbound.requestLine,
    caller,
    client: facts.client,
    codec,
    action,
    relay: inbound.relay,
    envelope,
    headers: inbound.inbound.headers,
    signal: inbound.inbound.signal,
    body,
    route,
    trace,
    allowsPassthrough: passes,
    compacts,
  }
  services.requestedNames.note(facts)
  if (!passes || action === 'relay' || !codec.stateful || !holds(body, OUR_IDS)) return request
  // An upstream may be a gateway like this one, with ids that only look like ours.
  return refersToStored(body.json(), services.state, caller.name).then(refers => ({
    ...request,
    allowsPassthrough: !refers,
  }))
}

type Readable = { envelope: Envelope; body: ParsedBody }

function bodyOf(
  { codec, action, caller }: InboundRequest,
  envelope: Envelope,
  bytes: Uint8Array,
  { state }: ResolveServices,
): ParsedBody {
  return new ParsedBody(bytes, { codec, action, envelope, caller, state })
}

/** The request as the edits leave it: read again, since the model's place in the bytes has moved. */
function editedRequest(
  inbound: InboundRequest,
  request: Readable,
  edits: readonly JsonEdit[],
  services: ResolveServices,
): Readable {
  const { bytes } = request.body
  const edited = orInvalidBody(() => editJson(bytes, edits))
  if (edited === bytes) return request
  const envelope = inbound.codec.peek({ ...inbound.inbound, body: edited })
  return { envelope, body: bodyOf(inbound, envelope, edited, services) }
}

/** What the model's own entry says goes before the rules. */
function editsFor({ rules }: RoutingTable, route: Route, facts: Facts): readonly JsonEdit[] {
  const general = rules.flatMap(({ when, edits }) => (!when || when.holds(facts) ? edits : []))
  return layered(route.edits, general)
}

/** Whether the client speaks a whole protocol, and its body holds nothing that only we can read. */
function mayPass(codec: ClientCodec, body: ParsedBody): boolean {
  return WHOLE_PROTOCOLS.has(codec) && !GATEWAY_MARKS.some(mark => holds(body, mark))
}

/** Those that upstreams speak too: the others are legacy forms of one. */
const WHOLE_PROTOCOLS: ReadonlySet<ClientCodec> = new Set(codecs)

/** Capsules, and steps that another upstream took: nothing an upstream could read. */
const GATEWAY_MARKS = [CAPSULE_PREFIX, OUR_STEP].map(text => Buffer.from(text))
const OUR_IDS = Buffer.from(OUR_ID)

function holds({ bytes }: ParsedBody, mark: Buffer | string): boolean {
  return Buffer.prototype.includes.call(bytes, mark)
}

/** Whether an ordinary request asks for a compaction. Most bodies need not be parsed to know. */
function asksToCompact({ compaction }: ClientCodec, body: ParsedBody): boolean {
  return compaction !== undefined && holds(body, compaction.mark) && compaction.wanted(body.json())
}

function notAllowed(caller: Caller, model: string): GatewayError {
  return new GatewayError(
    'forbidden',
    `the key "${caller.name}" may not ask for "${model}" (GET /v1/models lists what it may)`,
    { param: 'model' },
  )
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
