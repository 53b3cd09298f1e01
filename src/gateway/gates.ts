import type { ApiKey, RoutingTable } from '../routing/table.ts'

type Gates = Pick<RoutingTable, 'apiKeys' | 'management' | 'server'>

/**
 * Which callers `next` lets in that `now` keeps out, in words; empty: none. A file that is only half
 * written looks the same as one from which the limits were removed.
 */
export function openedGates(now: Gates, next: Gates): string[] {
  const opened: string[] = []
  if (now.apiKeys.length > 0 && next.apiKeys.length === 0)
    opened.push('all API keys are gone, so that callers need none')
  if (!now.server.openToAll && next.server.openToAll)
    opened.push('server.open-to-all admits all callers')
  if (now.management.secret === undefined && next.management.secret !== undefined)
    opened.push('the management API opens')
  if (!now.management.allowRemote && next.management.allowRemote)
    opened.push('other machines may use the management API')
  return [...opened, ...loosenedKeys(now.apiKeys, next.apiKeys)]
}

/** Keys that lose a limit, so that they may ask for more or spend more. */
function loosenedKeys(now: readonly ApiKey[], next: readonly ApiKey[]): string[] {
  const before = new Map(now.map(key => [key.name, key]))
  return next.flatMap(key => {
    const { models, limits } = before.get(key.name) ?? {}
    const lost = [
      ...(models && !key.models ? ['models'] : []),
      ...(limits && !key.limits ? ['limits'] : []),
    ]
    return lost.map(what => `the key "${key.name}" has no ${what} any more`)
  })
}
