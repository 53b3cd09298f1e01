import type { Kind } from '../providers/kind.ts'
import { apiKey } from './api-key.ts'
import type { Credential, CredentialSpec } from './credential.ts'
import type { Tokens } from './google/access-token.ts'
import { readServiceAccount } from './google/key-file.ts'
import { serviceAccount } from './google/service-account.ts'

/** A provider, as far as its credentials depend on it. */
type Declaring = { kind: Kind; proxy?: string; credentials: readonly CredentialSpec[] }

/** The credentials that routes.yaml declares for a provider, each in the form that its secret has. */
export function declaredCredentials(
  { kind, proxy, credentials }: Declaring,
  tokens: Tokens,
): Credential[] {
  return credentials.map(declared => {
    const endpoint = kind.serviceAccountEndpoint
    const account = endpoint && readServiceAccount(declared.secret)
    return account
      ? serviceAccount(declared, account, endpoint, tokens, { proxy })
      : apiKey(declared, { auth: kind.auth, proxy })
  })
}
