import type { GatewayError } from '../lib/errors.ts'
import type { Snapshot } from '../redaction/snapshot-secrets.ts'
import type { Observer } from './events.ts'
import type { Progress } from './progress.ts'
import type { Answer } from './reply/answer.ts'
import type { InboundRequest, ResolvedRequest } from './request.ts'

/** Observes one exchange for its record. Everything is kept by reference; only replies are copied. */
export interface Recording extends Observer {
  /** The request failed before it was resolved. */
  refused(error: GatewayError): void
  /**
   * The reply's body on its way to the client; at its end the record is complete. `served` is
   * undefined where the request was never resolved.
   */
  tap(
    served: { request: ResolvedRequest; progress: Progress } | undefined,
    answer: Answer,
  ): Answer['body']
}

/** Writes exchanges to files of their own, as `logging.requests` says. Outlives reloads. */
export interface Recorder {
  /** To be called only where that is not off. */
  begin(snapshot: Snapshot, inbound: InboundRequest): Recording
  /** Takes out what is too old or too much. */
  sweep(): Promise<void>
  /** Resolves when everything that ended so far is written. */
  settled(): Promise<void>
}
