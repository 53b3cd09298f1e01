import type { Gateway } from '../gateway/gateway.ts'
import type { RouteInfo } from '../gateway/handlers/handler.ts'
import type { Beside } from './beside.ts'
import { documentationHandlers } from './documentation.ts'

/** One path that is served. `method`: as HTTP has it, or `WebSocket`. */
export type ListedRoute = { method: string } & RouteInfo

/** Everything that is served with a snapshot, in the order in which it is declared. */
export function listRoutes(gateway: Gateway, beside: readonly Beside[]): ListedRoute[] {
  return [
    ...gateway.handlers,
    ...gateway.sockets.map(socket => ({ ...socket, method: 'WebSocket' })),
    ...documentationHandlers(gateway, beside),
    ...beside.flatMap(({ apps }) => apps.flatMap(routesOfApp)),
  ].map(({ method, path, access, protocol, title }) => ({ method, path, access, protocol, title }))
}

function routesOfApp({ app, access }: Beside['apps'][number]): ListedRoute[] {
  return app().routes.map(({ method, path, hooks }) => ({
    method,
    path,
    access,
    title: String(hooks.detail?.summary ?? ''),
  }))
}
