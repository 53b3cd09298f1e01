import type { AccountReference, Credential } from '../credentials/credential.ts'
import { declaredCredentials } from '../credentials/declared.ts'
import type { Services } from '../exchange/services.ts'
import type { Gateway } from '../exchange/snapshot.ts'
import { redactorOf } from '../redaction/snapshot-secrets.ts'
import type { RoutingTable } from '../routing/table.ts'

/** What outlives snapshots does from now on as this one says. */
export function putInForce(gateway: Gateway): void {
  const { table, services } = gateway
  services.accounts.use(accountsIn(table), takesAccounts(table) ? table.authDir : undefined)
  services.pool.reconcile(credentialsOf(gateway), table.policy)
  services.proxies.keep(proxiesOf(gateway))
  services.ledger.follow(table.usage)
  services.log.follow({ ...table.logging, clean: redactorOf(gateway) })
}

/** The credentials that the routes declare. */
export function credentialsOf({
  table,
  services,
}: {
  table: RoutingTable
  services: Pick<Services, 'tokens' | 'accounts'>
}): Credential[] {
  return [...table.providers.values()].flatMap(provider =>
    declaredCredentials(provider, services.tokens, services.accounts),
  )
}

/** Whether a folder of accounts matters, also one that is empty yet. */
function takesAccounts({ providers }: RoutingTable): boolean {
  return [...providers.values()].some(({ kind }) => kind.accounts !== undefined)
}

function accountsIn({ providers }: RoutingTable): AccountReference[] {
  return [...providers.values()].flatMap(({ credentials }) =>
    credentials.flatMap(({ account }) => account ?? []),
  )
}

function proxiesOf({ table }: Gateway): ReadonlySet<string> {
  const providers = [...table.providers.values()]
  const written = providers.flatMap(({ proxy, credentials }) => [
    proxy,
    ...credentials.map(credential => credential.proxy),
  ])
  return new Set(written.filter(proxy => proxy !== undefined))
}
