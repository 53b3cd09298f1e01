import { mkdirSync, readdirSync, statSync, unlinkSync } from 'node:fs'
import { basename, dirname, join, relative, sep } from 'node:path'
import { writeAtomically } from '../../lib/files/atomic-write.ts'
import { withFileLock } from '../../lib/files/file-lock.ts'
import { type After, after as realAfter } from '../../lib/timer.ts'
import {
  ABSENT,
  checkKey,
  type DocumentPlace,
  type Store,
  StoreConflict,
  type Written,
} from '../store.ts'
import { backUp, pruneBackups } from './backups.ts'
import { changeQueue } from './change-queue.ts'
import { bytesAt, locate, sweep } from './located.ts'
import { stampOf } from './still.ts'
import { createWatcher } from './watcher.ts'

type FolderStoreOptions = {
  folder: string
  /** Names backups. */
  now(): number
  /** For tests: how a change waits until files keep still. */
  after?: After
}

/**
 * Documents as files of a folder, for this user only. Links are followed and stay. A write locks out
 * other processes that use this store, and sees programs that do not. Documents at the top, such as
 * `routes.yaml`, leave backups beside them; those in folders below, such as accounts, do not.
 */
export function createFolderStore({ folder, now, after = realAfter }: FolderStoreOptions): Store {
  const pathOf = (key: string): string => {
    checkKey(key)
    return join(folder, key)
  }

  function write(key: string, bytes: Uint8Array, expected: string): Written {
    const { path, exists } = locate(pathOf(key))
    if (!exists && expected !== ABSENT) throw new StoreConflict(key, 'before')
    if (!exists) mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    return withFileLock(path, () => replace(key, path, bytes, expected))
  }

  function replace(key: string, path: string, bytes: Uint8Array, expected: string): Written {
    const before = bytesAt(path)
    if (versionOf(before) !== expected) throw new StoreConflict(key, 'before')
    const version = versionOf(bytes)
    if (version === expected) return { version }
    sweep(path)
    const backup = before && keepBackup(key, path, before)
    try {
      writeAtomically(path, bytes, {
        like: before && statSync(path),
        beforeRename() {
          if (versionOf(bytesAt(path)) !== expected) throw new StoreConflict(key, 'during')
        },
      })
    } catch (error) {
      if (backup) unlinkSync(backup)
      throw error
    }
    if (!backup) return { version }
    pruneBackups(path)
    return { version, backup: basename(backup) }
  }

  function keepBackup(key: string, path: string, bytes: Uint8Array): string | undefined {
    return key.includes('/') ? undefined : backUp(path, bytes, now())
  }

  function remove(key: string, expected: string): void {
    const { path, exists } = locate(pathOf(key))
    if (!exists) throw new StoreConflict(key, 'before')
    withFileLock(path, () => {
      const bytes = bytesAt(path)
      if (bytes === undefined || versionOf(bytes) !== expected)
        throw new StoreConflict(key, 'before')
      keepBackup(key, path, bytes)
      unlinkSync(path)
      pruneBackups(path)
    })
  }

  return {
    async read(key) {
      const bytes = bytesAt(locate(pathOf(key)).path)
      return bytes && { bytes, version: versionOf(bytes) }
    },
    write: async (key, bytes, expected) => write(key, bytes, expected),
    remove: async (key, expected) => remove(key, expected),
    async *list(prefix) {
      for (const key of keysBelow(folder, prefix)) {
        const bytes = bytesAt(join(folder, key))
        if (bytes) yield { key, version: versionOf(bytes) }
      }
    },
    changes: (prefix, signal) =>
      changeQueue(signal, report => watchBelow(folder, prefix, after, report)),
  }
}

/** The document that the file at a path is. */
export function fileDocument(path: string, now: () => number): DocumentPlace {
  return { store: createFolderStore({ folder: dirname(path), now }), key: basename(path) }
}

function versionOf(bytes: Uint8Array | undefined): string {
  if (bytes === undefined) return ABSENT
  return new Bun.CryptoHasher('sha256').update(bytes).digest('hex').slice(0, 32)
}

/** Locks, backups, and what is being written. */
const NO_DOCUMENT = /^\.|\.bak$|\.tmp$/

/** In the order of the keys; only the folder that the prefix names is read, and those below it. */
function keysBelow(folder: string, prefix: string): string[] {
  const below = join(folder, prefix.slice(0, prefix.lastIndexOf('/') + 1))
  return entriesOf(below)
    .map(path => relative(folder, path).split(sep).join('/'))
    .filter(key => key.startsWith(prefix))
    .sort()
}

function entriesOf(folder: string): string[] {
  let entries: ReturnType<typeof namesIn>
  try {
    entries = namesIn(folder)
  } catch {
    return []
  }
  return entries.flatMap(entry => {
    if (NO_DOCUMENT.test(entry.name)) return []
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return entriesOf(path)
    const isFile = entry.isFile() || statSync(path, { throwIfNoEntry: false })?.isFile() === true
    return isFile ? [path] : []
  })
}

function namesIn(folder: string) {
  return readdirSync(folder, { withFileTypes: true })
}

/** Calls `report` for each document below the prefix that is another one once the files keep still. */
function watchBelow(
  folder: string,
  prefix: string,
  after: After,
  report: (key: string) => void,
): () => void {
  const root = join(folder, prefix.slice(0, prefix.lastIndexOf('/') + 1))
  let known = stamps(folder, prefix)
  const watcher = createWatcher({
    paths: () => keysBelow(folder, prefix).map(key => join(folder, key)),
    folders: () => [root],
    differs: () => changedKeys(known, stamps(folder, prefix)).length > 0,
    judge() {
      const next = stamps(folder, prefix)
      const changed = changedKeys(known, next)
      known = next
      for (const key of changed) report(key)
      return 0
    },
    after,
  })
  return () => watcher.stop()
}

/** By key, what changes whenever the file does. */
function stamps(folder: string, prefix: string): Map<string, string> {
  return new Map(keysBelow(folder, prefix).map(key => [key, stampOf(join(folder, key))]))
}

function changedKeys(
  before: ReadonlyMap<string, string>,
  now: ReadonlyMap<string, string>,
): string[] {
  const keys = new Set([...before.keys(), ...now.keys()])
  return [...keys].filter(key => before.get(key) !== now.get(key))
}
