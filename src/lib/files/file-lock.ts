import { Database } from 'bun:sqlite'
import { chownSync, closeSync, openSync, statSync, truncateSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

/** The code of the error when another process does not let go. */
export const LOCKED_OUT = 'SQLITE_BUSY'

/** How long another process may take. */
const PATIENCE_MS = 3_000

/**
 * Runs `work` while no other process does the same for this file. The lock is SQLite's on an empty
 * file beside it: the system lets go of it when a process ends, however it ends, so there is no
 * stale one to tell from a held one. Throws `LOCKED_OUT` after some seconds.
 */
export function whileLocked<R>(path: string, work: () => R): R {
  const beside = join(dirname(path), `.${basename(path)}.lock`)
  closeSync(openSync(beside, 'a', 0o600))
  giveToOwnerOf(path, beside)
  const database = lockedBy(beside)
  try {
    return work()
  } finally {
    database.close()
  }
}

/** What is in the file does not matter: where it is no database it is emptied. */
function lockedBy(path: string): Database {
  try {
    return locked(path)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code !== 'SQLITE_NOTADB' && code !== 'SQLITE_CORRUPT') throw error
    truncateSync(path, 0)
    return locked(path)
  }
}

function locked(path: string): Database {
  const database = new Database(path)
  try {
    database.run(`pragma busy_timeout = ${PATIENCE_MS}`)
    database.run('begin exclusive')
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/** An administrator must not lock out the user whom the file belongs to. */
function giveToOwnerOf(path: string, beside: string): void {
  try {
    const { uid, gid } = statSync(path)
    if (process.geteuid?.() === 0 && statSync(beside).uid !== uid) chownSync(beside, uid, gid)
  } catch {
    // Without the file there is nobody to give it to.
  }
}
