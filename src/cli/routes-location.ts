import { existsSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Io } from './terminal.ts'

/** A file that is used. `named`: the user asked for this one. */
export type Found = { file: string; named: boolean }

export type Located = {
  /** Undefined: the built-in routes serve. */
  found: Found | undefined
  /** Files that are there and are not used, and why. */
  passedOver: readonly { file: string; why: string }[]
}

/**
 * Where the routes are: what `asked` names, else `JACKFIELD_ROUTES`, else ./routes.yaml, else the
 * user's own. A file in a folder is used unasked only if it belongs to this user: what it says
 * decides which host gets the user's keys. `user`: undefined where files have no owner.
 */
export function locateRoutes(
  asked: string | undefined,
  io: Io,
  user = process.getuid?.(),
): Located {
  const named = asked ?? (io.env.JACKFIELD_ROUTES?.trim() || undefined)
  if (named !== undefined) return { found: { file: named, named: true }, passedOver: [] }
  const there = unaskedFiles(io).filter(file => existsSync(resolve(io.cwd, file)))
  const passedOver = there.flatMap(file => {
    const why = notOurs(resolve(io.cwd, file), user, io)
    return why ? [{ file, why }] : []
  })
  const file = there.find(path => passedOver.every(({ file }) => file !== path))
  return { found: file === undefined ? undefined : { file, named: false }, passedOver }
}

/** The file that is served unless another one is named; ./routes.yaml where there is none. */
export function defaultRoutes(io: Io): string {
  return locateRoutes(undefined, io).found?.file ?? 'routes.yaml'
}

/** Where a file is looked for when none is named, best first. */
export function unaskedFiles({ env }: Io): readonly string[] {
  return ['routes.yaml', join(configFolder(env), 'jackfield', 'routes.yaml')]
}

/** Where programs of this platform keep a user's settings. */
function configFolder(env: Io['env']): string {
  const home = env.HOME ?? env.USERPROFILE ?? homedir()
  if (process.platform === 'win32') return env.APPDATA ?? join(home, 'AppData', 'Roaming')
  if (process.platform === 'darwin') return join(home, 'Library', 'Application Support')
  return env.XDG_CONFIG_HOME?.trim() || join(home, '.config')
}

/** Why a file is another user's; undefined: it is this user's, or the system's. */
function notOurs(path: string, user: number | undefined, { env }: Io): string | undefined {
  if (user === undefined) return undefined
  // With sudo the files are those of the user who typed it.
  const ours = new Set([0, user, ...(user === 0 && env.SUDO_UID ? [Number(env.SUDO_UID)] : [])])
  try {
    const { uid } = statSync(path)
    return ours.has(uid) ? undefined : `it belongs to another user (uid ${uid})`
  } catch {
    return undefined
  }
}

/** What to say of files that are not used. */
export function passedOverText({ passedOver }: Located): string {
  return passedOver
    .map(({ file, why }) => `jackfield: ${file} is not used: ${why}; --routes ${file} uses it\n`)
    .join('')
}
