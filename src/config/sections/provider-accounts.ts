import type { AccountFile } from '../../credentials/accounts/account-file.ts'
import type { AccountReference } from '../../credentials/credential.ts'
import { withSettings } from '../../credentials/oauth/vendor.ts'
import { vendorBy } from '../../credentials/oauth/vendors.ts'
import { nearest } from '../../lib/nearest.ts'
import type { AccountKind, Kind } from '../../providers/kind.ts'
import type { CredentialSpec, Provider } from '../../routing/table.ts'
import type { Report } from '../diagnostics/report.ts'
import type { ProviderEntry } from '../schema/routes.ts'

/** What reading a provider's accounts needs. */
export type AccountContext = {
  /** The folder of account files. */
  authDir: string
  accountsIn(folder: string): readonly AccountFile[]
  /** A `proxy-url` for accounts without one of their own. */
  proxy: string | undefined
  report: Report
}

/** The vendor that signs its accounts in, as `oauth` changes it; undefined: the kind takes none. */
export function readVendor(entry: ProviderEntry, kind: Kind): Provider['vendor'] {
  const vendor = kind.accounts && vendorBy('kind', kind.id)
  const oauth = entry.oauth
  if (!vendor || !oauth) return vendor
  return withSettings(vendor, {
    authorizeUrl: oauth['authorize-url'],
    tokenUrl: oauth['token-url'],
    deviceUrl: oauth['device-url'],
    clientId: oauth['client-id'],
    clientSecret: oauth['client-secret'],
    scopes: oauth.scopes,
    redirectPort: oauth['redirect-port'],
  })
}

/** The accounts of a provider as credentials; those that are disabled in their file are left out. */
export function readAccounts(
  provider: string,
  entry: ProviderEntry,
  kind: Kind,
  vendor: Provider['vendor'],
  context: AccountContext,
): CredentialSpec[] {
  const { report, authDir, accountsIn, proxy } = context
  if (!kind.accounts || !vendor) {
    refuseMembers(provider, entry, kind, report)
    return []
  }
  const { type } = kind.accounts
  const accounts = accountsIn(authDir).filter(account => account.type === type)
  const wanted = typeof entry.accounts === 'string' ? [entry.accounts] : entry.accounts
  const all = wanted === undefined || wanted.includes('all')
  if (!all) warnOfUnknown(provider, wanted, accounts, kind.accounts, report)
  const isWanted = ({ label, file }: AccountFile): boolean =>
    all || wanted.some(name => isCalled(name, { label, file }))
  const ids = new Set<string>()
  return accounts
    .filter(account => !account.disabled && isWanted(account))
    .flatMap(account => {
      const plain = `${provider}/${account.label}`
      const id = ids.has(plain) ? `${provider}/${stem(account.file)}` : plain
      ids.add(id)
      const reference = {
        folder: authDir,
        file: account.file,
        vendor,
        proxy: account.proxy ?? proxy,
      }
      const credential = {
        id,
        provider,
        secret: '',
        account: reference,
        headers: account.headers,
        proxy: account.proxy ?? proxy,
        weight: account.weight,
        priority: account.priority,
      }
      return projectsOf(account, kind.accounts, credential, report)
    })
}

/** One credential a project where the kind has projects, so that each has its own quota. */
function projectsOf(
  { label, type, members }: AccountFile,
  kind: AccountKind | undefined,
  credential: CredentialSpec & { account: AccountReference },
  report: Report,
): CredentialSpec[] {
  if (!kind?.projects) return [credential]
  const projects = kind.projects(members)
  if (projects.length === 0)
    report.warn(
      ['providers', credential.provider],
      `the account ${label} has no project, so it is not used`,
      `sign in again: jackfield login ${type} --project PROJECT`,
    )
  return projects.map(project => ({
    ...credential,
    id: projects.length === 1 ? credential.id : `${credential.id}::${project}`,
    account: { ...credential.account, project },
  }))
}

function refuseMembers(provider: string, entry: ProviderEntry, kind: Kind, report: Report): void {
  for (const member of ['accounts', 'oauth'] as const)
    if (entry[member] !== undefined)
      report.error(
        ['providers', provider, member],
        `kind "${kind.id}" takes keys, and no accounts`,
        `take ${member} out, or choose one of the kinds claude-oauth, codex-oauth, gemini-cli, qwen, kimi and xai-oauth`,
        'key',
      )
}

function warnOfUnknown(
  provider: string,
  wanted: readonly string[],
  accounts: readonly AccountFile[],
  { type }: AccountKind,
  report: Report,
): void {
  for (const [index, name] of wanted.entries()) {
    if (accounts.some(account => isCalled(name, account))) continue
    const [best] = nearest(
      name,
      accounts.map(({ label }) => label),
    )
    report.warn(
      ['providers', provider, 'accounts', index],
      `no account "${name}" is signed in`,
      best === undefined
        ? `sign in: jackfield login ${type} --label ${name}`
        : `did you mean "${best}"?`,
    )
  }
}

/** By its label, or by its file with or without `.json`. */
function isCalled(name: string, { label, file }: Pick<AccountFile, 'label' | 'file'>): boolean {
  const wanted = name.toLowerCase()
  return [label, file, stem(file)].some(known => known.toLowerCase() === wanted)
}

function stem(file: string): string {
  return file.replace(/\.json$/i, '')
}
