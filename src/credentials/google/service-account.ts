import type { Kind } from '../../providers/kind.ts'
import { type CredentialOptions, fingerprintOf } from '../api-key.ts'
import type { Credential, CredentialSpec } from '../credential.ts'
import type { Tokens } from './access-token.ts'
import type { AccountKey } from './key-file.ts'

/** A Google service account whose key file is declared in place of an API key. */
export function serviceAccount(
  { secret, proxy: ownProxy, ...declared }: CredentialSpec,
  account: AccountKey,
  endpointFor: NonNullable<Kind['serviceAccountEndpoint']>,
  tokens: Tokens,
  options: Pick<CredentialOptions, 'proxy'>,
): Credential {
  const proxy = ownProxy ?? options.proxy
  const declaredSecrets = [secret, account.privateKey]
  let issued = tokens.issued(account)
  let secrets = [...declaredSecrets, ...issued]
  return {
    ...declared,
    proxy,
    fingerprint: fingerprintOf(secret),
    endpoint: baseUrl => endpointFor(account, baseUrl),
    async authorize({ headers }, signal) {
      const token = await tokens.tokenFor(account, { proxy, signal })
      headers.set('authorization', `Bearer ${token}`)
    },
    async refresh({ headers }, signal) {
      const refused = headers.get('authorization')?.replace(/^Bearer /, '') ?? ''
      tokens.drop(account, refused)
      return (await tokens.tokenFor(account, { proxy, signal })) !== refused
    },
    secrets() {
      const now = tokens.issued(account)
      if (now !== issued) {
        issued = now
        secrets = [...declaredSecrets, ...now]
      }
      return secrets
    },
  }
}
