import { GatewayError } from '../../lib/errors.ts'
import { isAddressAuthority, isLocalAuthority } from '../../lib/net/host-name.ts'
import { isLoopback } from '../../lib/net/ip-address.ts'
import { isForeignPage } from '../../lib/net/web-pages.ts'
import type { ServerSettings } from '../../routing/table.ts'
import type { Authenticate, Caller } from './caller.ts'

const LOCAL: Caller = { name: 'local', may: () => true }

/**
 * Who may call where no keys are configured: programs on this machine, or every program where
 * `server.open-to-all` says so; and in both cases only listed web pages besides our own, since any
 * page can make its visitor's browser send a request that costs money.
 */
export function createKeyless(server: Pick<ServerSettings, 'openToAll' | 'origins'>): Authenticate {
  const listed = new Set(server.origins)
  return (headers, peer) => {
    const address = peer()
    // The connection is closed already: its owner is unknown, and the reply would reach no client.
    if (address === undefined)
      throw new GatewayError(
        'unauthenticated',
        'the connection has no peer address any more, so nothing shows that this machine called; send the request again and keep the connection open',
      )
    if (!server.openToAll) mustBeLocal(address, headers.get('host'))
    mustBeOwnPage(headers, listed)
    return LOCAL
  }
}

function mustBeLocal(address: string, host: string | null): void {
  if (!isLoopback(address))
    throw new GatewayError(
      'unauthenticated',
      'no api-keys are configured, so only this machine itself may call; add api-keys to routes.yaml to let others in',
    )
  // A name of somewhere else that leads here is how a web page gets around its own origin.
  if (host !== null && !isLocalAuthority(host))
    throw new GatewayError(
      'forbidden',
      'without api-keys this gateway is called as 127.0.0.1 or localhost, not by another host name; use that address, or add api-keys to routes.yaml',
    )
}

function mustBeOwnPage(headers: Headers, listed: ReadonlySet<string>): void {
  const origin = headers.get('origin')
  const isListed = origin !== null && listed.has(origin)
  // A page's own name may be made to lead here; an address leads where it says.
  const renamed = origin !== null && !isAddressAuthority(headers.get('host') ?? '')
  if (!isListed && (renamed || isForeignPage(headers)))
    throw new GatewayError(
      'forbidden',
      'without api-keys web pages of other origins may not call; list the origin in server.origins of routes.yaml, or add api-keys',
    )
}
