import type { ProtocolId, Usage } from '../conversation/index.ts'
import type { Lease } from '../credentials/pool.ts'
import type { GatewayError } from '../lib/errors.ts'
import type { Loss } from '../protocols/codec.ts'
import type { ClientName } from '../routing/facts.ts'
import type { Target, TraceLine } from '../routing/table.ts'
import type { Bill, Entry } from './accounting/usage-entry.ts'
import type { Decision, Progress } from './progress.ts'
import type { ResolvedRequest } from './request.ts'

/** An attempt, as far as observers may know it. */
export type ObservedAttempt = {
  readonly target: Target
  readonly lease: Pick<Lease, 'credential'>
  readonly upstream: { readonly protocol: ProtocolId }
  /** The client's own bytes go through. */
  readonly passing: boolean
  readonly losses: readonly Loss[]
}

/**
 * What happened. Events are of an attempt or of the exchange, never of a chunk. Those of the wire go
 * to the observers of this exchange alone.
 */
export type ExchangeEvent =
  /** The request is on its way. Of the wire. */
  | {
      type: 'attempt-start'
      attempt: ObservedAttempt
      url: string
      headers: Headers
      body: Uint8Array
    }
  /** The upstream has sent its status and headers. Of the wire. */
  | { type: 'attempt-reply'; status: number; headers: Headers }
  /** The payload with which a stream begins is there after `ms`. */
  | { type: 'attempt-answer'; target: Target; ms: number }
  /** `message`: without secrets. */
  | {
      type: 'attempt-failure'
      target: Target
      credential: string
      error: GatewayError
      message: string
    }
  /** The same credential is asked once more: without the sealed parts that it refused, or with a fresh token. */
  | { type: 'attempt-retry'; error: GatewayError }
  /** An attempt is paid for, or is known to cost nothing (without `bill`); after an estimate, if there is one. */
  | { type: 'attempt-end'; attempt: AttemptEnd; bill: Bill | undefined }
  /** Once. `error` is undefined where the client got an answer. */
  | {
      type: 'exchange-end'
      status: number
      atMs: number
      losses: readonly Loss[]
      error?: { error: GatewayError; message: string } | undefined
    }

/** How an attempt ended. */
export type AttemptEnd = Pick<Entry, 'atMs' | 'outcome' | 'status' | 'offer'> & {
  target: Target
  losses: readonly Loss[]
}

/** A sink of events. It is called directly, so it must be quick and must not throw. */
export interface Observer {
  on(event: ExchangeEvent, request: ResolvedRequest, progress: Readonly<Progress>): void
}

/** Events that every observer of a snapshot may ask for. */
export type SnapshotEvent = Exclude<ExchangeEvent['type'], 'attempt-start' | 'attempt-reply'>

/** Observes every exchange of a snapshot, as far as these events go. */
export interface SnapshotObserver extends Observer {
  readonly events: readonly SnapshotEvent[]
}

/** Who is called for an event, in order; compiled once a snapshot. */
export type ObserversByEvent = Readonly<Record<ExchangeEvent['type'], readonly Observer[]>>

export function observersByEvent(observers: readonly SnapshotObserver[]): ObserversByEvent {
  const asking = (event: SnapshotEvent): readonly Observer[] =>
    observers.filter(({ events }) => events.includes(event))
  return {
    'attempt-start': [],
    'attempt-reply': [],
    'attempt-answer': asking('attempt-answer'),
    'attempt-failure': asking('attempt-failure'),
    'attempt-retry': asking('attempt-retry'),
    'attempt-end': asking('attempt-end'),
    'exchange-end': asking('exchange-end'),
  }
}

/** A request that is over: who asked for what, how that was resolved, and who was tried. */
export type RecentExchange = {
  id: string
  atMs: number
  ms: number
  caller: string
  client: ClientName
  protocol: ProtocolId
  asked: string
  route: string
  /** How the name was resolved, rule by rule. */
  rules: readonly TraceLine[]
  decisions: readonly Decision[]
  status: number
  usage: Usage
  /** The upstream did not report all of the usage. */
  estimated?: boolean | undefined
  /** Absent: unknown, or the key has no budget in money. */
  usd?: number | undefined
  losses: number
  /** Why it failed. */
  error?: string | undefined
}

/** The last exchanges, newest first; in memory, without any of their content. */
export interface Recent {
  record(exchange: RecentExchange): void
  list(): RecentExchange[]
  find(id: string): RecentExchange | undefined
}
