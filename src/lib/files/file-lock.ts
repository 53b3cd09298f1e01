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
  const database = lockedBy(lockFileOf(path), MAX_WAIT_MS)
  try {
    return work()
  } finally {
    database.close()
  }
}

/**
 * The same lock for work that waits for something else meanwhile: call what it gives when that is
 * done. Undefined: it is held, by another process or by this one.
 */
export function tryFileLock(path: string): (() => void) | undefined {
  const lock = lockFileOf(path)
  try {
    const database = lockedBy(lock, 0)
    return () => database.close()
  } catch (error) {
    if (codeOf(error) === LOCK_TIMEOUT) return undefined
    throw error
  }
}

function lockFileOf(path: string): string {
  const lock = join(dirname(path), `.${basename(path)}.lock`)
  closeSync(openSync(lock, 'a', 0o600))
  giveToOwnerOf(path, lock)
  return lock
}

/** The lock file's content does not matter: one that is no database is emptied. */
function lockedBy(path: string, maxWaitMs: number): Database {
  try {
    return locked(path, maxWaitMs)
  } catch (error) {
    const code = codeOf(error)
    if (code !== 'SQLITE_NOTADB' && code !== 'SQLITE_CORRUPT') throw error
    truncateSync(path, 0)
    return locked(path, maxWaitMs)
  }
}

function locked(path: string, maxWaitMs: number): Database {
  const database = new Database(path)
  try {
    database.run(`pragma busy_timeout = ${maxWaitMs}`)
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
