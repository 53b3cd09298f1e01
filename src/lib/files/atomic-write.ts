import {
  closeSync,
  existsSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  openSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'

type WriteOptions = {
  /** The file that is replaced: its owner stays, and what it forbids stays forbidden. */
  like?: { mode: number; uid: number; gid: number }
  /** Called when all bytes are on the disk, just before the rename; may throw. */
  beforeRename?: () => void
}

/**
 * Replaces a file by all of the content or not at all: written to a file beside it, synced, then
 * renamed. Mode 0600, since it may hold keys.
 */
export function writeAtomically(
  path: string,
  content: string | Uint8Array,
  { like, beforeRename }: WriteOptions = {},
): void {
  const temporary = `${path}.${process.pid}.tmp`
  try {
    const file = openSync(temporary, 'wx', 0o600)
    try {
      // Unlike writeSync it writes all or throws, also on a disk that is nearly full.
      writeFileSync(file, content)
      if (like) copyOwnership(file, like)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    beforeRename?.()
    renameSync(temporary, path)
    syncFolder(dirname(path))
  } catch (error) {
    if (existsSync(temporary)) unlinkSync(temporary)
    throw error
  }
}

/** Throws where the new file would belong to another user, so that its owner could not read it. */
function copyOwnership(file: number, { mode, uid, gid }: NonNullable<WriteOptions['like']>): void {
  fchmodSync(file, mode & 0o600)
  if (process.geteuid?.() === uid && process.getegid?.() === gid) return
  try {
    if (process.geteuid) fchownSync(file, uid, gid)
  } catch (error) {
    if (process.geteuid?.() !== uid) throw error
  }
}

/** The new name is on the disk, too. Not every system lets a folder be opened. */
function syncFolder(folder: string): void {
  try {
    const opened = openSync(folder, 'r')
    try {
      fsyncSync(opened)
    } finally {
      closeSync(opened)
    }
  } catch {
    // The file itself is complete in any case.
  }
}
