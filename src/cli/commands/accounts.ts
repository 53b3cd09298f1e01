import { basename, resolve } from 'node:path'
import { type AccountFile, readAccountFile } from '../../credentials/accounts/account-file.ts'
import { accountState, stateText } from '../../credentials/accounts/account-state.ts'
import {
  type AccountStatuses,
  createAccountStatuses,
  type RefreshFailure,
} from '../../credentials/accounts/account-status.ts'
import { type FolderAccounts, readAccounts } from '../../credentials/accounts/folder-accounts.ts'
import { kinds } from '../../providers/index.ts'
import type { RoutingTable } from '../../routing/table.ts'
import type { AuthFolder } from '../../store/auth-folder.ts'
import { ABSENT } from '../../store/store.ts'
import { folderProblem, openAuthFolder } from '../account-folder.ts'
import { command } from '../arguments.ts'
import { compiledRoutes } from '../load-routes.ts'
import { fromState } from '../local-state.ts'
import { type Io, refuse } from '../terminal.ts'

const HELP = `usage: jackfield accounts [--json] [--routes FILE]
       jackfield accounts import FILE… [--routes FILE]

Lists the signed-in accounts in auth-dir (~/.jackfield/auth unless routes.yaml says otherwise): who
uses each, its state, when its token is over, and how its last refresh failed.

"import" copies account files of CLIProxyAPI into auth-dir; the files themselves stay. Vendors take a
refresh token once, so only one program may go on with a copied account: to use a folder together
with CLIProxyAPI, name it as auth-dir in routes.yaml instead.

  --json         the same as JSON
  --routes FILE  whose auth-dir (the one that is served)
`

const OPTIONS = {
  json: { type: 'boolean' },
  routes: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const

const USAGE = {
  name: 'accounts',
  help: HELP,
  options: OPTIONS,
  argument: 'file',
  several: true,
} as const

export const run = command(USAGE, ({ values, positionals }, io) => {
  const [action, ...files] = positionals
  if (action !== undefined && action !== 'import')
    return refuse('accounts', `there is no "accounts ${action}"`, io, HELP)
  const remedy = 'name another file with --routes'
  const table = compiledRoutes('accounts', values.routes, remedy, io)
  if (!table) return 1
  const folder = openAuthFolder(resolve(io.cwd, table.authDir))
  if (action === 'import') return importFiles(files, folder, io)
  const found = readAccounts(folder.files())
  const rows = withStatuses(io, statuses => rowsOf(found, folder.path, table, statuses))
  io.stdout(values.json ? asJson(folder.path, rows, found) : asText(folder.path, rows, found))
  return 0
})

/** The failures that the gateway of this user has noted; none where it never ran. */
function withStatuses<R>(io: Io, read: (statuses: Pick<AccountStatuses, 'failure'>) => R): R {
  const none = { failure: () => undefined }
  return fromState(io, state => read(createAccountStatuses(state))) ?? read(none)
}

type Row = {
  account: AccountFile
  kind: string
  state: ReturnType<typeof accountState>
  text: string
  providers: readonly string[]
  failure: RefreshFailure | undefined
}

function rowsOf(
  { accounts }: FolderAccounts,
  path: string,
  { providers }: RoutingTable,
  statuses: Pick<AccountStatuses, 'failure'>,
): Row[] {
  return accounts.map(account => {
    const kind = kinds.find(({ accounts }) => accounts?.type === account.type)
    const failure = statuses.failure(path, account)
    const state = accountState(account, failure, kind !== undefined, Date.now())
    const users = [...providers.values()].filter(({ credentials }) =>
      credentials.some(({ account: used }) => used?.file === account.file),
    )
    return {
      account,
      kind: kind?.id ?? account.type,
      state,
      text: stateText(state, account),
      providers: users.map(({ id }) => id),
      failure,
    }
  })
}

function asJson(folder: string, rows: readonly Row[], { problems }: FolderAccounts): string {
  const accounts = rows.map(({ account, kind, state, text, providers, failure }) => ({
    label: account.label,
    kind,
    file: account.file,
    state,
    text,
    providers,
    expiresAt: timeText(account.tokens.expiresAtMs) ?? null,
    lastRefresh: timeText(account.tokens.lastRefreshMs) ?? null,
    note: account.note ?? null,
    lastError: failure ? { message: failure.message, at: timeText(failure.atMs) } : null,
  }))
  return `${JSON.stringify({ folder, accounts, problems }, null, 2)}\n`
}

function asText(folder: string, rows: readonly Row[], { problems }: FolderAccounts): string {
  const lines = rows.length === 0 ? [`no account is signed in; "jackfield login" does that`] : []
  for (const { account, kind, state, text, providers, failure } of rows) {
    const used = providers.length > 0 ? `used by ${providers.join(', ')}` : unusedText(kind, state)
    const expires = timeText(account.tokens.expiresAtMs)
    lines.push(`${account.label}  ${kind}  ${text}`)
    lines.push(
      `  ${[used, expires && `token until ${expires}`, account.file].filter(Boolean).join('; ')}`,
    )
    if (failure) lines.push(`  last error, ${timeText(failure.atMs)}: ${failure.message}`)
    if (account.note) lines.push(`  note: ${account.note}`)
  }
  for (const { file, problem } of problems) lines.push(`${file} is not used: ${problem}`)
  return `${[folder, '', ...lines].join('\n')}\n`
}

function unusedText(kind: string, state: Row['state']): string {
  if (state === 'not-served' || state === 'disabled') return ''
  return `no provider uses it: providers: { NAME: { kind: ${kind} } }`
}

function timeText(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString().replace(/\.\d{3}Z$/, 'Z')
}

async function importFiles(files: readonly string[], folder: AuthFolder, io: Io): Promise<number> {
  if (files.length === 0) return refuse('accounts import', 'which files?', io, HELP)
  let failed = 0
  for (const file of files) {
    const problem = await importFile(file, folder, io)
    if (problem === undefined) continue
    failed += refuse('accounts import', `${file} ${problem}`, io)
  }
  return failed === 0 ? 0 : 1
}

/** Undefined: it is copied, or was there before. */
async function importFile(file: string, folder: AuthFolder, io: Io): Promise<string | undefined> {
  let bytes: Uint8Array
  try {
    bytes = new TextEncoder().encode(io.readFile(resolve(io.cwd, file)))
  } catch {
    return 'cannot be read; give the path of an account file'
  }
  const name = basename(file)
  const read = readAccountFile(name, bytes)
  if (!read) return 'is no account file: it has no "type"'
  if ('problem' in read) return `is not copied: ${read.problem}`
  if (!/^[^.].*\.json$/i.test(name)) return 'is not copied: its name must end in .json'
  const existing = readAccounts(folder.files()).accounts.find(
    ({ type, fingerprint }) => type === read.type && fingerprint === read.fingerprint,
  )
  if (existing)
    return `is not copied: ${read.label} is there already as ${existing.file}; "jackfield logout ${read.label}" removes that first`
  try {
    await folder.write(name, bytes, ABSENT)
  } catch (error) {
    if (await folder.read(name)) return `is not copied: there is another ${name} in ${folder.path}`
    return `is not copied: ${folderProblem(error, folder.path)}`
  }
  const kind = kinds.find(({ accounts }) => accounts?.type === read.type)
  io.stdout(
    `${read.label} is copied into ${folder.path}${kind ? '' : '; its kind is not served yet'}\n`,
  )
  return undefined
}
