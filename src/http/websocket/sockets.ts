import type { Server, ServerWebSocket } from 'bun'
import type { SocketHandler } from '../../gateway/handlers/handler.ts'
import type { Session } from '../../gateway/handlers/responses-session.ts'
import type { Live } from '../../gateway/live.ts'
import { asGatewayError } from '../../lib/errors.ts'
import type { App } from '../app.ts'

/** What a socket carries from its upgrade to its end. */
export type SocketData = {
  headers: Headers
  peer: string | undefined
  abort: AbortController
  handler: SocketHandler
  session?: Session
  /** Called when the peer can take more. */
  drained?: () => void
}

const GOING_AWAY = 1001
/** A frame that is a little too long is still read: only then can its client get an explanation. */
const EXPLAINED_BYTES = 1_000_000

/** The longest frame that is read, in bytes; a longer one ends the connection with code 1009. */
export function maxPayloadLength({ current }: Live<App>): number {
  return current.gateway.table.server.bodyLimitBytes + EXPLAINED_BYTES
}

/** The WebSockets of a listener: those that the snapshot's handlers open. */
export function createSockets(live: Live<App>, newId: () => string) {
  const open = new Set<ServerWebSocket<SocketData>>()
  let draining = false

  function session(socket: ServerWebSocket<SocketData>) {
    const { headers, peer, abort, handler } = socket.data
    return handler.open(
      { headers, peer, signal: abort.signal, send: text => send(socket, text) },
      () => live.current.gateway,
      newId,
    )
  }

  function handlerOf(request: Request): SocketHandler | undefined {
    const { pathname } = new URL(request.url)
    return live.current.gateway.sockets.find(({ path }) => path === pathname)
  }

  return {
    /** Undefined: the request is not for a socket, or was upgraded; then there is nothing to answer. */
    upgrade(
      request: Request,
      server: Server<SocketData>,
    ): { handled: boolean; response?: Response } {
      const wanted = request.headers.get('upgrade')?.toLowerCase() === 'websocket'
      const handler = wanted ? handlerOf(request) : undefined
      if (!handler) return { handled: false }
      const peer = server.requestIP(request)?.address
      try {
        live.current.gateway.authenticate(request.headers, () => peer)
      } catch (error) {
        const { status, body } = handler.codec.encodeError(asGatewayError(error))
        return { handled: true, response: Response.json(body, { status }) }
      }
      const data = { handler, headers: request.headers, peer, abort: new AbortController() }
      if (server.upgrade(request, { data })) return { handled: true }
      return {
        handled: true,
        response: new Response('the WebSocket handshake is not complete\n', { status: 400 }),
      }
    },

    handlers: {
      idleTimeout: 0,
      open(socket: ServerWebSocket<SocketData>) {
        open.add(socket)
        socket.data.session = session(socket)
        if (draining) socket.close(GOING_AWAY, 'the gateway is stopping')
      },
      message(socket: ServerWebSocket<SocketData>, message: string | Buffer) {
        socket.data.session?.receive(typeof message === 'string' ? message : message.toString())
      },
      drain(socket: ServerWebSocket<SocketData>) {
        socket.data.drained?.()
      },
      close(socket: ServerWebSocket<SocketData>) {
        open.delete(socket)
        socket.data.abort.abort()
        socket.data.drained?.()
      },
    },

    /** Lets running turns finish, then closes. */
    async drain(): Promise<void> {
      draining = true
      await Promise.all(
        [...open].map(async socket => {
          await socket.data.session?.settled()
          socket.close(GOING_AWAY, 'the gateway is stopping')
        }),
      )
    },
  }
}

/** Waits while the peer reads more slowly than the model writes. */
async function send(socket: ServerWebSocket<SocketData>, text: string): Promise<void> {
  const sent = socket.send(text)
  if (sent !== -1) return
  await new Promise<void>(resolve => {
    socket.data.drained = resolve
  })
  delete socket.data.drained
}
