import { isLocalAuthority } from '../../lib/net/host-name.ts'
import { isLoopback, networkOf } from '../../lib/net/ip-address.ts'
import { isForeignPage } from '../../lib/net/web-pages.ts'
import type { ManagementSettings } from '../../routing/table.ts'
import { refusal } from '../error.ts'
import { durationText, type Lockout } from './lockout.ts'
import type { Matches } from './secret.ts'

type AccessOptions = {
  settings: ManagementSettings
  /** `MANAGEMENT_PASSWORD`: opens the API too, and lets other machines in. */
  password: string | undefined
  lockout: Lockout
  matches: Matches
  peerOf(request: Request): string | undefined
}

/** Undefined: the request is admitted. */
export type Admit = (request: Request) => Promise<Response | undefined>

/** Whether there is a secret at all; without one the management API is not there. */
export function isOpen({ secret }: ManagementSettings, password: string | undefined): boolean {
  return secret !== undefined || password !== undefined
}

/**
 * Admits a request that has the secret, from an address that is not locked out, on this machine
 * unless others may call too, and not from a web page of another origin.
 */
export function createAdmit(options: AccessOptions): Admit {
  const { settings, password, lockout, peerOf } = options
  const remote = settings.allowRemote || password !== undefined
  // One at a time from each network: guesses in parallel must not be more than five.
  const turns = new Map<string, Promise<unknown>>()

  function inTurn<R>(network: string, work: () => Promise<R>): Promise<R> {
    const mine = (turns.get(network) ?? Promise.resolve()).then(work)
    const settled = mine.catch(() => {})
    turns.set(network, settled)
    void settled.then(() => {
      if (turns.get(network) === settled) turns.delete(network)
    })
    return mine
  }

  async function check(
    request: Request,
    address: string,
    network: string,
  ): Promise<Response | undefined> {
    const out = lockout.remainingMs(network)
    if (out !== undefined)
      return refusal(
        403,
        `IP banned due to too many failed attempts. Try again in ${durationText(out)}`,
      )
    const local = isLoopback(address)
    if (!local && !remote) return refusal(403, 'remote management disabled')
    const foreign = foreignPage(request, !remote)
    if (foreign) return refusal(403, foreign)
    const presented = presentedKey(request.headers)
    if (presented === undefined) {
      lockout.failed(network)
      return refusal(401, 'missing management key')
    }
    if (!(await isRight(presented, local))) {
      lockout.failed(network)
      return refusal(401, 'invalid management key')
    }
    lockout.succeeded(network)
    return undefined
  }

  async function isRight(presented: string, local: boolean): Promise<boolean> {
    if (password !== undefined && (await options.matches(presented, password))) return true
    if (settings.secret === undefined || !(local || settings.allowRemote)) return false
    return options.matches(presented, settings.secret)
  }

  return request => {
    const address = peerOf(request)
    // The connection is gone already: nothing shows whose it was.
    if (address === undefined)
      return Promise.resolve(refusal(403, 'the connection has no peer address any more'))
    // One machine can call from every address of its network.
    const network = networkOf(address)
    return inTurn(network, () => check(request, address, network))
  }
}

/** `Authorization: Bearer KEY`, the key alone, or `X-Management-Key`. */
function presentedKey(headers: Headers): string | undefined {
  const authorization = headers.get('authorization')?.trim()
  const bearer = authorization?.replace(/^bearer(?:\s+|$)/i, '').trim()
  return bearer || headers.get('x-management-key')?.trim() || undefined
}

/**
 * Refuses pages of other origins, and names that are not this machine's own: a page gets around the
 * first by a name that leads here. Neither counts as a wrong key, or any page could lock out the
 * user who looks at it.
 */
function foreignPage({ headers }: Request, localOnly: boolean): string | undefined {
  const host = headers.get('host')
  if (localOnly && host !== null && !isLocalAuthority(host))
    return `the name "${host}" is not this machine's own; use 127.0.0.1, or set remote-management.allow-remote`
  return isForeignPage(headers)
    ? 'pages of other origins may not use the management API'
    : undefined
}
