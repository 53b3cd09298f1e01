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
import { mustBeName } from './admission/asked-name.ts'
import type { Caller } from './admission/caller.ts'
import { mustNameAllowed } from './admission/named-models.ts'
import { factsOf } from './facts.ts'
import { refersToStored } from './history/stored-responses.ts'
import { ParsedBody } from './parsed-body.ts'
import type { InboundRequest, ResolvedRequest } from './request.ts'
import type { ExchangeServices } from './services.ts'

/** What resolving a request reads, besides the table. */
type ResolveServices = Pick<ExchangeServices, 'now' | 'requestedNames' | 'state' | 'tokenEstimator'>

/**
 * Reads what is asked, resolves the model's name and makes the changes that routes.yaml wants.
 * Throws `invalid-request`, `forbidden` and `model-not-found`.
 */
export async function resolveRequest(
  { table, services }: { table: RoutingTable; services: ResolveServices },
  inbound: InboundRequest,
): Promise<ResolvedRequest> {
  const receivedAtMs = services.now()
  const { codec, action, caller } = inbound
  const envelope = codec.peek(inbound.inbound)
  const { model } = envelope
  mustBeName(table, model)
  if (!caller.may(model)) throw notAllowed(caller, model)
  const body = bodyOf(inbound, envelope, inbound.inbound.body, services)
  const facts = factsOf(inbound, envelope, body, receivedAtMs, services.tokenEstimator)
  let judged = judge(table, model, facts)
  // Length could not decide a condition: all are asked again, with the count.
  if (await facts.countTokens()) judged = judge(table, model, facts)
  const { resolution, edits } = judged
  if (!resolution.found) throw unknownModel(model, resolution.nearest.filter(caller.may))
  const { route, trace } = resolution
  if (envelope.modelAs !== 'text') mustNameAllowed(caller, body.bytes, model, route)
  services.requestedNames.note(facts)
  const edited =
    edits.length === 0 || envelope.modelAs === 'text'
      ? { envelope, body }
      : editedRequest(inbound, { envelope, body }, edits, services)
  return {
    id: inbound.requestId,
    receivedAtMs,
    requestLine: inbound.requestLine,
    caller,
    client: facts.client,
    codec,
    action,
    relay: inbound.relay,
    envelope: edited.envelope,
    headers: inbound.inbound.headers,
    signal: inbound.inbound.signal,
    body: edited.body,
    route,
    trace,
    allowsPassthrough: await allowsPassthrough(inbound, edited.body, services),
    compacts: action === 'compact' || asksToCompact(inbound, edited.body),
  }
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

/** Where a request goes, and what is changed in it. */
function judge(
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

/** Whether the client speaks a whole protocol, and its body holds nothing that only we can read. */
async function allowsPassthrough(
  { action, codec, caller }: InboundRequest,
  body: ParsedBody,
  { state }: ResolveServices,
): Promise<boolean> {
  if (action === 'relay') return true
  if (!WHOLE_PROTOCOLS.has(codec) || GATEWAY_MARKS.some(mark => holds(body, mark))) return false
  // An upstream may be a gateway like this one, with ids that only look like ours.
  return !(
    codec.stateful &&
    holds(body, OUR_IDS) &&
    (await refersToStored(body.json(), state, caller.name))
  )
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
function asksToCompact({ action, codec }: InboundRequest, body: ParsedBody): boolean {
  const { compaction } = codec
  if (!compaction || action !== 'generate') return false
  return holds(body, compaction.mark) && compaction.wanted(body.json())
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
