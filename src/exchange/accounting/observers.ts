import type { Reservation } from '../../credentials/quotas.ts'
import type { Observer, SnapshotObserver } from '../events.ts'
import type { ExchangeServices } from '../services.ts'
import { tokensOf } from './usage-entry.ts'

/** Counts what a request took in the place of what was reserved for it. */
export function reservationObserver(reservation: Reservation): Observer {
  return {
    on(event, _, { billing }) {
      if (event.type === 'attempt-end') {
        const { bill } = event
        if (bill) reservation.spend({ tokens: tokensOf(bill.usage), usd: bill.usd })
      } else if (event.type === 'exchange-end') {
        if (billing) void billing.finally(() => reservation.close())
        else reservation.close()
      }
    },
  }
}

/** Teaches the estimator what a caller's requests take, as upstreams counted them. */
export function estimatorObserver(
  services: Pick<ExchangeServices, 'tokenEstimator'>,
): SnapshotObserver {
  return {
    events: ['attempt-end'],
    on(event, { caller, body }) {
      if (event.type !== 'attempt-end' || event.attempt.outcome !== 'served') return
      const { bill } = event
      if (bill && !bill.estimated)
        services.tokenEstimator.learn(caller.name, body.bytes, bill.usage)
    },
  }
}

/** Measures how long targets take to the first payload of a stream. */
export function latencyObserver(services: Pick<ExchangeServices, 'latencies'>): SnapshotObserver {
  return {
    events: ['attempt-answer'],
    on(event, { envelope }) {
      // A body is answered when all of it is there, which says little.
      if (event.type !== 'attempt-answer' || !envelope.stream) return
      const { provider, model } = event.target
      services.latencies.record(`${provider.id}/${model}`, event.ms)
    },
  }
}
