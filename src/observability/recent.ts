import type { ExchangeEvent, Recent, RecentExchange, SnapshotObserver } from '../exchange/events.ts'
import type { Progress } from '../exchange/progress.ts'
import type { ResolvedRequest } from '../exchange/request.ts'

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
    find: id => ring.find(exchange => exchange.id === id),
  }
}

/** Keeps each exchange that ends among the last ones; what it took is added when that is known. */
export function recentObserver(services: { readonly recent: Recent }): SnapshotObserver {
  return {
    events: ['exchange-end'],
    on(event, request, progress) {
      if (event.type !== 'exchange-end') return
      const exchange = recentExchange(event, request, progress)
      if (progress.billing) void progress.billing.finally(() => addBill(exchange, progress))
      else addBill(exchange, progress)
      services.recent.record(exchange)
    },
  }
}

function recentExchange(
  { status, losses, atMs, error }: Extract<ExchangeEvent, { type: 'exchange-end' }>,
  { id, receivedAtMs, caller, client, codec, envelope, route, trace }: ResolvedRequest,
  { decisions }: Readonly<Progress>,
): RecentExchange {
  return {
    id,
    atMs: receivedAtMs,
    ms: atMs - receivedAtMs,
    caller: caller.name,
    client,
    protocol: codec.protocol,
    asked: envelope.model,
    route: route.name,
    rules: trace,
    decisions,
    usage: {},
    status,
    losses: losses.length,
    error: error && `${error.error.code}: ${error.message}`,
  }
}

function addBill(exchange: RecentExchange, { bill }: Readonly<Progress>): void {
  if (!bill) return
  exchange.usage = bill.usage
  if (bill.estimated) exchange.estimated = true
  if (bill.usd !== undefined) exchange.usd = bill.usd
}
