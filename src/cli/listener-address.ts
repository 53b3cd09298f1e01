import { lookup } from 'node:dns/promises'
import { OPEN_REMEDY } from '../config/sections/server.ts'
import { isLocalHost } from '../lib/net/host-name.ts'
import { isIpAddress, isLoopback } from '../lib/net/ip-address.ts'
import { codeOf, reasonOf } from '../lib/thrown.ts'
import type { RoutingTable } from '../routing/table.ts'

export type ListenerAddress = { host: string; port: number }

/**
 * Where to listen: what the options say, else what the routes say. A string is the reason why not:
 * a port that is none, or an address that other machines reach while no API key keeps them out.
 */
export async function listenerAddress(
  { server, apiKeys }: RoutingTable,
  options: { host?: string; port?: string },
): Promise<ListenerAddress | string> {
  const host = options.host ?? server.host
  const port = portFrom(options.port) ?? server.port
  if (Number.isNaN(port)) return `--port ${options.port}: expected a number from 0 to 65535`
  if (!server.openToAll && apiKeys.length === 0 && (await isReached(host)))
    return `${host} lets other machines in, and without api-keys they would need none; ${OPEN_REMEDY}`
  return { host, port }
}

/** Undefined: none is given. NaN: what is given is no port. */
function portFrom(written: string | undefined): number | undefined {
  if (written === undefined) return undefined
  const port = /^\d{1,5}$/.test(written) ? Number(written) : Number.NaN
  return port <= 65_535 ? port : Number.NaN
}

/** Whether other machines reach what listens there; a name is looked up. */
async function isReached(host: string): Promise<boolean> {
  if (isLocalHost(host) || isIpAddress(host)) return !isLocalHost(host)
  // The listener takes `*` for all addresses, while the look-up says that it is this machine.
  if (host === '*') return true
  const addresses = await lookup(host, { all: true }).catch(() => [])
  return addresses.length === 0 || addresses.some(({ address }) => !isLoopback(address))
}

/** Why the runtime cannot listen there, and what to do. */
export function listenProblem(error: unknown, { host, port }: ListenerAddress): string {
  const code = codeOf(error)
  if (code === 'EADDRINUSE')
    return `port ${port} on ${host} is in use; stop what runs there or give another --port`
  if (code === 'EACCES')
    return `port ${port} may not be opened by this user; give a --port above 1023`
  return `cannot listen on ${host}:${port} (${reasonOf(error)}); check --host and --port`
}
