import type { OpenAPIV3 } from 'openapi-types'
import type { ProtocolId } from '../../conversation/index.ts'
import type { Gateway } from '../../exchange/snapshot.ts'
import type { ClientCodec } from '../../protocols/codec.ts'
import type { Components } from '../openapi/schema.ts'
import type { Connection, Session } from './responses-session.ts'

/**
 * Who may call: `callers`: as `api-keys` says; `documentation`: the same, but without keys this
 * machine only; `loopback`: this machine only; `management`: who has the management secret;
 * `public`: every caller.
 */
export type Access = 'callers' | 'documentation' | 'loopback' | 'management' | 'public'

export type Method = 'ALL' | 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD'

/** Parts of the path that stand for something. */
export type Params = Record<string, string>

/** An operation as OpenAPI describes it. */
export type Documented = { path: string; method: string; operation: OpenAPIV3.OperationObject }

/** What is known of a route before it is called: `jackfield routes` prints it. */
export type RouteInfo = {
  /** In Elysia's notation. */
  path: string
  access: Access
  /** Absent: the path is of no one protocol. */
  protocol?: ProtocolId
  title: string
}

/** One path of a snapshot: `http/` mounts it as it is. */
export type Handler = RouteInfo & {
  method: Method
  /** Made when it is asked for; a path whose end is a verb has an operation for each. Absent: not documented. */
  openapi?(components: Components): readonly Documented[]
  /** Never throws: errors are answered in the client's protocol. */
  handle(request: Request, params: Params): Response | Promise<Response>
}

/** A path that is upgraded to a WebSocket. Sessions outlive the snapshot that they began on. */
export type SocketHandler = RouteInfo & {
  openapi(): readonly Documented[]
  /** Its errors are those of a refused upgrade. */
  codec: ClientCodec
  open(connection: Connection, current: () => Gateway, newId: () => string): Session
}
