import type { Target } from '../routing/table.ts'
import type { Bill } from './accounting/usage-entry.ts'
import type { Ticket } from './failover/queue.ts'

/** What became of one candidate for a request, as it was decided. */
export type Decision = {
  target: string
  credential?: string | undefined
  verdict: 'passed over' | 'cooling down' | 'failed' | 'served'
  reason?: string | undefined
  /** Of the file: what passed it over, else where the target is named. */
  line: number
}

const NO_CREDENTIALS: ReadonlySet<string> = new Set()

/** Everything that changes while a request is served, and only this. */
export class Progress {
  /** How often an upstream was asked. */
  attempts = 0
  /** Ends the running attempt, for a client that goes away. */
  current: AbortController | undefined
  /** What became of each candidate, in order. */
  readonly decisions: Decision[] = []
  /** A target refused what was sealed: it and the next ones are asked without. */
  withoutSeals = false
  /** The conversation's primary credential had a passing fault: its affinity stays as it is. */
  primaryFailed = false
  /** Its place in the queue for credentials that cool down. */
  ticket: Ticket | undefined
  /** What the attempts so far took; undefined: nothing was paid for. */
  bill: Bill | undefined
  /** Resolves when `bill` holds what is still being estimated. */
  billing: Promise<void> | undefined
  /** Its end has been reported. */
  ended = false
  /** Credentials that a target has refused for good; undefined: none. */
  excluded: Map<Target, Set<string>> | undefined
  #ineligible: Set<Target> | undefined

  /** The target cannot take this request. */
  ruleOut(target: Target): void {
    this.#ineligible ??= new Set()
    this.#ineligible.add(target)
  }

  isRuledOut(target: Target): boolean {
    return this.#ineligible?.has(target) === true
  }

  /** The target refused the credential for good, as far as this request goes. */
  exclude(target: Target, credential: string): void {
    this.excluded ??= new Map()
    const excluded = this.excluded.get(target)
    if (excluded) excluded.add(credential)
    else this.excluded.set(target, new Set([credential]))
  }

  excludedOf(target: Target): ReadonlySet<string> {
    return this.excluded?.get(target) ?? NO_CREDENTIALS
  }
}
