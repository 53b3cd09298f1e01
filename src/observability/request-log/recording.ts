import type { Bill } from '../../exchange/accounting/bill.ts'
import type { Recording } from '../../exchange/recording.ts'
import type { Ask, Exchange } from '../../exchange/request.ts'
import type { Attempt } from '../../exchange/upstream/attempt.ts'
import type { GatewayError } from '../../lib/errors.ts'
import type { GeneratedBody } from '../../lib/net/response-body.ts'
import type { Loss } from '../../protocols/codec.ts'
import type { Capture } from './capture.ts'

/** A request as it went to an upstream, and what came of it. */
export type RecordedAttempt = {
  attempt: Attempt
  url: string
  headers: Headers
  /** `own`: the client's bytes. `renamed`: but for the model's name. */
  body: Uint8Array | 'own' | 'renamed'
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
  served: { losses: readonly Loss[] } | undefined
  /** As far as it is known yet: an estimate comes later. */
  bill(): Bill | undefined
  /** The last thing that failed, if nobody served after it. */
  error: GatewayError | undefined
}

export type RecordingOptions = {
  ask: Ask
  now(): number
  /** For the reply's body. */
  capture: Capture
  /** Called once. */
  ended(recorded: Recorded): void
}

/** Rounds say the same again. */
const MAX_ATTEMPTS = 100

export function createRecording({ ask, now, capture, ended }: RecordingOptions): Recording {
  const startedAtMs = now()
  const attempts: RecordedAttempt[] = []
  let current: RecordedAttempt | undefined
  let served: Recorded['served']
  let bill: Bill | undefined
  let error: GatewayError | undefined

  /** Rounds send the same again: one copy of it is enough to hold. */
  function onlyOnce(body: Uint8Array): Uint8Array {
    for (const { body: before } of attempts)
      if (typeof before !== 'string' && Buffer.compare(before, body) === 0) return before
    return body
  }

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
    sent(exchange, { attempt, url, headers, body }) {
      // Rules of the file may have changed it before.
      const passed = attempt.passing && exchange.inbound.body === ask.inbound.body
      const spelling = body === ask.inbound.body ? 'own' : 'renamed'
      current = { attempt, url, headers, body: passed ? spelling : onlyOnce(body) }
      if (attempts.length < MAX_ATTEMPTS) attempts.push(current)
    },
    replied({ status, headers }) {
      if (current) current.reply = { status, headers }
    },
    failed(thrown) {
      error = thrown
      if (current && !served) current.error ??= thrown
    },
    served(losses) {
      served = { losses }
      error = undefined
    },
    billed(total) {
      bill = total
    },
    answered(exchange, { status, headers, body }) {
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
          bill: () => bill,
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
