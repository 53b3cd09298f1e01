import type { Recent, RecentExchange } from '../exchange/events.ts'

const MAX_REQUESTS = 500

export function createRecent(): Recent {
  const ring: RecentExchange[] = []
  let next = 0
  return {
    record(exchange) {
      ring[next] = exchange
      next = (next + 1) % MAX_REQUESTS
    },
    list: () => [...ring.slice(0, next).reverse(), ...ring.slice(next).reverse()],
    find: id => ring.find(one => one.id === id),
  }
}
