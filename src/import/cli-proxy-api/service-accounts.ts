import { readServiceAccount } from '../../credentials/google/key-file.ts'
import type { JsonObject } from '../../lib/json/json.ts'
import { filled } from '../draft.ts'
import { applyRows, nonZero, type Row, record } from '../rows.ts'
import { isAddress } from '../service-catalogue.ts'
import type { TrackedSettings } from '../tracked-settings.ts'
import { type AccountNames, type Alias, readAccountNames, readAliases } from './account-names.ts'
import type { Account } from './accounts.ts'
import { type KeyImporting, prefix, readKeyDetails, UNSUPPORTED } from './credential-settings.ts'
import { tiers } from './prefixes.ts'
import { addKeys } from './providers.ts'

const CHANNEL = 'vertex'

/** Vertex's files in `auth-dir`: a service account's file is a key as it stands. */
export function readServiceAccounts(
  accounts: readonly Account[],
  config: TrackedSettings,
  importing: KeyImporting,
): void {
  const { draft } = importing
  const files = accounts.filter(({ type }) => type === CHANNEL)
  const names = readAccountNames(config, CHANNEL, files.length > 0, importing)
  const targets = new Map<string, { target: string; priority: number }[]>()
  for (const account of files) {
    const id = addAccount(account, names, importing)
    for (const { name, alias } of id ? aliasesOf(account, names, importing) : []) {
      const priority = account.members.number('priority') ?? 0
      targets.set(alias, [...(targets.get(alias) ?? []), { target: `${id}/${name}`, priority }])
    }
    for (const unread of account.members.unread())
      draft.noteDropped(unread, 'is not known to this import and is not taken over')
  }
  // Behind a prefix of its own a provider is asked by address, which only force goes before.
  const section = importing.forced ? 'force' : 'aliases'
  for (const [alias, members] of targets)
    draft.addName(
      alias.includes('/') ? section : 'aliases',
      alias,
      tiers(members),
      'from oauth-model-alias.vertex',
    )
}

/** The name of its provider. Undefined, with a note: it cannot be used. */
function addAccount(
  { path, file, members }: Account,
  names: AccountNames,
  importing: KeyImporting,
): string | undefined {
  const { draft, services } = importing
  const provider = providerOf(members, names, importing)
  const key = { key: `\${file:${path}}`, ...readKeyDetails(members, 'proxy_url', importing) }
  // A brace would end the reference to the file.
  if (readServiceAccount(services.readFile(path)) && !/[{}]/.test(path))
    return addKeys([{ provider, key, from: `auth-dir: ${file}` }], CHANNEL, draft)[0]
  draft.noteDropped(
    `auth-dir: ${file}`,
    'is no service account that can be used; give a provider of kind vertex the JSON that Google wrote',
  )
  return undefined
}

/** Members that are read from the file whenever it is used, and when a token is renewed. */
const OF_THE_FILE: readonly Row[] = [
  {
    from: ['type', 'service_account', 'project_id', 'email', 'location', 'label', 'note'],
  },
  { from: ['refresh_interval', 'refresh_interval_seconds'] },
]

const PROVIDER: readonly Row[] = [
  ...OF_THE_FILE,
  ...UNSUPPORTED,
  { from: 'base_url', to: 'base-url', read: address },
  { from: 'prefix', to: 'prefix', read: prefix },
  { from: 'priority', to: 'priority', read: nonZero },
  { from: 'headers', to: 'headers', read: record },
]

function address(members: TrackedSettings, name: string): string | undefined {
  const written = members.text(name)
  return written && isAddress(written) ? written : undefined
}

/** Its own settings, and what the main file excludes for all accounts of the kind. */
function providerOf(
  members: TrackedSettings,
  names: AccountNames,
  importing: KeyImporting,
): JsonObject {
  const excluded = [...members.texts('excluded_models'), ...names.excluded]
  return {
    ...applyRows(PROVIDER, members, importing, { kind: 'vertex' }),
    ...filled({
      exclude: excluded.filter(glob => glob !== '*'),
      disabled: members.flag('disabled') || excluded.includes('*') || undefined,
    }),
  }
}

/** The file's own go before those of all; each with the prefix it is asked with. */
function aliasesOf(
  { members }: Account,
  { aliases }: AccountNames,
  importing: KeyImporting,
): Alias[] {
  const own = ['model_aliases', 'model-aliases'].flatMap(name =>
    readAliases(members, name, importing),
  )
  const plain = own.length > 0 ? own : aliases
  const before = members.text('prefix')
  const prefixed = plain.map(({ name, alias }) => ({ name, alias: `${before}/${alias}` }))
  if (!before) return [...plain]
  return importing.forced ? prefixed : [...plain, ...prefixed]
}
