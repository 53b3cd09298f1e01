import type { ProtocolId } from '../../conversation/index.ts'
import type { Endpoint } from '../../credentials/credential.ts'
import { withQuery } from '../../lib/net/query.ts'
import type { Action, Codec } from '../../protocols/codec.ts'
import { clientCodecs, codecFor } from '../../protocols/index.ts'
import type { Transport } from '../../providers/transport.ts'
import type { Provider, RoutingTable } from '../../routing/table.ts'
import { envelopedTransport } from './enveloped-transport.ts'
import { createRequestHeaders, type Question } from './request-headers.ts'

/** One protocol of one provider, ready to be called: made once a snapshot, used by every attempt. */
export type Upstream = {
  readonly provider: Provider
  readonly protocol: ProtocolId
  readonly codec: Codec
  /** As the file or the kind gives it. */
  readonly baseUrl: string
  readonly transport: Transport
  /** `endpoint`: where the credential is served. */
  url(question: Question, endpoint: Endpoint | undefined): string
  /** All but what a credential adds. */
  headers(question: Question, client: Headers): Headers
  /** Whether the bytes of a client of this protocol may go up as they are. */
  passes(action: Action, client: ProtocolId): boolean
}

/** The way from clients of one protocol to a provider. */
export type Passage = {
  readonly upstream: Upstream
  /** The bytes of such a client may go up as they are, if the request allows it. */
  readonly passes: boolean
  /** It is of the client's own protocol, and not only of its family. */
  readonly sameProtocol: boolean
}

/** The upstreams of one provider. */
export interface ProviderUpstreams {
  /** As `speechFor` says; undefined: the provider has nothing that such a request needs. */
  for(action: Action, client: ProtocolId): Upstream | undefined
  /** The same by the protocol of the client, for what is only relayed and for everything else. */
  readonly relays: ReadonlyMap<ProtocolId, Passage>
  readonly others: ReadonlyMap<ProtocolId, Passage>
}

export type Upstreams = ReadonlyMap<Provider, ProviderUpstreams>

type Speech = Provider['speaks'][number]

type UpstreamServices = {
  /** For kinds that have no transport of their own. */
  transport: Transport
  /** How we name ourselves. */
  userAgent: string
  /** How long a reply may be that is held whole; absent: as memory. */
  replyLimitBytes?: number
}

/** Every provider's; made with the snapshot that they belong to. */
export function compileUpstreams(table: RoutingTable, services: UpstreamServices): Upstreams {
  const providers = [...table.providers.values()]
  const limited = { ...services, replyLimitBytes: table.server.replyLimitBytes }
  return new Map(providers.map(provider => [provider, upstreamsOf(provider, limited)]))
}

function upstreamsOf(provider: Provider, services: UpstreamServices): ProviderUpstreams {
  const upstreams = new Map(
    provider.speaks.map(speech => [speech, createUpstream(provider, speech, services)]),
  )
  const byClient = (action: Action): ReadonlyMap<ProtocolId, Passage> =>
    new Map(
      clientCodecs.flatMap(({ protocol }) => {
        const speech = speechFor(action, protocol, provider)
        const upstream = speech && upstreams.get(speech)
        if (!upstream) return []
        const passes = upstream.passes(action, protocol)
        const passage = { upstream, passes, sameProtocol: upstream.protocol === protocol }
        return [[protocol, passage] as const]
      }),
    )
  const relays = byClient('relay')
  const others = byClient('generate')
  return {
    for: (action, client) => (action === 'relay' ? relays : others).get(client)?.upstream,
    relays,
    others,
  }
}

/**
 * Where a client is served: in its own protocol if the provider speaks it, else in that which it
 * speaks first. Undefined: it has nothing that such a relay needs.
 */
export function speechFor(
  action: Action,
  client: ProtocolId,
  { speaks }: Pick<Provider, 'speaks'>,
): Speech | undefined {
  const own = speaks.find(({ protocol }) => isOwn(action, client, protocol))
  return own ?? (action === 'relay' ? undefined : speaks[0])
}

/** What is only relayed is the same in all protocols of a family. */
function isOwn(action: Action, client: ProtocolId, protocol: ProtocolId): boolean {
  return action === 'relay' ? familyOf(client) === familyOf(protocol) : client === protocol
}

function familyOf(protocol: ProtocolId): string | undefined {
  return protocol.split('-')[0]
}

/** All that does not depend on a request is worked out here. */
export function createUpstream(
  provider: Provider,
  { protocol, baseUrl, query }: Speech,
  { transport, userAgent, replyLimitBytes }: UpstreamServices,
): Upstream {
  const { kind } = provider
  const codec = codecFor(protocol)
  const own = kind.speaks.find(speech => speech.protocol === protocol)
  const keepsNothing = codec.stateful === true && kind.quirks?.stateless === true
  return {
    provider,
    protocol,
    codec,
    baseUrl,
    transport: kind.envelope
      ? envelopedTransport(kind.transport ?? transport, kind.envelope, replyLimitBytes)
      : (kind.transport ?? transport),
    url({ action, model, stream, relay }, endpoint) {
      const root = endpoint?.root ?? own?.root
      const named = own?.paths?.[stream && action === 'generate' ? 'stream' : action]
      const path = named ?? codec.pathFor(action, model, stream, { root, relay })
      return withQuery(`${endpoint?.baseUrl ?? baseUrl}${path}`, query)
    },
    headers: createRequestHeaders(provider, codec, userAgent),
    passes: (action, client) => !keepsNothing && isOwn(action, client, protocol),
  }
}
