import { GatewayError } from '../../lib/errors.ts'
import { hashOf, keyHash } from '../../lib/key-hash.ts'
import { allowedBy } from '../../routing/allowed.ts'
import type { ApiKey, ServerSettings } from '../../routing/table.ts'
import type { Authenticate, Caller } from './caller.ts'
import { createKeyless } from './keyless.ts'

/**
 * With keys configured any of them is accepted, in every header that clients use. Without, see
 * `createKeyless`.
 */
export function createAuthenticate(
  keys: readonly ApiKey[],
  server: Pick<ServerSettings, 'openToAll' | 'origins'>,
): Authenticate {
  if (keys.length === 0) return createKeyless(server)
  // Digests are looked up, not keys: how long that takes says nothing about a key.
  const callers = new Map(keys.map(key => [keyHash(key.key), callerOf(key)]))
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
  return {
    name,
    may: allowedBy(models),
    restricted: models !== undefined,
    limits,
    budgeted: limits?.usdPerDay !== undefined,
  }
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
