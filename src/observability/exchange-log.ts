import type { Bill } from '../exchange/accounting/usage-entry.ts'
import type { AttemptEnd, SnapshotObserver } from '../exchange/events.ts'
import type { Progress } from '../exchange/progress.ts'
import type { ResolvedRequest } from '../exchange/request.ts'
import { lossesText } from '../exchange/response-headers.ts'
import { causeOf } from '../lib/errors.ts'
import type { Log } from '../lib/log.ts'
import { targetName } from '../routing/target-name.ts'

/** Writes a line for each attempt that failed, and one for each answer that was paid for. */
export function exchangeLog(services: { readonly log: Log }): SnapshotObserver {
  return {
    events: ['attempt-failure', 'attempt-end'],
    on(event, request, progress) {
      const { log } = services
      switch (event.type) {
        case 'attempt-failure': {
          const { target, credential, error, message } = event
          // A client that goes away is no failure of an upstream.
          if (error.code === 'cancelled') return
          log.write('warn', 'attempt failed', {
            id: request.id,
            asked: request.envelope.model,
            target: targetName(target),
            credential,
            code: error.code,
            status: error.status,
            message,
            cause: error.code === 'internal' ? causeOf(error) : undefined,
          })
          return
        }
        case 'attempt-end': {
          const { attempt, bill } = event
          if (attempt.outcome === 'failed') return
          if (!bill) logUnpaid(log, request, attempt)
          else logAnswer(log, request, progress, attempt, bill)
          return
        }
      }
    },
  }
}

function logAnswer(
  log: Log,
  { id, caller, envelope, receivedAtMs }: ResolvedRequest,
  { attempts }: Readonly<Progress>,
  { atMs, outcome, status, target, losses }: AttemptEnd,
  { usage, estimated }: Bill,
): void {
  const { fresh, cacheRead = 0, cacheWrite = 0, output } = usage
  log.write('info', outcome, {
    id,
    caller: caller.name,
    asked: envelope.model,
    target: `${target.provider.id}/${target.model}`,
    status,
    attempts,
    ms: Math.round(atMs - receivedAtMs),
    // Undefined: it is not known.
    input: fresh === undefined ? undefined : fresh + cacheRead + cacheWrite,
    output,
    estimated: estimated ? 'yes' : undefined,
    losses: losses.length === 0 ? undefined : lossesText(losses),
  })
}

/** A client that went away before anything was sent. */
function logUnpaid(
  log: Log,
  { id, caller, envelope }: ResolvedRequest,
  { outcome, target, status }: AttemptEnd,
): void {
  log.write('info', outcome, {
    id,
    caller: caller.name,
    asked: envelope.model,
    target: targetName(target),
    status,
  })
}
