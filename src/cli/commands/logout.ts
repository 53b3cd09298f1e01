import { resolve } from 'node:path'
import { type AccountFile, readAccountFile } from '../../credentials/accounts/account-file.ts'
import { refreshLock } from '../../credentials/accounts/live-account.ts'
import type { AuthFolder } from '../../store/auth-folder.ts'
import { folderProblem, openAuthFolder } from '../account-folder.ts'
import { command } from '../arguments.ts'
import { compiledRoutes } from '../load-routes.ts'
import { type Io, refuse } from '../terminal.ts'

const HELP = `usage: jackfield logout LABEL [--type TYPE] [--routes FILE]

Removes the account with this e-mail, label or file name from auth-dir, with all files of it. A
running gateway uses it no more within a second; requests that have begun with it end. The vendor is
not told: where a token may have leaked, end the session on the vendor's page as well.

  --type TYPE    claude, codex, gemini, qwen, kimi, xai, …: where accounts of several vendors have the same label
  --routes FILE  whose auth-dir (the one that is served)
`

const OPTIONS = {
  type: { type: 'string' },
  routes: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const

const USAGE = {
  name: 'logout',
  help: HELP,
  options: OPTIONS,
  argument: 'label',
  required: true,
} as const

export const run = command(USAGE, ({ values, positionals }, io) => {
  const [label = ''] = positionals
  const remedy = 'name another file with --routes'
  const table = compiledRoutes('logout', values.routes, remedy, io)
  if (!table) return 1
  const folder = openAuthFolder(resolve(io.cwd, table.authDir))
  const found = accountsCalled(label, values.type, folder)
  const types = [...new Set(found.map(({ type }) => type))]
  if (found.length === 0)
    return refuse(
      'logout',
      `there is no account "${label}" in ${folder.path}; see jackfield accounts`,
      io,
    )
  if (types.length > 1)
    return refuse(
      'logout',
      `"${label}" is an account of ${types.join(' and ')}; add --type ${types[0]}`,
      io,
    )
  return remove(found, folder, io)
})

/** Every file of the account, also one that another file goes before. */
function accountsCalled(
  label: string,
  type: string | undefined,
  folder: AuthFolder,
): AccountFile[] {
  const wanted = label.toLowerCase()
  const accounts = folder
    .files()
    .map(({ name, bytes }) => readAccountFile(name, bytes))
    .filter(read => read !== undefined)
    .filter(read => 'tokens' in read)
  return accounts.filter(
    account =>
      (type === undefined || account.type === type) &&
      [account.label, account.file, account.file.replace(/\.json$/i, '')].some(
        name => name.toLowerCase() === wanted,
      ),
  )
}

async function remove(
  accounts: readonly AccountFile[],
  folder: AuthFolder,
  io: Io,
): Promise<number> {
  for (const account of accounts) {
    const { file, label, type } = account
    try {
      const document = await folder.read(file)
      if (document) await folder.remove(file, document.version)
      // A gateway that was killed may have left tokens there.
      folder.writeJournal(refreshLock(account), undefined)
    } catch (error) {
      return refuse('logout', folderProblem(error, folder.path), io)
    }
    io.stdout(`${label} (${type}) is signed out: ${file} is removed\n`)
  }
  return 0
}
