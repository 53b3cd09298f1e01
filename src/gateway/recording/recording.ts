import type { Usage } from '../../conversation/index.ts'
import type { GatewayError } from '../../lib/errors.ts'
import type { GeneratedBody } from '../../lib/response-body.ts'
import type { Loss } from '../../protocols/codec.ts'
import type { Attempt } from '../attempt.ts'
import type { Ask, Exchange } from '../exchange.ts'
import type { Answer } from '../reply.ts'
import type { Capture } from './capture.ts'

/** A request as it went to an upstream, and what came of it. */
export type RecordedAttempt = {
  attempt: Attempt
  url: string
  headers: Headers
  body: Uint8Array
  reply?: { status: number; headers: Headers }
  error?: GatewayError
}

/** Everything an exchange was, as it was: secrets included, until it is rendered. */
export type Recorded = {
  ask: Ask
  startedAtMs: number
  endedAtMs: number
  /** Absent: it failed before its name was resolved. */
  exchange: Exchange | undefined
  attempts: readonly RecordedAttempt[]
  status: number
  headers: Headers
  reply: Capture
  /** The client took the reply to its end. */
  whole: boolean
  served: { usage: Usage; losses: readonly Loss[] } | undefined
  /** The last thing that failed, if nobody served after it. */
  error: GatewayError | undefined
}

/** Watches one exchange for its record. Everything is kept by reference; only replies are copied. */
export interface Recording {
  sent(attempt: Pick<RecordedAttempt, 'attempt' | 'url' | 'headers' | 'body'>): void
  replied(reply: { status: number; headers: Headers }): void
  /** An attempt failed, or all is over without one. */
  failed(error: GatewayError): void
  served(usage: Usage, losses: readonly Loss[]): void
  /** The reply's body on its way to the client; at its end the record is complete. */
  told(exchange: Exchange | undefined, answer: Answer): Answer['body']
}

export type RecordingOptions = {
  ask: Ask
  now(): number
  /** For the reply's body. */
  capture: Capture
  /** Called once. */
  ended(recorded: Recorded): void
}

export function createRecording({ ask, now, capture, ended }: RecordingOptions): Recording {
  const startedAtMs = now()
  const attempts: RecordedAttempt[] = []
  let served: Recorded['served']
  let error: GatewayError | undefined

  async function* watched(
    body: GeneratedBody,
    end: (whole: boolean) => void,
  ): AsyncGenerator<Uint8Array | string> {
    let whole = false
    try {
      for await (const piece of body) {
        capture.add(piece)
        yield piece
      }
      whole = true
    } finally {
      end(whole)
    }
  }

  return {
    sent: attempt => void attempts.push({ ...attempt }),
    replied({ status, headers }) {
      const last = attempts.at(-1)
      if (last) last.reply = { status, headers }
    },
    failed(thrown) {
      error = thrown
      const last = attempts.at(-1)
      if (last && !served) last.error ??= thrown
    },
    served(usage, losses) {
      served = { usage, losses }
      error = undefined
    },
    told(exchange, { status, headers, body }) {
      const end = (whole: boolean): void =>
        ended({
          ask,
          startedAtMs,
          endedAtMs: now(),
          exchange,
          attempts,
          status,
          headers,
          reply: capture,
          whole,
          served,
          error,
        })
      if (typeof body !== 'string' && !(body instanceof Uint8Array)) return watched(body, end)
      capture.add(body)
      end(true)
      return body
    },
  }
}

/** What an exchange came to, as an HTTP status: a stream that began well may still have failed. */
export function outcomeOf({ status, error, whole, served }: Recorded): number {
  if (status >= 400) return status
  if (error) return error.status
  // The client went away, and nobody noticed anything else.
  return whole || served ? status : CANCELLED
}

/** A client that goes away is no failure of ours. */
export function isFailure(recorded: Recorded): boolean {
  const outcome = outcomeOf(recorded)
  return outcome >= 400 && outcome !== CANCELLED
}

const CANCELLED = 499
