import { createHmac } from 'node:crypto'
import { readdirSync, readFileSync, readlinkSync, rmSync, statSync, unlinkSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { LOCKED_OUT, whileLocked } from '../lib/files/file-lock.ts'
import { writeWhole } from '../lib/files/write-whole.ts'
import type { Diagnostic, Result } from '../routing/diagnostic.ts'
import { backUp, pruneBackups } from '../store/documents/backups.ts'
import type { Edited } from './edit/index.ts'
import { parseSource } from './yaml/source.ts'

/** routes.yaml on the disk, for whoever changes it by program. */
export interface RoutesFile {
  /** As it is called in messages. */
  readonly name: string
  read(): { ok: true; text: string; version: string } | Unchanged
  /**
   * Reads the file, edits it, compiles the result with its tests, keeps a backup, writes and puts
   * it in force. Whatever is wrong, the file stays as it is. `expected`: the version that it must
   * still have.
   */
  change(edit: (text: string) => Edited, expected?: string): Promise<Changed>
}

export type Changed =
  | {
      ok: true
      version: string
      /** The file's name; absent: nothing had to be written. */
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
  name: string
  path: string
  now(): number
  /** Versions are good as long as it is the same; without it nobody can tell a text from its version. */
  salt: Uint8Array
  check(text: string): Result<unknown>
  /** Puts in force what was written; gives what was wrong with it. */
  reload?(text: string): readonly Diagnostic[]
}

/** What systems say of a path with nothing at its end. */
const NOWHERE: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'ELOOP'])
/** As many as systems follow. */
const MAX_LINKS = 40

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
  const { name } = options

  const versionOf = (text: string): string =>
    createHmac('sha256', options.salt).update(text).digest('hex').slice(0, 32)

  /**
   * Through links to the file itself, name by name: the runtime's realpath opens the file, and says
   * that it is gone when another process replaces it meanwhile.
   */
  function located(): string {
    let path = options.path
    for (let links = 0; links < MAX_LINKS; links++) {
      const target = linkAt(path)
      if (target === undefined) return path
      path = resolve(dirname(path), target)
    }
    throw gone()
  }

  /** Undefined: the file itself. */
  function linkAt(path: string): string | undefined {
    try {
      return readlinkSync(path)
    } catch (error) {
      if (NOWHERE.has(codeOf(error) ?? '')) throw gone()
      return undefined
    }
  }

  function gone(): Stop {
    return new Stop('unreadable', `${name} is gone; put it back, or write one with jackfield init`)
  }

  function textAt(path: string): string {
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(readFileSync(path))
    } catch (error) {
      const why =
        error instanceof TypeError ? 'is not UTF-8' : `cannot be read (${codeOf(error) ?? error})`
      throw new Stop('unreadable', `${name} ${why}; mend it by hand`)
    }
  }

  function parsed(text: string): void {
    const { diagnostics } = parseSource(name, text)
    if (diagnostics.length > 0)
      throw new Stop(
        'unparsable',
        `${name} does not parse as it is on the disk, so it is not overwritten; mend it there first`,
        diagnostics,
      )
  }

  /** Everything up to the new file being in its place, with nobody else at it. */
  function write(
    path: string,
    edit: (text: string) => Edited,
    expected: string | undefined,
  ): Changed & { ok: true } {
    const text = textAt(path)
    if (expected !== undefined && expected !== versionOf(text))
      throw new Stop('outdated', `${name} was changed by others since; read it again`)
    parsed(text)
    const edited = edit(text)
    if (!edited.ok) throw new Stop('impossible', edited.problem)
    const checked = options.check(edited.text)
    if (!checked.ok)
      throw new Stop('bad', `${name} would have errors; nothing is changed`, checked.diagnostics)
    const done = { ok: true, version: versionOf(edited.text), warnings: checked.warnings } as const
    if (edited.text === text) return done
    sweep(path)
    const backup = backUp(path, text, options.now())
    try {
      writeWhole(path, edited.text, {
        like: statSync(path),
        lastLook() {
          if (textAt(path) !== text)
            throw new Stop('outdated', `${name} was changed by others just now; try again`)
        },
      })
    } catch (error) {
      unlinkSync(backup)
      throw error
    }
    pruneBackups(path)
    return { ...done, backup: basename(backup) }
  }

  return {
    name,
    read() {
      return attempted(name, () => {
        const text = textAt(located())
        return { ok: true, text, version: versionOf(text) }
      })
    },
    async change(edit, expected) {
      let text = ''
      const editing = (before: string): Edited => {
        const edited = edit(before)
        if (edited.ok) text = edited.text
        return edited
      }
      const changed = attempted(name, () => {
        const path = located()
        return whileLocked(path, () => write(path, editing, expected))
      })
      if (!changed.ok || changed.backup === undefined || !options.reload) return changed
      const diagnostics = options.reload(text)
      if (diagnostics.length === 0) return changed
      const message = `${name} is written, but the gateway keeps the routes it had; ${changed.backup} holds the file as it was`
      return { ok: false, reason: 'not-in-force', message, diagnostics }
    },
  }
}

/** What processes left behind that ended in the middle of a write. Call it while locked. */
function sweep(path: string): void {
  const folder = dirname(path)
  const begin = `${basename(path)}.`
  for (const name of readdirSync(folder))
    if (name.startsWith(begin) && /^(?:.*\.bak\.)?\d+\.tmp$/.test(name.slice(begin.length)))
      rmSync(join(folder, name), { force: true })
}

function attempted<R>(name: string, work: () => R): R | Unchanged {
  try {
    return work()
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
  if (code === LOCKED_OUT) return `${name} is being changed by another process; try again`
  return `${name} cannot be written: ${REMEDIES[code] ?? `${code}; look after the disk`}; nothing is changed`
}

/** The system's word for what failed; undefined: it was not the system. */
function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined
}
