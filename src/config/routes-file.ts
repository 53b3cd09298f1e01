import { createHmac } from 'node:crypto'
import { LOCK_TIMEOUT } from '../lib/files/file-lock.ts'
import { codeOf } from '../lib/thrown.ts'
import type { Diagnostic, Result } from '../routing/diagnostic.ts'
import { type Store, StoreConflict, type StoredDocument } from '../store/store.ts'
import type { Edited } from './edit/index.ts'
import { parseSource } from './yaml/source.ts'

/** routes.yaml in its store, for programs that read and change it. */
export interface RoutesFile {
  /** As it is called in messages. */
  readonly name: string
  read(): Promise<{ ok: true; text: string; version: string } | Unchanged>
  /**
   * Reads the file, edits it, compiles the result with its tests, writes it and puts it in force.
   * Whatever is wrong, the file stays as it is. `expected`: the version that it must still have;
   * without it the edit is made again where another process was quicker, so it has no effect of its own.
   */
  change(edit: (text: string) => Edited, expected?: string): Promise<Changed>
}

export type Changed =
  | {
      ok: true
      version: string
      /** False: the edit changes nothing. */
      written: boolean
      /** The name under which the store keeps what was there before; absent: it keeps none. */
      backup?: string
      warnings: readonly Diagnostic[]
    }
  | Unchanged

/** Why nothing was changed. `message` says what to do. */
export type Unchanged = {
  ok: false
  reason:
    | 'unreadable'
    /** What is there is no YAML: it is never overwritten. */
    | 'unparsable'
    /** It was changed by others since. */
    | 'outdated'
    /** The edit itself cannot be done. */
    | 'impossible'
    /** It would have errors then. */
    | 'bad'
    | 'unwritable'
    /** It is written, but the gateway did not take it. */
    | 'not-in-force'
  message: string
  diagnostics: readonly Diagnostic[]
}

export type RoutesFileOptions = {
  /** As it is called in messages. */
  name: string
  /** Where it is stored. */
  store: Store
  key: string
  /** Versions hold as long as it is the same; without it a text cannot be guessed from its version. */
  salt: Uint8Array
  check(text: string): Result<unknown>
  /** Puts in force what was written; gives what was wrong with it. */
  reload?(text: string): readonly Diagnostic[]
}

/** Each attempt fails only because another process was quicker. */
const MAX_ATTEMPTS = 100

/** Inside this file: a change that is not made. */
class Stop extends Error {
  readonly unchanged: Unchanged
  constructor(
    reason: Unchanged['reason'],
    message: string,
    diagnostics: readonly Diagnostic[] = [],
  ) {
    super(message)
    this.unchanged = { ok: false, reason, message, diagnostics }
  }
}

export function createRoutesFile(options: RoutesFileOptions): RoutesFile {
  const { name, salt, reload } = options
  const versionOf = (text: string): string =>
    createHmac('sha256', salt).update(text).digest('hex').slice(0, 32)

  async function read() {
    const document = await documentOf(options)
    const text = decoded(name, document.bytes)
    return { text, version: versionOf(text), document }
  }

  /** Everything up to the new text being in its place. Throws `StoreConflict`. */
  async function write(
    edit: (text: string) => Edited,
    expected: string | undefined,
  ): Promise<{ changed: Changed & { ok: true }; text: string }> {
    const { text: before, version, document } = await read()
    if (expected !== undefined && expected !== version) throw outdated(name, 'since')
    const { text, warnings } = editedText(options, before, edit)
    const changed = { ok: true, version: versionOf(text), warnings } as const
    if (text === before) return { changed: { ...changed, written: false }, text }
    const bytes = new TextEncoder().encode(text)
    const { backup } = await options.store.write(options.key, bytes, document.version)
    return { changed: { ...changed, written: true, backup }, text }
  }

  async function writeOrRetry(edit: (text: string) => Edited, expected: string | undefined) {
    for (let attempts = 1; ; attempts++) {
      try {
        return await write(edit, expected)
      } catch (error) {
        if (!(error instanceof StoreConflict)) throw error
        if (expected !== undefined) throw outdated(name, 'since')
        if (error.moment === 'during' || attempts === MAX_ATTEMPTS) throw outdated(name, 'just now')
      }
    }
  }

  return {
    name,
    read: () =>
      attempted(name, async () => {
        const { text, version } = await read()
        return { ok: true, text, version }
      }),
    change: (edit, expected) =>
      attempted(name, async () => {
        const { changed, text } = await writeOrRetry(edit, expected)
        if (!changed.written || !reload) return changed
        const diagnostics = reload(text)
        if (diagnostics.length === 0) return changed
        throw notInForce(name, changed.backup, diagnostics)
      }),
  }
}

async function documentOf({ name, store, key }: RoutesFileOptions): Promise<StoredDocument> {
  const document = await store.read(key).catch((error: unknown) => {
    throw new Stop(
      'unreadable',
      `${name} cannot be read (${codeOf(error) ?? error}); mend it by hand`,
    )
  })
  if (document) return document
  throw new Stop('unreadable', `${name} is gone; put it back, or write one with jackfield init`)
}

function decoded(name: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new Stop('unreadable', `${name} is not UTF-8; mend it by hand`)
  }
}

/** The edited text, which was compiled with its tests. Throws `Stop` where it must not be written. */
function editedText(
  { name, check }: RoutesFileOptions,
  text: string,
  edit: (text: string) => Edited,
): { text: string; warnings: readonly Diagnostic[] } {
  const { diagnostics } = parseSource(name, text)
  if (diagnostics.length > 0)
    throw new Stop(
      'unparsable',
      `${name} does not parse as it is on the disk, so it is not overwritten; mend it there first`,
      diagnostics,
    )
  const edited = edit(text)
  if (!edited.ok) throw new Stop('impossible', edited.problem)
  const checked = check(edited.text)
  if (!checked.ok)
    throw new Stop('bad', `${name} would have errors; nothing is changed`, checked.diagnostics)
  return { text: edited.text, warnings: checked.warnings }
}

function outdated(name: string, when: 'since' | 'just now'): Stop {
  const remedy = when === 'since' ? 'read it again' : 'try again'
  return new Stop('outdated', `${name} was changed by others ${when}; ${remedy}`)
}

function notInForce(
  name: string,
  backup: string | undefined,
  diagnostics: readonly Diagnostic[],
): Stop {
  const kept = backup === undefined ? '' : `; ${backup} holds the file as it was`
  const message = `${name} is written, but the gateway keeps the routes it had${kept}`
  return new Stop('not-in-force', message, diagnostics)
}

async function attempted<R>(name: string, work: () => Promise<R>): Promise<R | Unchanged> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Stop) return error.unchanged
    const code = codeOf(error)
    if (code === undefined) throw error
    return { ok: false, reason: 'unwritable', message: unwritable(name, code), diagnostics: [] }
  }
}

const NOT_ALLOWED = 'this user may not write there; give it the right to, or run as the owner'
const REMEDIES: Record<string, string> = {
  EACCES: NOT_ALLOWED,
  SQLITE_CANTOPEN: NOT_ALLOWED,
  SQLITE_READONLY: NOT_ALLOWED,
  SQLITE_READONLY_DIRECTORY: NOT_ALLOWED,
  EPERM: 'it belongs to another user; run as that user',
  EROFS: 'it is on a read-only file system; mount it writable',
  ENOSPC: 'the disk is full; make room',
  EDQUOT: 'the quota of the disk is used up; make room',
  EBUSY: 'it is mounted as a single file, which cannot be replaced; mount its folder',
}

function unwritable(name: string, code: string): string {
  if (code === LOCK_TIMEOUT) return `${name} is being changed by another process; try again`
  return `${name} cannot be written: ${REMEDIES[code] ?? `${code}; look after the disk`}; nothing is changed`
}
