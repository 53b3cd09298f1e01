import { connect } from 'node:net'
import type { Live } from '../../src/gateway/live.ts'
import { type App, buildApp } from '../../src/http/app.ts'
import { type Listener, listen } from '../../src/http/listener.ts'
import { type LocalGateway, localGateway, type Upstream } from './local-gateway.ts'

export type Listening = {
  local: LocalGateway
  /** What is in force; a reload replaces it. */
  live: Live<App>
  listener: Listener
  /** What the listener knew of who sent each request, in the order in which that was asked. */
  peers: (string | undefined)[]
  /** Writes bytes as they are; gives what came back when the connection ended. */
  raw(text: string): Promise<string>
  /** Writes bytes and resets the connection at once. */
  rawThenReset(text: string): Promise<void>
}

/** A gateway in this process behind a real socket. */
export function listening(routes: string, upstream: Upstream): Listening {
  const local = localGateway(routes, upstream)
  const live: Live<App> = {
    current: { gateway: local.gateway, app: buildApp(local.gateway) },
    refused: [],
    reloads: 0,
  }
  const listener = listen(live, { host: '127.0.0.1', port: 0 })
  const peers: (string | undefined)[] = []
  local.services.peerOf = request => {
    const peer = listener.peerOf(request)
    peers.push(peer)
    return peer
  }
  return {
    local,
    live,
    listener,
    peers,
    raw(text) {
      const { promise, resolve, reject } = Promise.withResolvers<string>()
      let reply = ''
      const socket = connect(listener.port, '127.0.0.1', () => socket.write(text))
      socket.setEncoding('utf8')
      socket.on('data', data => {
        reply += data
      })
      socket.on('error', reject)
      socket.on('close', () => resolve(reply))
      return promise
    },
    rawThenReset(text) {
      const { promise, resolve } = Promise.withResolvers<void>()
      const socket = connect(listener.port, '127.0.0.1', () =>
        socket.write(text, () => socket.resetAndDestroy()),
      )
      socket.on('error', () => {})
      socket.on('close', () => resolve())
      return promise
    },
  }
}
