import type { Action, ClientCodec, Envelope, Inbound } from '../protocols/codec.ts'
import type { ClientName } from '../routing/facts.ts'
import type { Route, Target, TraceLine } from '../routing/table.ts'
import type { Caller } from './admission/caller.ts'
import type { ParsedBody } from './parsed-body.ts'

/** A request as the listener hands it over: authenticated and read, but not resolved. */
export type InboundRequest = {
  readonly codec: ClientCodec
  readonly action: Action
  readonly inbound: Inbound
  readonly caller: Caller
  readonly requestId: string
  /** Which relay is meant: the endpoint's path, or the verb in it. */
  readonly relay?: string | undefined
  /** How it was asked, for the record. */
  readonly requestLine?: RequestLine | undefined
}

export type RequestLine = { readonly method: string; readonly url: string }

/** A request whose model has been resolved. Nothing in it changes. */
export type ResolvedRequest = {
  readonly id: string
  readonly receivedAtMs: number
  readonly requestLine: RequestLine | undefined
  readonly caller: Caller
  readonly client: ClientName
  readonly codec: ClientCodec
  readonly action: Action
  readonly relay: string | undefined
  readonly envelope: Envelope
  readonly headers: Headers
  /** Aborts when the client goes away. */
  readonly signal: AbortSignal
  /** With the changes that routes.yaml makes to it. */
  readonly body: ParsedBody
  readonly route: Route
  /** How the name was resolved, rule by rule. */
  readonly trace: readonly TraceLine[]
  /**
   * The client speaks a whole protocol, not a legacy form of one, and its body holds nothing that
   * only this gateway can read: its bytes may go through.
   */
  readonly allowsPassthrough: boolean
  /** The conversation is to be compacted, whichever way the client asks for that. */
  readonly compacts: boolean
}

/** When `timeout.total` of a target ends, in epoch milliseconds. */
export function totalDueAtMs({ receivedAtMs }: ResolvedRequest, { timeouts }: Target): number {
  return timeouts.totalMs > 0 ? receivedAtMs + timeouts.totalMs : Infinity
}
