import type { Gateway as ServingSnapshot } from '../exchange/snapshot.ts'
import type { Handler, SocketHandler } from './handlers/handler.ts'

/** One snapshot of routes.yaml, compiled: what exchanges read, and the handlers over it. */
export type Gateway = ServingSnapshot & {
  handlers: readonly Handler[]
  sockets: readonly SocketHandler[]
}
