import type { ProtocolId } from '../conversation/index.ts'
import type { Action } from '../protocols/codec.ts'

/** A request as it goes over the network. A credential adds to it what proves who pays. */
export type HttpRequest = {
  readonly method: 'GET' | 'POST'
  url: string
  readonly headers: Headers
  body: Uint8Array<ArrayBuffer> | undefined
  /** A `proxy-url` of routes.yaml; undefined: the environment decides. */
  readonly proxy: string | undefined
  /** How long connecting may take; 0: as long as the whole request. */
  readonly connectMs: number
}

/** The same with what it asks for, for transports that answer by the meaning and not by the URL. */
export type UpstreamRequest = HttpRequest & {
  readonly protocol: ProtocolId
  readonly action: Action
  readonly model: string
  readonly stream: boolean
  /** The credential's, for kinds that name one in their requests. */
  readonly project?: string
}

/**
 * How requests reach an upstream: over HTTP, in this process (echo), or through whatever else holds
 * a connection to it.
 */
export interface Transport {
  /**
   * The upstream's reply, its body unread, whatever its status. Rejects with `ConnectTimeout`, with
   * what the network threw, and once the signal is aborted; that also ends a body that is being read.
   */
  send(request: UpstreamRequest, signal: AbortSignal): Promise<Response>
}

/** HTTP needs no meaning; credentials fetch their tokens through it as well. */
export interface HttpTransport extends Transport {
  send(request: HttpRequest, signal: AbortSignal): Promise<Response>
}

/** The upstream was not connected to within `connectMs`. */
export class ConnectTimeout extends Error {
  constructor(ms: number) {
    super(`not connected within ${ms} ms`)
    this.name = 'ConnectTimeout'
  }
}
