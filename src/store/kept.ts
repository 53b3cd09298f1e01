import { Database } from 'bun:sqlite'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { makePrivate } from './private-file.ts'
import { isDamaged, setAside } from './versioned.ts'

/**
 * What a client would have to send back and cannot: reasoning by call id, responses and their items
 * by id. Bounded and disposable: losing it costs a thought or one clear error, never a conversation
 * that the client holds itself.
 */
export interface Kept {
  /** The values found, by key. */
  get(space: Space, caller: string, keys: readonly string[]): Map<string, string>
  /** Every key of a space, newest first; at most some thousands. */
  list(space: Space, caller: string): string[]
  /** Replaces what was kept under a key. Never throws: what cannot be kept is reported once. */
  put(space: Space, caller: string, entries: ReadonlyMap<string, string>): void
  close(): void
}

export type Space = 'reasoning' | 'response' | 'item' | 'spent' | 'asked' | 'cooldown' | 'models'

export type KeptLimits = { bytes: number; ageMs: number }

export const KEPT_LIMITS: KeptLimits = { bytes: 256_000_000, ageMs: 30 * 86_400_000 }

const MOST_LISTED = 5_000

type Entry = { value: string; at: number }

/** In memory only: for tests, and where there is no place to write. The oldest give way. */
export function createMemoryKept(now: () => number, limits: KeptLimits = KEPT_LIMITS): Kept {
  const entries = new Map<string, Entry>()
  let bytes = 0
  const drop = (key: string): void => {
    bytes -= entries.get(key)?.value.length ?? 0
    entries.delete(key)
  }
  return {
    get(space, caller, keys) {
      const found = new Map<string, string>()
      for (const key of keys) {
        const entry = entries.get(`${space}\t${caller}\t${key}`)
        if (entry && entry.at > now() - limits.ageMs) found.set(key, entry.value)
      }
      return found
    },
    list(space, caller) {
      const head = `${space}\t${caller}\t`
      return [...entries.keys()]
        .filter(key => key.startsWith(head))
        .map(key => key.slice(head.length))
        .reverse()
        .slice(0, MOST_LISTED)
    },
    put(space, caller, values) {
      for (const [key, value] of values) {
        const full = `${space}\t${caller}\t${key}`
        drop(full)
        entries.set(full, { value, at: now() })
        bytes += value.length
      }
      for (const key of entries.keys()) {
        if (bytes <= limits.bytes) break
        drop(key)
      }
    },
    close() {},
  }
}

export type KeptOptions = {
  /** Where `kept.sqlite` lives; made if need be. */
  folder: string
  now(): number
  warn(message: string): void
  limits?: KeptLimits
}

/** Where a user's gateway keeps its file. */
export function keptFolder(env: Record<string, string | undefined>): string {
  return env.JACKFIELD_HOME?.trim() || join(homedir(), '.jackfield')
}

/** Where it keeps what was logged and recorded. */
export function logsFolder(env: Record<string, string | undefined>): string {
  return join(keptFolder(env), 'logs')
}

/** A file that survives restarts; opened when first needed. Where that fails, memory serves. */
export function createKept(options: KeptOptions): Kept {
  let opened: Kept | undefined
  const open = (): Kept => {
    opened ??= openOrRemember(options)
    return opened
  }
  return {
    get: (space, caller, keys) => (keys.length === 0 ? new Map() : open().get(space, caller, keys)),
    list: (space, caller) => open().list(space, caller),
    put: (space, caller, entries) => {
      if (entries.size > 0) open().put(space, caller, entries)
    },
    close: () => opened?.close(),
  }
}

function openOrRemember(options: KeptOptions): Kept {
  const path = join(options.folder, 'kept.sqlite')
  try {
    return fileKept(path, options)
  } catch (error) {
    if (isDamaged(error)) {
      try {
        setAside(path)
        const kept = fileKept(path, options)
        options.warn(
          `${path} was damaged and is set aside as kept.sqlite.damaged; a new one is kept`,
        )
        return kept
      } catch {
        // As below: memory serves.
      }
    }
    const reason = error instanceof Error ? error.message : String(error)
    options.warn(
      `${path} cannot be used (${reason}): reasoning and stored responses are kept in memory and lost at the next start; set JACKFIELD_HOME to a folder that can be written`,
    )
    return createMemoryKept(options.now, options.limits)
  }
}

const SCHEMA = `
create table if not exists kept (
  space text not null, caller text not null, key text not null,
  value text not null, at integer not null,
  primary key (space, caller, key)
) without rowid;
create index if not exists kept_at on kept (at);
`
/** Writes between two looks at the limits. */
const PRUNE_EVERY = 500

function fileKept(path: string, { now, warn, limits = KEPT_LIMITS }: KeptOptions): Kept {
  makePrivate(path)
  const db = new Database(path, { create: true, strict: true })
  db.run('pragma busy_timeout = 3000')
  db.run('pragma journal_mode = wal')
  db.run('pragma synchronous = normal')
  db.run(SCHEMA)
  const select = db.query<{ value: string }, [string, string, string, number]>(
    'select value from kept where space = ? and caller = ? and key = ? and at > ?',
  )
  const insert = db.query<unknown, [string, string, string, string, number]>(
    'insert or replace into kept (space, caller, key, value, at) values (?, ?, ?, ?, ?)',
  )
  const write = db.transaction(
    (space: Space, caller: string, entries: ReadonlyMap<string, string>) => {
      const at = now()
      for (const [key, value] of entries) insert.run(space, caller, key, value, at)
    },
  )
  let writes = 0
  let complained = false

  function prune(): void {
    db.query('delete from kept where at <= ?').run(now() - limits.ageMs)
    const size = (): number =>
      db.query<{ size: number | null }, []>('select sum(length(value)) as size from kept').get()
        ?.size ?? 0
    // An eighth at a time, oldest first, until there is room again.
    for (let held = size(); held > limits.bytes; held = size())
      db.run(
        'delete from kept where (space, caller, key) in (select space, caller, key from kept order by at limit (select max(1, count(*) / 8) from kept))',
      )
  }

  return {
    get(space, caller, keys) {
      const found = new Map<string, string>()
      const since = now() - limits.ageMs
      for (const key of keys) {
        const row = select.get(space, caller, key, since)
        if (row) found.set(key, row.value)
      }
      return found
    },
    list(space, caller) {
      return db
        .query<{ key: string }, [string, string, number]>(
          'select key from kept where space = ? and caller = ? order by at desc limit ?',
        )
        .all(space, caller, MOST_LISTED)
        .map(({ key }) => key)
    },
    put(space, caller, entries) {
      try {
        if (writes++ % PRUNE_EVERY === 0) prune()
        write(space, caller, entries)
      } catch (error) {
        if (complained) return
        complained = true
        const reason = error instanceof Error ? error.message : String(error)
        warn(`${path} cannot be written (${reason}); free some space, or set JACKFIELD_HOME`)
      }
    },
    close: () => db.close(),
  }
}
