import type { AccountKind } from '../../providers/kind.ts'
import { fingerprintOf } from '../api-key.ts'
import type { Credential, CredentialSpec } from '../credential.ts'
import type { AccountUse, LiveAccount } from './live-account.ts'

/** A signed-in account as a credential: its token goes up, refreshed where it is over. */
export function accountCredential(
  { secret: _, account, proxy, ...declared }: CredentialSpec,
  kind: AccountKind,
  live: LiveAccount,
  use: AccountUse,
): Credential {
  const { baseUrl: baseUrlOf, headers: headersOf } = kind
  const project = account?.project
  const words = Object.entries(kind.words ?? {})

  function add(headers: Headers, token: string): void {
    headers.set('authorization', `Bearer ${token}`)
    const own = headersOf?.(live.account.members) ?? {}
    for (const name in own) headers.set(name, own[name] ?? '')
    for (const [name, word] of words) headers.set(name, withWord(headers.get(name), word))
  }

  return {
    ...declared,
    proxy,
    fingerprint:
      project === undefined
        ? live.account.fingerprint
        : fingerprintOf(`${live.account.fingerprint}\t${project}`),
    project,
    endpoint: baseUrlOf
      ? baseUrl => ({ baseUrl: baseUrlOf(live.account.members, baseUrl) ?? baseUrl })
      : undefined,
    authorize({ headers }, signal) {
      const token = live.token(use, signal)
      if (typeof token === 'string') return add(headers, token)
      return token.then(refreshed => add(headers, refreshed))
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
