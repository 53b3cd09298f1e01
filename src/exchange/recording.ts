import type { GatewayError } from '../lib/errors.ts'
import type { Loss } from '../protocols/codec.ts'
import type { Bill } from './accounting/bill.ts'
import type { Answer } from './reply/respond.ts'
import type { Ask, Exchange } from './request.ts'
import type { Gateway } from './snapshot.ts'
import type { Attempt } from './upstream/attempt.ts'

/** An upstream request, as it is sent. */
export type Sent = { attempt: Attempt; url: string; headers: Headers; body: Uint8Array }

/** Watches one exchange for its record. Everything is kept by reference; only replies are copied. */
export interface Recording {
  sent(exchange: Exchange, sent: Sent): void
  replied(reply: { status: number; headers: Headers }): void
  /** An attempt failed, or all is over without one. */
  failed(error: GatewayError): void
  served(losses: readonly Loss[]): void
  /** What all attempts so far took. */
  billed(bill: Bill): void
  /** The reply's body on its way to the client; at its end the record is complete. */
  answered(exchange: Exchange | undefined, answer: Answer): Answer['body']
}

/** Writes exchanges to files of their own, as `logging.requests` says. Outlives reloads. */
export interface Recorder {
  /** To be called only where that is not off. */
  begin(gateway: Gateway, ask: Ask): Recording
  /** Takes out what is too old or too much. */
  sweep(): Promise<void>
  /** Resolves when everything that ended so far is written. */
  settled(): Promise<void>
}
