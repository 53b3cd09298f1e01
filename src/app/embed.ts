import type { Server } from 'bun'
import { newRequestId } from '../gateway/handlers/request.ts'
import type { Live } from '../gateway/live.ts'
import type { App } from '../http/app.ts'
import { badHost, hasReadablePath, hasReadableUrl } from '../http/request-url.ts'
import { serveRequest, unsniffed } from '../http/serve.ts'
import { createSockets, maxPayloadLength, type SocketData } from '../http/websocket/sockets.ts'

/** A gateway's two entrances, as `Bun.serve` takes them. */
export type Entrances = {
  /**
   * Answers a request. Without API keys only a peer of this machine is answered. Give `fetch` and
   * `websocket` to `Bun.serve` as they are: it adds the server, which knows the peer.
   */
  fetch(request: Request, peer?: string): Promise<Response>
  /** Undefined: the request became a WebSocket. */
  fetch(request: Request, server: Server<SocketData>): Promise<Response | undefined>
  websocket: ReturnType<typeof createSockets>['handlers'] & { maxPayloadLength: number }
  /** Lets running turns on open WebSockets finish, and closes them. */
  drain(): Promise<void>
}

/** The peers of requests that are being served. */
export type Peers = WeakMap<Request, string>

/** Entrances for a program that has its own listener, or none. */
export function createEntrances(live: Live<App>, peers: Peers): Entrances {
  const sockets = createSockets(live, newRequestId)
  function fetch(request: Request, peer?: string): Promise<Response>
  function fetch(request: Request, server: Server<SocketData>): Promise<Response | undefined>
  async function fetch(request: Request, sender?: string | Server<SocketData>) {
    const isReadable = request.headers.has('host') ? hasReadableUrl : hasReadablePath
    if (!isReadable(request)) return unsniffed(badHost())
    if (typeof sender === 'object') {
      const { handled, response } = sockets.upgrade(request, sender)
      if (handled) return response && unsniffed(response)
    }
    const peer = typeof sender === 'object' ? sender.requestIP(request)?.address : sender
    if (peer !== undefined) peers.set(request, peer)
    return serveRequest(live, request)
  }
  return {
    fetch,
    websocket: { ...sockets.handlers, maxPayloadLength: maxPayloadLength(live) },
    drain: () => sockets.drain(),
  }
}
