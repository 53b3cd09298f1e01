import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { tryFileLock } from '../lib/files/file-lock.ts'
import type { After } from '../lib/timer.ts'
import { createFolderStore } from './documents/folder.ts'
import { bytesAt, locate } from './documents/located.ts'
import { stampOf } from './documents/still.ts'
import { createWatcher } from './documents/watcher.ts'
import type { StoredDocument } from './store.ts'

type Version = StoredDocument['version']

/** `bytes` is undefined where the file cannot be read. */
export type AuthFile = { name: string; bytes: Uint8Array | undefined }

/**
 * A folder of account files, one `NAME.json` an account, which several gateways and other programs
 * may use at once.
 */
export interface AuthFolder {
  readonly path: string
  /** Its files as they are now, in the order of their names; none where there is no such folder. */
  files(): AuthFile[]
  /** As `Store.read`. */
  read(name: string): Promise<StoredDocument | undefined>
  /** As `Store.write`: atomic, synced, mode 0600, compare-and-set. No backup is left. */
  write(name: string, bytes: Uint8Array, expected: Version): Promise<void>
  /** As `Store.remove`. */
  remove(name: string, expected: Version): Promise<void>
  /**
   * Resolves once no other holder of the name is left, in any process; call what it gives when the
   * work is done. Makes the folder. Rejects with the reason of the signal, and with what the system
   * answers where the folder cannot be written to.
   */
  lock(name: string, signal: AbortSignal): Promise<() => void>
  /**
   * What the journal of this name holds; undefined: nothing. It is for the holder of the lock, and
   * outlives the process in no more time than one write takes: it is not synced.
   */
  journal(name: string): string | undefined
  /** Writes the journal, mode 0600; undefined removes it. Throws what the system answers. */
  writeJournal(name: string, text: string | undefined): void
  /**
   * Calls `changed` when files came, went or are others, once they keep still. Gives what ends it.
   * Makes the folder if it can: what is not there cannot be watched, only looked for now and then.
   */
  watch(changed: () => void): () => void
}

export type AuthFolderOptions = { path: string; now(): number; after: After }

/** Between two looks whether a lock is free. */
const LOCK_POLL_MS = 25

export function createAuthFolder({ path: given, now, after }: AuthFolderOptions): AuthFolder {
  const path = resolve(given)
  // Below the top of a store documents leave no backups, which would hold tokens.
  const store = createFolderStore({ folder: dirname(path), now, after })
  const keyOf = (name: string): string => `${basename(path)}/${name}`
  const pathOf = (name: string): string => join(path, name)
  const journalOf = (name: string): string => pathOf(`.${name}.journal`)
  const stamps = (): string =>
    namesIn(path)
      .map(name => `${name} ${stampOf(pathOf(name))}`)
      .join('\n')

  return {
    path,
    files: () => namesIn(path).map(name => ({ name, bytes: readable(pathOf(name)) })),
    read: name => store.read(keyOf(name)),
    async write(name, bytes, expected) {
      await store.write(keyOf(name), bytes, expected)
    },
    remove: (name, expected) => store.remove(keyOf(name), expected),
    async lock(name, signal) {
      mkdirSync(path, { recursive: true, mode: 0o700 })
      for (;;) {
        signal.throwIfAborted()
        const release = tryFileLock(pathOf(name))
        if (release) return release
        await new Promise<void>(wake => after(LOCK_POLL_MS, wake))
      }
    },
    journal(name) {
      const bytes = readable(journalOf(name))
      return bytes && new TextDecoder().decode(bytes)
    },
    writeJournal(name, text) {
      if (text === undefined) rmSync(journalOf(name), { force: true })
      else writeFileSync(journalOf(name), text, { mode: 0o600 })
    },
    watch(changed) {
      makeFolder(path)
      let known = stamps()
      const watcher = createWatcher({
        paths: () => namesIn(path).map(pathOf),
        folders: () => [path],
        differs: () => stamps() !== known,
        judge() {
          known = stamps()
          changed()
          return 0
        },
        after,
      })
      return () => watcher.stop()
    },
  }
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
  } catch {
    // Without it there are no accounts, which is what is shown.
  }
}

/** The account files at the top of the folder. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter(name => name.toLowerCase().endsWith('.json') && !name.startsWith('.'))
      .sort()
  } catch {
    return []
  }
}

function readable(path: string): Uint8Array | undefined {
  try {
    return bytesAt(locate(path).path)
  } catch {
    return undefined
  }
}
