import { Database } from 'bun:sqlite'
import { chownSync, closeSync, openSync, statSync, truncateSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { codeOf } from '../thrown.ts'

/** The code of the error when another process holds the lock for too long. */
export const LOCK_TIMEOUT = 'SQLITE_BUSY'

/** How long another process may hold the lock. */
const MAX_WAIT_MS = 3_000

/**
 * Runs `work` while no other process does the same for this file. The lock is SQLite's on an empty
 * file beside it: the system releases it when a process ends, however it ends, so there are no
 * stale locks. Throws `LOCKED_OUT` after some seconds.
 */
export function withFileLock<R>(path: string, work: () => R): R {
  const lock = join(dirname(path), `.${basename(path)}.lock`)
  closeSync(openSync(lock, 'a', 0o600))
  giveToOwnerOf(path, lock)
  const database = lockedBy(lock)
  try {
    return work()
  } finally {
    database.close()
  }
}

/** The lock file's content does not matter: one that is no database is emptied. */
function lockedBy(path: string): Database {
  try {
    return locked(path)
  } catch (error) {
    const code = codeOf(error)
    if (code !== 'SQLITE_NOTADB' && code !== 'SQLITE_CORRUPT') throw error
    truncateSync(path, 0)
    return locked(path)
  }
}

function locked(path: string): Database {
  const database = new Database(path)
  try {
    database.run(`pragma busy_timeout = ${MAX_WAIT_MS}`)
    database.run('begin exclusive')
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/** A lock that root makes must not keep out the user who owns the file. */
function giveToOwnerOf(path: string, lock: string): void {
  try {
    const { uid, gid } = statSync(path)
    if (process.geteuid?.() === 0 && statSync(lock).uid !== uid) chownSync(lock, uid, gid)
  } catch {
    // There is no file yet, so no owner to give the lock to.
  }
}
