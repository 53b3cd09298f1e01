import { readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { codeOf } from '../../lib/thrown.ts'

/** What systems say of a path with nothing at its end. */
const NOWHERE: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'ELOOP'])
/** As many as systems follow. */
const MAX_LINKS = 40

/** `exists`: there is something at the path, which is no link. */
type Located = { path: string; exists: boolean }

/**
 * Through links to the file itself, name by name: the runtime's realpath opens the file, and says
 * that it is gone when another process replaces it meanwhile.
 */
export function locate(path: string): Located {
  let current = path
  for (let links = 0; links < MAX_LINKS; links++) {
    let target: string
    try {
      target = readlinkSync(current)
    } catch (error) {
      return { path: current, exists: !isNowhere(error) }
    }
    current = resolve(dirname(current), target)
  }
  return { path: current, exists: false }
}

/** Undefined: there is no such file. Throws where there is something that cannot be read. */
export function bytesAt(path: string): Uint8Array | undefined {
  try {
    return readFileSync(path)
  } catch (error) {
    if (isNowhere(error)) return undefined
    throw error
  }
}

function isNowhere(error: unknown): boolean {
  return NOWHERE.has(codeOf(error) ?? '')
}

/** Removes what processes left behind that ended in the middle of a write. Call it while locked. */
export function sweep(path: string): void {
  const folder = dirname(path)
  const prefix = `${basename(path)}.`
  for (const name of readdirSync(folder))
    if (name.startsWith(prefix) && /^(?:.*\.bak\.)?\d+\.tmp$/.test(name.slice(prefix.length)))
      rmSync(join(folder, name), { force: true })
}
