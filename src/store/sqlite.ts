import { constants, Database } from 'bun:sqlite'
import { existsSync, renameSync, rmSync } from 'node:fs'
import { codeOf } from '../lib/thrown.ts'
import { makePrivate } from './private-file.ts'

/** What a file of tables looks like, and how older ones become so. */
export type Schema = {
  version: number
  /** Statements that make an empty one. */
  create: string
  /** By the version they begin with: statements that lead to the next. */
  migrations: Readonly<Record<number, string>>
  /** A query whose answer no migration may change. */
  same: string
}

/** The file is not damaged, but is of another version of the program, or another process uses it. */
export class UnusableStore extends Error {}

/**
 * Opens a file of tables for this user only, made if need be. An older one is migrated first: on a
 * copy, which takes its place only when it holds the same; what was is kept as `.v1`, `.v2`, …
 * Throws `UnusableStore`, and what SQLite throws, for a damaged file too.
 */
export function openVersioned(path: string, schema: Schema): Database {
  makePrivate(path)
  const found = versionOf(path)
  if (found > schema.version) throw new UnusableStore(newer(path))
  if (found > 0 && found < schema.version) migrate(path, found, schema)
  const db = new Database(path, { create: true, strict: true })
  try {
    // Waiting for a lock blocks the thread that serves.
    db.run('pragma busy_timeout = 250')
    db.run('pragma journal_mode = wal')
    db.run('pragma synchronous = normal')
    db.transaction(() => {
      // Another process may have been quicker.
      if (userVersion(db) > 0) return
      db.run(schema.create)
      db.run(`pragma user_version = ${schema.version}`)
    }).immediate()
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

/** Reads only, while another process may write. Undefined: there is no such file. */
export function readVersioned<T>(
  path: string,
  { version }: Schema,
  read: (db: Database) => T,
): T | undefined {
  if (!existsSync(path)) return undefined
  const db = new Database(path, { readonly: true, strict: true })
  try {
    db.run('pragma busy_timeout = 3000')
    const found = userVersion(db)
    // Another process is about to write the first tables.
    if (found === 0) return undefined
    if (found > version) throw new UnusableStore(newer(path))
    if (found < version)
      throw new UnusableStore(
        `${path} is of an older version; start the gateway once, which brings it up to date`,
      )
    return read(db)
  } finally {
    db.close()
  }
}

function newer(path: string): string {
  return `${path} is of a newer version of jackfield; use that one, or set JACKFIELD_HOME to another folder`
}

function userVersion(db: Database): number {
  return db.query<{ user_version: number }, []>('pragma user_version').get()?.user_version ?? 0
}

/** Throws when the file is damaged, also where that shows only further in. */
function versionOf(path: string): number {
  const db = new Database(path, { strict: true })
  try {
    // The journal of a damaged file stays, so that its contents may be recovered.
    db.fileControl(constants.SQLITE_FCNTL_PERSIST_WAL, 1)
    db.run('pragma busy_timeout = 250')
    const check = db.query<{ quick_check: string }, []>('pragma quick_check(1)').get()
    if (check?.quick_check !== 'ok') throw new DamagedStore(check?.quick_check)
    return userVersion(db)
  } finally {
    db.close()
  }
}

class DamagedStore extends Error {}

/** Another process has it for a moment. */
export function isBusy(error: unknown): boolean {
  return codeOf(error)?.startsWith('SQLITE_BUSY') === true
}

/** The disk has no room. */
export function isFull(error: unknown): boolean {
  const code = codeOf(error)
  return code === 'SQLITE_FULL' || code === 'ENOSPC'
}

/** SQLite has codes for where the damage is behind the first one: `SQLITE_CORRUPT_INDEX`, … */
const DAMAGED = /^SQLITE_(NOTADB|CORRUPT.*|IOERR_(SHORT_READ|CORRUPTFS))$/

export function isDamaged(error: unknown): boolean {
  if (error instanceof DamagedStore) return true
  return DAMAGED.test(codeOf(error) ?? '')
}

/** Out of the way, with its journal: that must not be played into a new file. */
export function setAside(path: string): void {
  for (const part of ['', '-wal', '-shm'])
    if (existsSync(path + part)) renameSync(path + part, `${path}.damaged${part}`)
}

function migrate(path: string, from: number, schema: Schema): void {
  const next = `${path}.next`
  const db = new Database(path, { strict: true })
  try {
    alone(db, path)
    copyInto(db, `${path}.v${from}`)
    copyInto(db, next)
    improve(next, from, schema, answer(db, schema.same))
  } catch (error) {
    rmSync(next, { force: true })
    throw error
  } finally {
    db.close()
  }
  renameSync(next, path)
}

/** From here on no other process reads or writes it. */
function alone(db: Database, path: string): void {
  try {
    db.run('pragma locking_mode = exclusive')
    db.run('pragma journal_mode = delete')
    db.run('begin exclusive')
    db.run('commit')
  } catch (error) {
    if (!isBusy(error)) throw error
    throw new UnusableStore(
      `${path} is of an older version and in use by another process; stop that one and start again`,
    )
  }
}

function copyInto(db: Database, path: string): void {
  rmSync(path, { force: true })
  makePrivate(path)
  db.query('vacuum into ?').run(path)
}

function improve(path: string, from: number, schema: Schema, before: string): void {
  const copy = new Database(path, { strict: true })
  try {
    copy.transaction(() => {
      for (let version = from; version < schema.version; version++) {
        const statements = schema.migrations[version]
        if (statements === undefined)
          throw new UnusableStore(`${path}: nothing leads on from version ${version}`)
        copy.run(statements)
      }
      copy.run(`pragma user_version = ${schema.version}`)
    })()
    const after = answer(copy, schema.same)
    if (after !== before)
      throw new UnusableStore(
        `${path}: what was counted before (${before}) is not what is there after (${after})`,
      )
  } finally {
    copy.close()
  }
}

function answer(db: Database, query: string): string {
  return JSON.stringify(db.query(query).all())
}
