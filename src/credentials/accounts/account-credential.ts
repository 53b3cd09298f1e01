import type { AccountKind } from '../../providers/kind.ts'
import type { Credential, CredentialSpec } from '../credential.ts'
import type { AccountUse, LiveAccount } from './live-account.ts'

/** A signed-in account as a credential: its token goes up, refreshed where it is over. */
export function accountCredential(
  { secret: _, account: _account, proxy, ...declared }: CredentialSpec,
  kind: AccountKind,
  live: LiveAccount,
  use: AccountUse,
): Credential {
  return {
    ...declared,
    proxy,
    fingerprint: live.account.fingerprint,
    endpoint(baseUrl) {
      return { baseUrl: kind.baseUrl?.(live.account.members, baseUrl) ?? baseUrl }
    },
    authorize({ headers }, signal) {
      const add = (token: string): void => {
        headers.set('authorization', `Bearer ${token}`)
        for (const [name, value] of Object.entries(kind.headers?.(live.account.members) ?? {}))
          headers.set(name, value)
        for (const [name, word] of Object.entries(kind.words ?? {}))
          headers.set(name, withWord(headers.get(name), word))
      }
      const token = live.token(use, signal)
      return typeof token === 'string' ? add(token) : token.then(add)
    },
    refresh({ headers }, signal) {
      const refused = headers.get('authorization')?.replace(/^Bearer /, '') ?? ''
      return live.replace(refused, use, signal)
    },
    secrets: () => live.secrets(),
  }
}

/** A list of words in a header with one more, unless it has that already. */
function withWord(list: string | null, word: string): string {
  const words = (list ?? '').split(',').map(item => item.trim())
  return [...new Set([...words, word])].filter(item => item !== '').join(',')
}
