import { allowedBy } from '../config/allowed.ts'
import type { ApiKey } from '../config/table.ts'
import type { KeyLimits } from '../credentials/quotas.ts'
import { GatewayError } from '../lib/errors.ts'
import { hashOf, knownBy } from '../lib/key-hash.ts'

/** Who called: the name of the API key, or `local` where no keys are configured. */
export type Caller = {
  name: string
  /** Whether the key may ask for a name. */
  may(model: string): boolean
  limits?: KeyLimits
}

/** Decides who a request comes from. Throws `unauthenticated` or `forbidden`. */
export type Authenticate = (
  headers: Headers,
  peer: () => string | undefined,
  /** Gemini clients may send theirs as `?key=`. */
  queryKey?: string,
) => Caller

const LOCAL: Caller = { name: 'local', may: () => true }

/**
 * With keys configured any of them is accepted, in every header that clients use. Without, only
 * loopback peers are, and no browser page: a web site must not spend the user's money.
 */
export function createAuthenticate(keys: readonly ApiKey[]): Authenticate {
  if (keys.length === 0) return localOnly
  // Digests are looked up, not keys: how long that takes says nothing about a key.
  const callers = new Map(keys.map(one => [knownBy(one.key), callerOf(one)]))
  return (headers, _, queryKey) => {
    const presented = presentedKeys(headers, queryKey)
    for (const key of presented) {
      const caller = callers.get(hashOf(key))
      if (caller) return caller
    }
    throw new GatewayError(
      'unauthenticated',
      presented.length === 0
        ? 'no API key was sent; send one of the api-keys of routes.yaml as "Authorization: Bearer KEY" or "x-api-key: KEY"'
        : 'this API key is not one of the api-keys of routes.yaml; check the key your client sends',
    )
  }
}

function callerOf({ name, models, limits }: ApiKey): Caller {
  return { name, may: allowedBy(models), ...(limits ? { limits } : {}) }
}

/** Every place clients put their key; some send two headers of which one is a placeholder. */
function presentedKeys(headers: Headers, queryKey: string | undefined): string[] {
  const keys: string[] = []
  if (queryKey) keys.push(queryKey.trim())
  const authorization = headers.get('authorization')
  if (authorization) keys.push(authorization.replace(/^Bearer\s+/i, '').trim())
  for (const name of ['x-api-key', 'x-goog-api-key', 'api-key']) {
    const key = headers.get(name)
    if (key) keys.push(key.trim())
  }
  return keys
}

function localOnly(headers: Headers, peer: () => string | undefined): Caller {
  const address = peer()
  if (address !== undefined && !isLoopback(address)) {
    throw new GatewayError(
      'unauthenticated',
      'no api-keys are configured, so only this machine itself may call; add api-keys to routes.yaml to let others in',
    )
  }
  const host = headers.get('host')
  const origin = headers.get('origin')
  if ((host && !isLocalName(host)) || (origin && !isLocalOrigin(origin))) {
    throw new GatewayError(
      'forbidden',
      'without api-keys only local programs may call, not web pages or other host names; add api-keys to routes.yaml',
    )
  }
  return LOCAL
}

/** Addresses of this machine itself. */
export function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.') || address.startsWith('::ffff:127.')
}

/** Names and addresses, with a port or without, that can only mean this machine. */
export function isLocalName(host: string): boolean {
  const name = host.replace(/:\d+$/, '').toLowerCase()
  return (
    name === 'localhost' ||
    name.endsWith('.localhost') ||
    name === '[::1]' ||
    /^127(\.\d+){3}$/.test(name)
  )
}

function isLocalOrigin(origin: string): boolean {
  const name = /^[a-z+.-]+:\/\/(.+)$/i.exec(origin)?.[1]
  return name !== undefined && isLocalName(name)
}
