import { readServiceAccount } from '../../credentials/google/key-file.ts'
import { addName, filled, noteDropped } from '../draft.ts'
import { isAddress } from '../service-catalogue.ts'
import type { TrackedSettings } from '../tracked-settings.ts'
import { type AccountNames, type Alias, readAccountNames, readAliases } from './account-names.ts'
import type { Account } from './accounts.ts'
import { tiers } from './prefixes.ts'
import { addKeys, type Importing, readCredentialExtras, readPrefix, weightOf } from './providers.ts'
import { usableProxy } from './server.ts'

const CHANNEL = 'vertex'

/** Vertex's files in `auth-dir`: a service account's file is a key as it stands. */
export function readServiceAccounts(
  accounts: readonly Account[],
  config: TrackedSettings,
  importing: Importing,
): void {
  const { draft } = importing
  const files = accounts.filter(({ type }) => type === CHANNEL)
  const names = readAccountNames(config, CHANNEL, files.length > 0, draft)
  const targets = new Map<string, { target: string; priority: number }[]>()
  for (const account of files) {
    const id = addAccount(account, names, importing)
    for (const { name, alias } of id ? aliasesOf(account, names, importing) : []) {
      const priority = account.members.number('priority') ?? 0
      targets.set(alias, [...(targets.get(alias) ?? []), { target: `${id}/${name}`, priority }])
    }
    for (const unread of account.members.unread())
      noteDropped(draft, unread, 'is not known to this import and is not taken over')
  }
  // Behind a prefix of its own a provider is asked by address, which only force goes before.
  const section = importing.forced ? 'force' : 'aliases'
  for (const [alias, those] of targets)
    addName(
      draft,
      alias.includes('/') ? section : 'aliases',
      alias,
      tiers(those),
      'from oauth-model-alias.vertex',
    )
}

/** The name of its provider. Undefined, with a note: it cannot be used. */
function addAccount(
  { path, file, members }: Account,
  names: AccountNames,
  importing: Importing,
): string | undefined {
  const { draft, services } = importing
  const provider = providerOf(members, names, importing)
  const proxy = members.text('proxy_url')
  const key = filled({
    key: `\${file:${path}}`,
    weight: weightOf(members, importing),
    'proxy-url': proxy && usableProxy(proxy, members.path('proxy_url'), draft),
  })
  // A brace would end the reference to the file.
  if (readServiceAccount(services.readFile(path)) && !/[{}]/.test(path))
    return addKeys([{ provider, key, from: `auth-dir: ${file}` }], CHANNEL, draft)[0]
  noteDropped(
    draft,
    `auth-dir: ${file}`,
    'is no service account that can be used; give a provider of kind vertex the JSON that Google wrote',
  )
  return undefined
}

/** What the file says of itself is read from it whenever it is used; what is ours is written. */
function providerOf(members: TrackedSettings, names: AccountNames, { draft }: Importing) {
  for (const own of ['type', 'service_account', 'project_id', 'email', 'location', 'label', 'note'])
    members.raw(own)
  // When a token is renewed is nobody's choice here.
  for (const own of ['refresh_interval', 'refresh_interval_seconds']) members.raw(own)
  readCredentialExtras(members, draft)
  const address = members.text('base_url')
  const excluded = [...members.texts('excluded_models'), ...names.excluded]
  return filled({
    kind: 'vertex',
    'base-url': address && isAddress(address) ? address : undefined,
    prefix: readPrefix(members, draft),
    priority: members.number('priority') || undefined,
    headers: members.record('headers'),
    exclude: excluded.filter(glob => glob !== '*'),
    disabled: members.flag('disabled') || excluded.includes('*') || undefined,
  })
}

/** The file's own go before those of all; each with the prefix it is asked with. */
function aliasesOf(
  { members }: Account,
  { aliases }: AccountNames,
  { draft, forced }: Importing,
): Alias[] {
  const own = ['model_aliases', 'model-aliases'].flatMap(name => readAliases(members, name, draft))
  const mine = own.length > 0 ? own : aliases
  const prefix = members.text('prefix')
  const behind = prefix
    ? mine.map(({ name, alias }) => ({ name, alias: `${prefix}/${alias}` }))
    : []
  return prefix && forced ? behind : [...mine, ...behind]
}
