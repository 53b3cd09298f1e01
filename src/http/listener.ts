import type { Server } from 'bun'
import { newRequestId } from '../gateway/handlers/request.ts'
import type { Live } from '../gateway/live.ts'
import type { App } from './app.ts'
import { badHost, hasReadableUrl } from './request-url.ts'
import { serveRequest, unsniffed } from './serve.ts'
import { createSockets, maxPayloadLength, type SocketData } from './websocket/sockets.ts'

export type Listener = {
  url: string
  port: number
  /** Refuses new connections; resolves when running exchanges are done. */
  drain(): Promise<void>
  /** Cuts what is left. */
  cut(): Promise<void>
  peerOf(request: Request): string | undefined
}

/**
 * The one listener. It outlives snapshots: every request is served by the current one, and stays
 * with it. `idleTimeout: 0`, since Bun's own would cut a stream whose model is thinking; body size
 * is counted where the error can be written in the client's own protocol.
 */
export function listen(
  live: Live<App>,
  options: { host: string; port: number; tls?: { cert: string; key: string } },
): Listener {
  const sockets = createSockets(live, newRequestId)
  let maxPayload = maxPayloadLength(live)

  /** The runtime reads frames up to a length that is set here; the file may have raised it since. */
  function raiseMaxPayload(): void {
    if (maxPayloadLength(live) <= maxPayload) return
    maxPayload = maxPayloadLength(live)
    server.reload(serving())
  }

  const serving = () => ({
    idleTimeout: 0,
    maxRequestBodySize: Number.MAX_SAFE_INTEGER,
    ...(options.tls ? { tls: options.tls } : {}),
    websocket: { ...sockets.handlers, maxPayloadLength: maxPayload },
    fetch(request: Request, self: Server<SocketData>) {
      if (!hasReadableUrl(request)) return unsniffed(badHost())
      if (request.headers.has('upgrade')) {
        raiseMaxPayload()
        const { handled, response } = sockets.upgrade(request, self)
        if (handled) return response && unsniffed(response)
      }
      return serveRequest(live, request)
    },
    error: () => unsniffed(new Response('internal error\n', { status: 500 })),
  })
  const server: Server<SocketData> = Bun.serve<SocketData>({
    hostname: options.host,
    port: options.port,
    ...serving(),
  })
  const port = server.port ?? options.port
  const host = options.host.includes(':') ? `[${options.host}]` : options.host
  return {
    url: `${options.tls ? 'https' : 'http'}://${host}:${port}`,
    port,
    async drain() {
      // No new connections, also while turns on open sockets finish.
      const stopped = server.stop()
      await sockets.drain()
      await stopped
    },
    cut: () => server.stop(true),
    peerOf: request => server.requestIP(request)?.address,
  }
}
