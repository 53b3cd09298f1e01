import type { GeneratedBody } from '../lib/response-body.ts'
import type { Asked } from '../protocols/codec.ts'
import type { Attempt } from './attempt.ts'
import { type Exchange, stamp } from './exchange.ts'
import { relayedHeaders, STREAM_HEADERS } from './headers.ts'

/** What goes down: committed, with nothing of it sent yet. */
export type Answer = {
  status: number
  headers: Headers
  body: Uint8Array<ArrayBuffer> | string | GeneratedBody
}

/** What the reply echoes of the request. */
export function askedOf(exchange: Exchange, served: string): Asked {
  const extensions = exchange.conversation().extensions
  return {
    model: reportedModel(exchange, served),
    id: exchange.requestId,
    atMs: exchange.startedAtMs,
    ...(extensions ? { extensions } : {}),
  }
}

/** The name the reply carries: the client's own, unless the file says `report-model: served`. */
export function reportedModel(exchange: Exchange, served: string): string {
  return exchange.route.reportModel === 'served' ? served : exchange.envelope.model
}

/** Whether the served name must give way to another in a reply that passes through. */
export function renames({ route, envelope }: Exchange, { target }: Attempt): boolean {
  return route.reportModel === 'asked' && envelope.model !== target.model
}

export function streamHeaders(exchange: Exchange, attempt: Attempt, reply: Response): Headers {
  const headers = attempt.passing ? relayedHeaders(reply.headers) : new Headers()
  for (const [name, value] of Object.entries(STREAM_HEADERS)) headers.set(name, value)
  stamp(headers, exchange, attempt)
  return headers
}
