import { compileTable } from '../config/index.ts'
import type { Services } from '../exchange/services.ts'
import { createGateway } from '../exchange/snapshot.ts'
import { exchangeLog } from '../observability/exchange-log.ts'
import { recentObserver } from '../observability/recent.ts'
import { usageObserver } from '../observability/usage/ledger.ts'
import { kinds } from '../providers/index.ts'
import type { Result } from '../routing/diagnostic.ts'
import type { Discovered } from '../routing/discovered-models.ts'
import type { RoutingTable } from '../routing/table.ts'
import type { Gateway } from './gateway.ts'
import { createHandlers } from './handlers/create.ts'
import { SOCKETS } from './handlers/sockets.ts'

/** Text → gateway. Runs the file's `tests` too; a failing one is an error like any other. */
export function compile(
  file: string,
  text: string,
  services: Services,
  discovered: Discovered = services.lists.known,
): Result<Gateway> {
  const { env, readFile, accounts } = services
  const compiled = compileTable(file, text, {
    env,
    readFile,
    kinds,
    discovered,
    accountsIn: folder => accounts.in(folder).accounts,
  })
  if (!compiled.ok) return compiled
  return { ...compiled, value: gatewayOver(compiled.value, services) }
}

/** The snapshot of a table, with the handlers over it. */
export function gatewayOver(table: RoutingTable, services: Services): Gateway {
  // What observes every exchange, in the order in which it gets events.
  const observers = [usageObserver(services), exchangeLog(services), recentObserver(services)]
  const gateway = createGateway(table, services, observers)
  return { ...gateway, handlers: createHandlers(gateway), sockets: SOCKETS }
}

/**
 * For the start, when there is no last good gateway: a file whose tests fail only with the models
 * that were discovered before is served without them, and its failures are warnings.
 */
export function compileFirst(file: string, text: string, services: Services): Result<Gateway> {
  const compiled = compile(file, text, services)
  if (compiled.ok) return compiled
  const without = compile(file, text, services, () => undefined)
  if (!without.ok) return compiled
  const failures = compiled.diagnostics
    .filter(({ severity }) => severity === 'error')
    .map(diagnostic => ({
      ...diagnostic,
      severity: 'warning' as const,
      message: `${diagnostic.message}, with the models that were discovered; they are left out`,
    }))
  return { ...without, warnings: [...failures, ...without.warnings] }
}
