import { isObject } from '../../lib/json/json.ts'
import { isLocalHost } from '../../lib/net/host-name.ts'
import type { Provider, RoutingTable } from '../../routing/table.ts'
import { parseSource } from '../yaml/source.ts'

/** A host that the file names, and the variables and files of this machine that are sent to it. */
type OwnHost = { provider: string; host: string; sent: readonly string[] }

/**
 * Providers whose address is not the vendor's and not on this machine, with the variables and files
 * that fill in their keys and headers. A file of unknown origin may name any host.
 */
export function ownHosts(table: RoutingTable): OwnHost[] {
  const { value } = parseSource(table.file, table.text).source
  const written = isObject(value) && isObject(value.providers) ? value.providers : {}
  return [...table.providers.values()].flatMap(provider => {
    const host = hostOf(provider)
    const sent = referencesIn(written[provider.id])
    if (provider.off || host === undefined || sent.length === 0) return []
    return [{ provider: provider.id, host, sent }]
  })
}

/** Undefined: it is the vendor's, or this machine. */
function hostOf({ kind, speaks }: Provider): string | undefined {
  const vendors = new Set(kind.speaks.map(({ baseUrl }) => baseUrl))
  const own = speaks.find(({ baseUrl }) => !vendors.has(baseUrl) && URL.canParse(baseUrl))
  if (!own) return undefined
  const { host, hostname } = new URL(own.baseUrl)
  return isLocalHost(hostname) ? undefined : host
}

function referencesIn(entry: unknown): string[] {
  if (!isObject(entry)) return []
  const { 'base-url': _, ...rest } = entry
  const found = JSON.stringify(rest).matchAll(/\$\{(file:[^}]+|[A-Za-z_]\w*)/g)
  return [...new Set([...found].map(([, name = '']) => name))]
}
