import type { ProtocolId } from '../conversation/index.ts'
import { clientCodecs, codecs } from '../protocols/index.ts'
import type { RoutingTable } from '../routing/table.ts'
import { type Authenticate, createAuthenticate } from './admission/authenticate.ts'
import type { Services } from './services.ts'
import { createForward, type Forward } from './upstream/headers.ts'

/** One snapshot of routes.yaml, ready to serve; immutable. */
export type Gateway = {
  table: RoutingTable
  services: Services
  authenticate: Authenticate
  /** Per client protocol, made once: which of the client's headers go upstream on passthrough. */
  forwards: ReadonlyMap<ProtocolId, Forward>
  /** Protocols that several credentials speak: a conversation may meet seals of another one. */
  mixesSeals: ReadonlySet<ProtocolId>
}

export function createGateway(table: RoutingTable, services: Services): Gateway {
  return {
    table,
    services,
    authenticate: createAuthenticate(table.apiKeys, table.server),
    forwards: new Map(
      [...codecs, ...clientCodecs].map(codec => [codec.protocol, createForward(codec.forwards)]),
    ),
    mixesSeals: protocolsOfSeveral(table),
  }
}

function protocolsOfSeveral({ providers }: RoutingTable): Set<ProtocolId> {
  const all = [...providers.values()].flatMap(({ speaks, credentials }) =>
    speaks.flatMap(({ protocol }) => credentials.map(() => protocol)),
  )
  return new Set(all.filter((protocol, index) => all.indexOf(protocol) !== index))
}
