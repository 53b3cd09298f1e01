import type { Auth } from '../providers/kind.ts'
import type { Credential, CredentialSpec } from './credential.ts'

/** What a provider gives its credentials. */
export type CredentialOptions = {
  auth: Auth
  /** A `proxy-url`, for credentials that have none of their own. */
  proxy: string | undefined
}

/** A key that is sent as it is, in the header of its kind; an empty one is not sent. */
export function apiKey(
  { secret, proxy, ...declared }: CredentialSpec,
  { auth, proxy: otherProxy }: CredentialOptions,
): Credential {
  const sent = auth === 'none' || secret === '' ? undefined : auth
  const value = `${sent?.prefix ?? ''}${secret}`
  const secrets = secret === '' ? [] : [secret]
  return {
    ...declared,
    proxy: proxy ?? otherProxy,
    fingerprint: fingerprintOf(secret),
    authorize(request) {
      if (sent) request.headers.set(sent.header, value)
    },
    secrets: () => secrets,
  }
}

/** A secret can be told apart by it, and not be found out: the beginning of its SHA-256, in hex. */
export function fingerprintOf(secret: string): string {
  return new Bun.CryptoHasher('sha256').update(secret).digest('hex').slice(0, 16)
}
