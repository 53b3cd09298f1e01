import type { ExchangeEvent, ObservedAttempt } from '../../exchange/events.ts'
import type { Progress } from '../../exchange/progress.ts'
import type { Recording } from '../../exchange/recording.ts'
import type { InboundRequest, ResolvedRequest } from '../../exchange/request.ts'
import type { GatewayError } from '../../lib/errors.ts'
import type { GeneratedBody } from '../../lib/net/response-body.ts'
import type { Loss } from '../../protocols/codec.ts'
import type { Capture } from './capture.ts'

/** A request as it went to an upstream, and what came of it. */
export type RecordedAttempt = {
  attempt: ObservedAttempt
  url: string
  headers: Headers
  /** `own`: the client's bytes. `renamed`: but for the model's name. */
  body: Uint8Array | 'own' | 'renamed'
  reply?: { status: number; headers: Headers }
  error?: GatewayError
}

/** Everything an exchange was, as it was: secrets included, until it is rendered. */
export type Recorded = {
  inbound: InboundRequest
  startedAtMs: number
  endedAtMs: number
  /** Undefined: it failed before its name was resolved. */
  request: ResolvedRequest | undefined
  /** As far as it has come: an estimate of what was used comes later. */
  progress: Readonly<Progress> | undefined
  attempts: readonly RecordedAttempt[]
  status: number
  headers: Headers
  reply: Capture
  /** The client took the reply to its end. */
  complete: boolean
  served: { losses: readonly Loss[] } | undefined
  /** The last failure, if no target served after it. */
  error: GatewayError | undefined
}

export type RecordingOptions = {
  inbound: InboundRequest
  now(): number
  /** For the reply's body. */
  capture: Capture
  /** Called once. */
  ended(recorded: Recorded): void
}

/** Rounds say the same again. */
const MAX_ATTEMPTS = 100

export function createRecording({ inbound, now, capture, ended }: RecordingOptions): Recording {
  const startedAtMs = now()
  const attempts: RecordedAttempt[] = []
  let current: RecordedAttempt | undefined
  let served: Recorded['served']
  let error: GatewayError | undefined

  function noteFailure(failure: GatewayError): void {
    error = failure
    if (current && !served) current.error ??= failure
  }

  function begin(
    { attempt, url, headers, body }: Extract<ExchangeEvent, { type: 'attempt-start' }>,
    request: ResolvedRequest,
  ): void {
    const own = inbound.inbound.body
    // Rules of the file may have changed it before.
    const passed = attempt.passing && request.body.bytes === own
    const spelling = body === own ? 'own' : 'renamed'
    current = { attempt, url, headers, body: passed ? spelling : oneCopy(attempts, body) }
    if (attempts.length < MAX_ATTEMPTS) attempts.push(current)
  }

  return {
    on(event, request) {
      switch (event.type) {
        case 'attempt-start':
          begin(event, request)
          return
        case 'attempt-reply':
          if (current) current.reply = { status: event.status, headers: event.headers }
          return
        case 'attempt-failure':
        case 'attempt-retry':
          noteFailure(event.error)
          return
        case 'exchange-end':
          if (event.error) noteFailure(event.error.error)
          else {
            served = { losses: event.losses }
            error = undefined
          }
          return
        case 'attempt-answer':
        case 'attempt-end':
          return
      }
    },
    refused: noteFailure,
    tap(resolved, { status, headers, body }) {
      const end = (complete: boolean): void =>
        ended({
          inbound,
          startedAtMs,
          endedAtMs: now(),
          request: resolved?.request,
          progress: resolved?.progress,
          attempts,
          status,
          headers,
          reply: capture,
          complete,
          served,
          error,
        })
      if (typeof body !== 'string' && !(body instanceof Uint8Array))
        return captured(body, capture, end)
      capture.add(body)
      end(true)
      return body
    },
  }
}

/** Rounds send the same body again: one copy of it is enough to hold. */
function oneCopy(attempts: readonly RecordedAttempt[], body: Uint8Array): Uint8Array {
  for (const { body: before } of attempts)
    if (typeof before !== 'string' && Buffer.compare(before, body) === 0) return before
  return body
}

/** The pieces of a body as they pass, with a copy of each captured. */
async function* captured(
  body: GeneratedBody,
  capture: Capture,
  end: (complete: boolean) => void,
): AsyncGenerator<Uint8Array | string> {
  let complete = false
  try {
    for await (const piece of body) {
      capture.add(piece)
      yield piece
    }
    complete = true
  } finally {
    end(complete)
  }
}

/** What an exchange came to, as an HTTP status: a stream that began well may still have failed. */
export function outcomeOf({ status, error, complete, served }: Recorded): number {
  if (status >= 400) return status
  if (error) return error.status
  // Otherwise the client went away, and nothing else failed.
  return complete || served ? status : CANCELLED
}

/** A client that goes away is no failure of ours. */
export function isFailure(recorded: Recorded): boolean {
  const outcome = outcomeOf(recorded)
  return outcome >= 400 && outcome !== CANCELLED
}

const CANCELLED = 499
