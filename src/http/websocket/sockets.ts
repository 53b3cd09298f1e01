import type { Server, ServerWebSocket } from 'bun'
import { createResponsesSession } from '../../gateway/handlers/responses-session.ts'
import type { Live } from '../../gateway/live.ts'
import { asGatewayError } from '../../lib/errors.ts'
import { openaiResponses } from '../../protocols/openai-responses/index.ts'
import type { App } from '../app.ts'

/** What a socket carries from its upgrade to its end. */
export type SocketData = {
  headers: Headers
  peer: string | undefined
  abort: AbortController
  session?: ReturnType<typeof createResponsesSession>
  /** Wakes whoever waits for the peer to take more. */
  drained?: () => void
}

const PATH = '/v1/responses'
const GOING_AWAY = 1001
/** A frame that is a little too long is still read, since only then its client can be told why. */
const EXPLAINED_BYTES = 1_000_000

/** The longest frame that is read, in bytes; a longer one ends the connection with code 1009. */
export function maxPayloadLength({ current }: Live<App>): number {
  return current.gateway.table.server.bodyLimitBytes + EXPLAINED_BYTES
}

/** WebSockets: `GET /v1/responses`, as Codex opens it. */
export function createSockets(live: Live<App>, newId: () => string) {
  const open = new Set<ServerWebSocket<SocketData>>()
  let draining = false

  function session(socket: ServerWebSocket<SocketData>) {
    const { headers, peer, abort } = socket.data
    return createResponsesSession(
      { headers, peer, signal: abort.signal, send: text => send(socket, text) },
      () => live.current.gateway,
      newId,
    )
  }

  return {
    /** Undefined: the request is not for a socket, or was upgraded; then there is nothing to answer. */
    upgrade(
      request: Request,
      server: Server<SocketData>,
    ): { handled: boolean; response?: Response } {
      const wanted = request.headers.get('upgrade')?.toLowerCase() === 'websocket'
      if (!wanted || new URL(request.url).pathname !== PATH) return { handled: false }
      const peer = server.requestIP(request)?.address
      try {
        live.current.gateway.authenticate(request.headers, () => peer)
      } catch (error) {
        const { status, body } = openaiResponses.encodeError(asGatewayError(error))
        return { handled: true, response: Response.json(body, { status }) }
      }
      const data = { headers: request.headers, peer, abort: new AbortController() }
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
