import type { OAuthVendor } from '../../credentials/oauth/vendor.ts'
import { vendorBy } from '../../credentials/oauth/vendors.ts'
import type { Provider, RoutingTable } from '../../routing/table.ts'
import { isCredential, type Text, textsIn } from './references.ts'

/** A document as data, and the table that was made from it. */
export type Compiled = { value: unknown; table: Pick<RoutingTable, 'providers'> }

/** A secret of a provider and an address that it would be sent to for the first time. */
type Stray = Text & {
  address: string
  /** Where it went before; empty: nowhere. */
  before: readonly string[]
}

/**
 * Secrets of a provider, as they are written, that would go to an address to which they did not go
 * before. `typed`: texts of the request that makes the change: its sender knows them.
 */
export function straySecrets(
  before: readonly Compiled[],
  after: Compiled,
  typed: ReadonlySet<string>,
): Stray[] {
  const known = new Map<string, Set<string>>()
  for (const { text, addresses } of before.flatMap(sent)) {
    const all = known.get(text) ?? new Set()
    for (const address of addresses) all.add(address)
    known.set(text, all)
  }
  return sent(after).flatMap(({ path, text, addresses }): Stray[] => {
    if (typed.has(text) && !text.includes('${') && !copiesKey(text)) return []
    const seen = known.get(text)
    const address = addresses.find(candidate => !seen?.has(candidate))
    return address === undefined ? [] : [{ path, text, address, before: [...(seen ?? [])] }]
  })
}

/** Headers in which clients send their own keys: `"$authorization"` hands them on. */
const KEY_HEADERS: ReadonlySet<string> = new Set([
  'authorization',
  'x-api-key',
  'x-goog-api-key',
  'api-key',
  'cookie',
  'proxy-authorization',
  'x-management-key',
])

function copiesKey(text: string): boolean {
  return text.startsWith('$') && KEY_HEADERS.has(text.slice(1).toLowerCase())
}

/** Every address that requests go to. */
export function addressesOf({ providers }: Compiled['table']): Set<string> {
  return new Set([...providers.values()].flatMap(addressesOfProvider))
}

type Sent = Text & { addresses: readonly string[] }

function sent({ value, table }: Compiled): Sent[] {
  return [...keysSent({ value, table }), ...[...table.providers.values()].flatMap(accountsSent)]
}

/** Tokens of accounts are in no text of the file, and go where its providers send them all the same. */
function accountsSent(provider: Provider): Sent[] {
  const { id, kind, vendor } = provider
  if (!kind.accounts || !vendor) return []
  const preset = vendorBy('kind', kind.id)
  const own = new Set([
    ...kind.speaks.map(({ baseUrl }) => originOf(baseUrl)),
    ...urlsOf(preset).map(originOf),
  ])
  const addresses = [...addressesOfProvider(provider), ...urlsOf(vendor).map(originOf)]
  const elsewhere = addresses.filter(address => !own.has(address))
  const text = `tokens of ${kind.accounts.type}`
  return [{ path: ['providers', id, 'accounts'], text, addresses: elsewhere }]
}

function urlsOf(vendor: OAuthVendor | undefined): string[] {
  const urls = [vendor?.tokenUrl, vendor?.device?.url, vendor?.browser?.authorizeUrl]
  return urls.filter(url => url !== undefined)
}

function originOf(url: string): string {
  return URL.parse(url)?.origin ?? url
}

function keysSent({ value, table }: Compiled): Sent[] {
  return textsIn(value)
    .filter(({ path, text }) => isCredential(path) && text !== '')
    .map(({ path, text }) => {
      const provider = table.providers.get(String(path[1]))
      return { path, text, addresses: provider ? addressesOfProvider(provider) : [] }
    })
}

/** What is not encrypted is read by the proxy as well. */
function addressesOfProvider({ speaks, proxy, credentials }: Provider): string[] {
  const proxies = new Set([proxy, ...credentials.map(credential => credential.proxy)])
  return speaks.flatMap(({ baseUrl }) => {
    const origin = originOf(baseUrl)
    if (!origin.startsWith('http:')) return [origin]
    return [...proxies].map(through =>
      through && through !== 'direct' ? `${origin} by ${hostOf(through)}` : origin,
    )
  })
}

/** Without the password that a proxy's address may have. */
function hostOf(proxy: string): string {
  return URL.parse(proxy)?.host ?? 'a proxy'
}
