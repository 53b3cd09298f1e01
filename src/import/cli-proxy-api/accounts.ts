import { join } from 'node:path'
import { parseObject } from '../../lib/json/json.ts'
import type { Importing } from '../draft.ts'
import { folderPath } from '../paths.ts'
import { TrackedSettings } from '../tracked-settings.ts'

const DEFAULT_FOLDER = '~/.cli-proxy-api'

/** A token file of `auth-dir`. */
export type Account = { path: string; file: string; type: string; members: TrackedSettings }

/** What stands in `auth-dir`, sorted by name. Nothing there is changed. */
export function findAccounts(config: TrackedSettings, { draft, services }: Importing): Account[] {
  const written = config.text('auth-dir')
  const folder = folderPath(written ?? DEFAULT_FOLDER, services)
  let files: readonly string[]
  try {
    files = services.filesIn(folder)
  } catch {
    if (written)
      draft.noteDropped(
        'auth-dir',
        `${folder} is no folder that can be read, so its accounts are not looked at; import again where it is`,
      )
    return []
  }
  return files
    .filter(file => file.toLowerCase().endsWith('.json'))
    .toSorted()
    .flatMap(file => accountIn(folder, file, { draft, services }))
}

function accountIn(folder: string, file: string, { draft, services }: Importing): Account[] {
  const path = join(folder, file)
  const about = `auth-dir: ${file}`
  let members: ReturnType<typeof parseObject>
  try {
    members = parseObject(services.readFile(path))
  } catch {
    draft.noteDropped(about, 'cannot be read')
    return []
  }
  const type = members?.type
  if (members && typeof type === 'string' && type)
    return [{ path, file, type, members: new TrackedSettings(members, about) }]
  if (members) draft.noteUnneeded(about, 'has no type, for which it was ignored there too')
  else draft.noteDropped(about, 'is no JSON object and is left out')
  return []
}

/** Notes the signed-in accounts, which this version cannot use. They stay where they are. */
export function noteAccounts(
  accounts: readonly Account[],
  config: TrackedSettings,
  { draft, services }: Importing,
): void {
  const signedIn = accounts.filter(({ type }) => type !== 'vertex')
  if (signedIn.length === 0) return
  const folder = folderPath(config.text('auth-dir') ?? DEFAULT_FOLDER, services)
  const byType = Map.groupBy(signedIn, ({ type }) => type)
  const list = [...byType].map(([type, group]) => `${type} (${group.map(nameOf).join(', ')})`)
  draft.noteDropped(
    'auth-dir',
    `${counted(signedIn.length)} not usable yet: ${list.join('; ')}. They stay untouched in ${folder}; a later version takes them over as they are, until then a provider with keys has to serve`,
  )
  draft.closing.push(
    `${counted(signedIn.length)} signed in, in the folder below, and untouched. This version has no use for them yet; a`,
    'later one takes them over as they are: then take the "# " away.',
    `auth-dir: ${/^[\w./~-]+$/.test(folder) ? folder : JSON.stringify(folder)}`,
  )
}

function counted(count: number): string {
  return `${count} ${count === 1 ? 'account is' : 'accounts are'}`
}

function nameOf({ members, file }: Account): string {
  const name = members.text('email') ?? members.text('label') ?? file
  return members.flag('disabled') ? `${name}, disabled` : name
}
