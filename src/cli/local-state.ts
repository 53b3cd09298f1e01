import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createKept, type Kept, keptFolder } from '../store/cache.ts'
import type { Io } from './terminal.ts'

/** Reads what the gateway of this user keeps; undefined where it never kept anything. */
export function fromKept<T>(io: Io, read: (kept: Kept) => T): T | undefined {
  const kept = openKept(io)
  if (!kept) return undefined
  try {
    return read(kept)
  } finally {
    kept.close()
  }
}

/** For whoever reads it bit by bit, and closes it. */
export function openKept(io: Io): Kept | undefined {
  const folder = keptFolder(io.env)
  if (!existsSync(join(folder, 'kept.sqlite'))) return undefined
  return createKept({ folder, now: Date.now, warn: message => io.stderr(`${message}\n`) })
}
