import type { KeyLimits } from '../../credentials/quotas.ts'
import { GatewayError } from '../../lib/errors.ts'
import { hashOf, knownBy } from '../../lib/key-hash.ts'
import { allowedBy } from '../../routing/allowed.ts'
import type { ApiKey, ServerSettings } from '../../routing/table.ts'
import { createKeyless } from './keyless.ts'

/** Who called: the name of the API key, or `local` where no keys are configured. */
export type Caller = {
  name: string
  /** Whether the key may ask for a name. */
  may(model: string): boolean
  /** The key may not ask for every name. */
  restricted?: boolean
  limits?: KeyLimits
}

/** Decides who a request comes from. Throws `unauthenticated` or `forbidden`. */
export type Authenticate = (
  headers: Headers,
  peer: () => string | undefined,
  /** Gemini clients may send theirs as `?key=`. */
  queryKey?: string,
) => Caller

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
  return {
    name,
    may: allowedBy(models),
    ...(models ? { restricted: true } : {}),
    ...(limits ? { limits } : {}),
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
