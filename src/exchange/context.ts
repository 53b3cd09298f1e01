import type { ExchangeEvent, Observer } from './events.ts'
import type { Progress } from './progress.ts'
import type { Recording } from './recording.ts'
import type { ResolvedRequest } from './request.ts'
import type { ExchangeSnapshot } from './snapshot.ts'

/**
 * A request and what serves it. A step that takes a `ResolvedRequest` changes nothing; one that
 * takes an `Exchange` may change its `progress`, and nothing else of it.
 */
export type Exchange = ResolvedRequest & {
  readonly gateway: ExchangeSnapshot
  readonly progress: Progress
  /** Undefined: this request is not recorded. */
  readonly recording: Recording | undefined
  /** Those of this exchange alone; the gateway has those of every exchange. */
  readonly observers: readonly Observer[]
}

/** Hands an event to everything that observes it, at once and in order. */
export function emit(exchange: Exchange, event: ExchangeEvent): void {
  const { observers, gateway, progress } = exchange
  for (const observer of observers) observer.on(event, exchange, progress)
  for (const observer of gateway.observers[event.type]) observer.on(event, exchange, progress)
}
