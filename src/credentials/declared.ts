import type { Kind } from '../providers/kind.ts'
import { accountCredential } from './accounts/account-credential.ts'
import type { Accounts } from './accounts/accounts.ts'
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
  accounts: Pick<Accounts, 'live'>,
): Credential[] {
  return credentials.map(declared => {
    if (declared.account && kind.accounts) {
      const live = accounts.live(declared.account)
      return accountCredential(declared, kind.accounts, live, declared.account)
    }
    const endpoint = kind.serviceAccountEndpoint
    const account = endpoint && readServiceAccount(declared.secret)
    return account
      ? serviceAccount(declared, account, endpoint, tokens, { proxy })
      : apiKey(declared, { auth: kind.auth, proxy })
  })
}
