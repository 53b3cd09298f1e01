/** Who presented a wrong secret how often, by address. In memory: a restart forgets it. */
export interface Lockout {
  /** How long an address stays out, ms; undefined: it does not. */
  remainingMs(address: string): number | undefined
  failed(address: string): void
  succeeded(address: string): void
  /** Ends every lockout. Gives how many there were. */
  clear(): number
}

const MAX_FAILURES = 5
const OUT_MS = 30 * 60_000
const FORGOTTEN_MS = 2 * 3_600_000
/** Any address may call, so the number that is remembered is bounded. */
const MAX_ADDRESSES = 10_000

type Failures = { failures: number; lastMs: number; untilMs: number }

export function createLockout(now: () => number): Lockout {
  const records = new Map<string, Failures>()

  /** The address that failed longest ago comes first. */
  function makeRoom(): void {
    for (const [address, { lastMs }] of records) {
      if (lastMs + FORGOTTEN_MS > now() && records.size < MAX_ADDRESSES) return
      records.delete(address)
    }
  }

  return {
    remainingMs(address) {
      const record = records.get(address)
      return record && record.untilMs > now() ? record.untilMs - now() : undefined
    },
    failed(address) {
      const known = records.get(address)
      const over = known && (known.untilMs > 0 || known.lastMs + FORGOTTEN_MS <= now())
      const failures = (over ? 0 : (known?.failures ?? 0)) + 1
      records.delete(address)
      if (records.size >= MAX_ADDRESSES) makeRoom()
      const untilMs = failures >= MAX_FAILURES ? now() + OUT_MS : 0
      records.set(address, { failures, lastMs: now(), untilMs })
    },
    succeeded: address => void records.delete(address),
    clear() {
      const out = [...records.values()].filter(({ untilMs }) => untilMs > now()).length
      records.clear()
      return out
    },
  }
}

/** `29m58s`. */
export function durationText(ms: number): string {
  const seconds = Math.max(1, Math.round(ms / 1000))
  const minutes = Math.floor(seconds / 60)
  return minutes === 0 ? `${seconds}s` : `${minutes}m${seconds % 60}s`
}
