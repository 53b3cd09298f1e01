import type { Bill, Entry, Ledger, Tally } from '../../exchange/accounting/usage-entry.ts'
import type { AttemptEnd, SnapshotObserver } from '../../exchange/events.ts'
import type { ResolvedRequest } from '../../exchange/request.ts'
import type { UsageWriter } from './writer.ts'

/** Under globs names are the clients' to choose, so what is kept of them must stay bounded. */
const MAX_TALLIES = 10_000

export function createLedger(writer: UsageWriter): Ledger {
  const tallies = new Map<string, Tally>()
  let enabled = false

  function tallyOf({ caller, provider, model }: Entry): Tally {
    const key = `${caller}\t${provider}\t${model}`
    const known = tallies.get(key)
    if (known) return known
    if (tallies.size >= MAX_TALLIES) tallies.clear()
    const tally = {
      requests: 0,
      failures: 0,
      fresh: 0,
      cacheRead: 0,
      cacheWrite: 0,
      output: 0,
      losses: 0,
    }
    tallies.set(key, tally)
    return tally
  }

  return {
    record(entry) {
      const tally = tallyOf(entry)
      tally.requests++
      if (entry.outcome === 'failed') tally.failures++
      tally.fresh += entry.usage.fresh ?? 0
      tally.cacheRead += entry.usage.cacheRead ?? 0
      tally.cacheWrite += entry.usage.cacheWrite ?? 0
      tally.output += entry.usage.output ?? 0
      tally.losses += entry.losses
      if (enabled) writer.add(entry)
    },
    tallies: () => tallies,
    follow(settings) {
      enabled = settings.enabled
      writer.keep(settings.keepMs)
    },
    flush: () => writer.flush(),
  }
}

/** Records every attempt that was paid for or failed. */
export function usageObserver(services: { readonly ledger: Ledger }): SnapshotObserver {
  return {
    events: ['attempt-end'],
    on(event, request) {
      if (event.type !== 'attempt-end') return
      const { attempt, bill } = event
      if (bill) services.ledger.record(entryOf(request, attempt, bill))
      else if (attempt.outcome === 'failed') services.ledger.record(unpaidEntry(request, attempt))
    },
  }
}

function entryOf(request: ResolvedRequest, attempt: AttemptEnd, { usage, estimated }: Bill): Entry {
  return {
    ...namesOf(request, attempt),
    usage,
    estimated,
    losses: attempt.losses.length,
    offer: attempt.offer,
    ms: attempt.atMs - request.receivedAtMs,
  }
}

/** Of an attempt that nothing was paid for. */
function unpaidEntry(request: ResolvedRequest, attempt: AttemptEnd): Entry {
  return { ...namesOf(request, attempt), usage: {}, estimated: false, losses: 0, ms: 0 }
}

function namesOf(
  { caller, envelope }: ResolvedRequest,
  { target, atMs, outcome, status }: AttemptEnd,
): Pick<Entry, 'caller' | 'asked' | 'provider' | 'model' | 'atMs' | 'outcome' | 'status'> {
  return {
    caller: caller.name,
    asked: envelope.model,
    provider: target.provider.id,
    model: target.model,
    atMs,
    outcome,
    status,
  }
}
