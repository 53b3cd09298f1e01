import { GatewayError } from '../../lib/errors.ts'
import type { Watch, Watchdog } from '../upstream/timers.ts'

/** A place in the line for one route. */
export interface Ticket {
  /**
   * Waits until `untilMs`, and for the requests before it: the first one tries whether a credential
   * serves again, and the others follow once one does. False: `dueAtMs` came first. Throws
   * `cancelled` when the client goes away.
   */
  turn(untilMs: number, dueAtMs: number, signal: AbortSignal): Promise<boolean>
  /** `served`: all requests behind may go. Otherwise the next one becomes the first. */
  leave(served: boolean): void
}

/** Where requests wait while all credentials that could serve them cool down. */
export interface WaitingRoom {
  /** Undefined: it is full. */
  enter(route: string): Ticket | undefined
  /** Cooldowns were ended: the first of each line looks again at once. */
  wake(): void
  /** How many wait. */
  size(): number
}

/** Each of them holds a request's body and a connection. */
const MAX_WAITING = 1_000

type Waiter = { free: boolean; look(): void }

export function createWaitingRoom(now: () => number, watchdog: Watchdog): WaitingRoom {
  const lines = new Map<string, Waiter[]>()
  let waiting = 0

  return {
    size: () => waiting,
    wake() {
      for (const [first] of [...lines.values()]) {
        if (first) first.free = true
        first?.look()
      }
    },
    enter(route) {
      if (waiting >= MAX_WAITING) return undefined
      waiting++
      const line = lines.get(route) ?? []
      lines.set(route, line)
      const waiter: Waiter = { free: false, look() {} }
      line.push(waiter)
      const mayGo = (untilMs: number): boolean =>
        waiter.free || (line[0] === waiter && now() >= untilMs)
      return {
        turn(untilMs, dueAtMs, signal) {
          waiter.free = false
          return new Promise((resolve, reject) => {
            const end = (act: () => void): void => {
              watchdog.remove(watch)
              signal.removeEventListener('abort', away)
              waiter.look = () => {}
              act()
            }
            const away = (): void =>
              end(() => reject(new GatewayError('cancelled', 'the client went away')))
            const look = (): void => {
              if (mayGo(untilMs)) end(() => resolve(true))
              else if (now() >= dueAtMs) end(() => resolve(false))
              // Those behind the first wait for it, not for a time.
              else watch.dueAtMs = line[0] === waiter ? Math.min(untilMs, dueAtMs) : dueAtMs
            }
            const watch: Watch = { dueAtMs: Infinity, due: look }
            waiter.look = look
            watchdog.add(watch)
            signal.addEventListener('abort', away, { once: true })
            if (signal.aborted) away()
            else look()
          })
        },
        leave(served) {
          const at = line.indexOf(waiter)
          if (at === -1) return
          line.splice(at, 1)
          waiting--
          if (line.length === 0) lines.delete(route)
          for (const other of [...line]) {
            if (served) other.free = true
            other.look()
          }
        },
      }
    },
  }
}
