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

export type WriteOptions = {
  /** The file that is replaced: its owner stays, and what it forbids stays forbidden. */
  like?: { mode: number; uid: number; gid: number }
  /** Called when all is on the disk, just before it takes the place; may throw. */
  lastLook?: () => void
}

/** All or nothing: into a file beside it, onto the disk, then renamed into place. 0600: it may hold keys. */
export function writeWhole(
  path: string,
  content: string | Uint8Array,
  { like, lastLook }: WriteOptions = {},
): void {
  const beside = `${path}.${process.pid}.tmp`
  try {
    const file = openSync(beside, 'wx', 0o600)
    try {
      // Unlike writeSync it writes all or throws, also on a disk that is nearly full.
      writeFileSync(file, content)
      if (like) resemble(file, like)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    lastLook?.()
    renameSync(beside, path)
    settle(dirname(path))
  } catch (error) {
    if (existsSync(beside)) unlinkSync(beside)
    throw error
  }
}

/** Throws where it would belong to somebody else, who could not read it any more. */
function resemble(file: number, { mode, uid, gid }: NonNullable<WriteOptions['like']>): void {
  fchmodSync(file, mode & 0o600)
  if (process.geteuid?.() === uid && process.getegid?.() === gid) return
  try {
    if (process.geteuid) fchownSync(file, uid, gid)
  } catch (error) {
    if (process.geteuid?.() !== uid) throw error
  }
}

/** The new name is on the disk, too. Not every system lets a folder be opened. */
function settle(folder: string): void {
  try {
    const opened = openSync(folder, 'r')
    try {
      fsyncSync(opened)
    } finally {
      closeSync(opened)
    }
  } catch {
    // The file itself is whole in any case.
  }
}
