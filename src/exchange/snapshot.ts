import type { ProtocolId } from '../conversation/index.ts'
import type { RoutingTable } from '../routing/table.ts'
import { estimatorObserver, latencyObserver } from './accounting/observers.ts'
import { createAuthenticate } from './admission/authenticate.ts'
import type { Authenticate } from './admission/caller.ts'
import { type ObserversByEvent, observersByEvent, type SnapshotObserver } from './events.ts'
import type { ExchangeServices, Services } from './services.ts'
import { compileUpstreams, type Upstreams } from './upstream/upstream.ts'

/** What an exchange sees of a snapshot. */
export type ExchangeSnapshot = {
  readonly table: RoutingTable
  readonly services: ExchangeServices
  readonly upstreams: Upstreams
  /** Protocols that several credentials speak: a conversation may meet seals of another one. */
  readonly mixesSeals: ReadonlySet<ProtocolId>
  /** What is called with the events of every exchange. */
  readonly observers: ObserversByEvent
  /** Exchanges are written to files of their own. */
  readonly records: boolean
}

/** One snapshot of routes.yaml, ready to serve; immutable. */
export type Gateway = ExchangeSnapshot & {
  readonly services: Services
  readonly authenticate: Authenticate
}

/** `observers`: what is called besides the observers that serving itself needs. */
export function createGateway(
  table: RoutingTable,
  services: Services,
  observers: readonly SnapshotObserver[] = [],
): Gateway {
  return {
    table,
    services,
    authenticate: createAuthenticate(table.apiKeys, table.server),
    upstreams: compileUpstreams(table, services),
    mixesSeals: protocolsOfSeveral(table),
    observers: observersByEvent([
      estimatorObserver(services),
      latencyObserver(services),
      ...observers,
    ]),
    records: table.logging.requests !== 'off',
  }
}

function protocolsOfSeveral({ providers }: RoutingTable): Set<ProtocolId> {
  const all = [...providers.values()].flatMap(({ speaks, credentials }) =>
    speaks.flatMap(({ protocol }) => credentials.map(() => protocol)),
  )
  return new Set(all.filter((protocol, index) => all.indexOf(protocol) !== index))
}
