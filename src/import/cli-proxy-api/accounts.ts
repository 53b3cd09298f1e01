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

/**
 * The signed-in accounts: where kinds of this version serve all of them, their folder is used as it
 * lies. Else it is noted, with what can be done.
 */
export function takeAccounts(
  accounts: readonly Account[],
  config: TrackedSettings,
  { draft, services }: Importing,
): void {
  const signedIn = accounts.filter(({ type }) => type !== 'vertex')
  if (signedIn.length === 0) return
  const folder = folderPath(config.text('auth-dir') ?? DEFAULT_FOLDER, services)
  const byType = Map.groupBy(signedIn, ({ type }) => type)
  const served = [...byType.keys()].map(type =>
    services.kinds.find(({ accounts }) => accounts?.type === type),
  )
  const list = [...byType]
    .map(([type, group]) => `${type} (${group.map(nameOf).join(', ')})`)
    .join('; ')
  if (served.every(kind => kind !== undefined)) {
    draft.routes['auth-dir'] = folder
    for (const { id } of served)
      draft.addProvider(draft.freeName(id), { kind: id }, `from auth-dir: ${list}`)
    return
  }
  draft.noteDropped(
    'auth-dir',
    `${counted(signedIn.length)} not taken over: ${list}. They stay untouched in ${folder}; not every kind of them is served by this version, so write auth-dir and a provider of a kind that is (claude-oauth, codex-oauth, gemini-cli, qwen, kimi, xai-oauth) yourself, or a provider with keys`,
  )
  draft.closing.push(
    `${counted(signedIn.length)} signed in, in the folder below, and untouched. Not every kind of them is served by this version;`,
    'to use those that are, take the "# " away and add a provider: claude: { kind: claude-oauth }.',
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
