import type { Observer } from '../exchange/events.ts'
import type { Services } from '../exchange/services.ts'
import { exchangeLog } from './exchange-log.ts'
import { recentObserver } from './recent.ts'
import { usageObserver } from './usage/ledger.ts'

/** What observes every exchange, in the order in which it gets events. */
export function createObservers(
  services: Pick<Services, 'ledger' | 'log' | 'recent'>,
): readonly Observer[] {
  return [usageObserver(services), exchangeLog(services), recentObserver(services)]
}
