import { constants, type Database } from 'bun:sqlite'
import type { Handle } from '../recovering.ts'
import { openVersioned, type Schema } from '../sqlite.ts'
import { MAX_LISTED, type Space, type StateLimits } from '../state.ts'

/** An open `kept.sqlite`; every method throws what SQLite throws. */
export type StateFile = Handle & ReturnType<typeof openStateFile>

/**
 * The keys are in an index of their own, and `at` stands before the value: a search then compares keys
 * alone. In a table that is its own index it would read whole values of megabytes on the way.
 */
const TABLE = `
  create table if not exists kept (
    space text not null, caller text not null, key text not null,
    at integer not null, value text not null,
    unique (space, caller, key)
  );
  create index if not exists kept_at on kept (at);`

const SCHEMA: Schema = {
  version: 2,
  // Files of before there were versions have a table already.
  create: TABLE,
  migrations: {
    1: `
      alter table kept rename to older;
      drop index if exists kept_at;
      ${TABLE}
      insert into kept (space, caller, key, at, value) select space, caller, key, at, value from older;
      drop table older;`,
  },
  same: 'select count(*), sum(length(value)) from kept',
}

/** Writes between two looks at the limits. */
const PRUNE_EVERY = 500

export function openStateFile(path: string, { now, limits }: Options) {
  const db = openVersioned(path, SCHEMA)
  const select = db.query<{ value: string }, [string, string, string, number]>(
    'select value from kept where space = ? and caller = ? and key = ? and at > ?',
  )
  const insert = db.query<unknown, [string, string, string, string, number]>(
    'insert or replace into kept (space, caller, key, value, at) values (?, ?, ?, ?, ?)',
  )
  let writes = 0

  function get(space: Space, caller: string, keys: readonly string[]): Map<string, string> {
    const found = new Map<string, string>()
    const since = now() - limits.ageMs
    for (const key of new Set(keys)) {
      const row = select.get(space, caller, key, since)
      if (row) found.set(key, row.value)
    }
    return found
  }

  function insertAll(space: Space, caller: string, entries: ReadonlyMap<string, string>): void {
    const at = now()
    for (const [key, value] of entries) insert.run(space, caller, key, value, at)
  }

  return {
    get,
    list(space: Space, caller: string): string[] {
      return db
        .query<{ key: string }, [string, string, number]>(
          'select key from kept where space = ? and caller = ? order by at desc limit ?',
        )
        .all(space, caller, MAX_LISTED)
        .map(({ key }) => key)
    },
    put(space: Space, caller: string, entries: ReadonlyMap<string, string>): void {
      if (writes++ % PRUNE_EVERY === 0) prune(db, now() - limits.ageMs, limits.bytes)
      db.transaction(() => insertAll(space, caller, entries)).immediate()
    },
    /** No other process writes between the reading and the writing. */
    change(
      space: Space,
      caller: string,
      keys: readonly string[],
      next: (found: Map<string, string>) => ReadonlyMap<string, string>,
    ): void {
      db.transaction(() => insertAll(space, caller, next(get(space, caller, keys)))).immediate()
    },
    remove(space: Space, caller: string, keys: readonly string[]): void {
      const gone = db.query<unknown, [string, string, string]>(
        'delete from kept where space = ? and caller = ? and key = ?',
      )
      db.transaction(() => {
        for (const key of keys) gone.run(space, caller, key)
      }).immediate()
    },
    close(abandon = false): void {
      if (abandon) db.fileControl(constants.SQLITE_FCNTL_PERSIST_WAL, 1)
      db.close()
    },
  }
}

type Options = { now(): number; limits: StateLimits }

/** Takes out what is too old, and the oldest eighths until the rest takes no more than `maxBytes`. */
function prune(db: Database, before: number, maxBytes: number): void {
  db.query('delete from kept where at <= ?').run(before)
  while (usedBytes(db) > maxBytes) {
    const { changes } = db.run(
      'delete from kept where (space, caller, key) in (select space, caller, key from kept order by at limit (select max(1, count(*) / 8) from kept))',
    )
    if (changes === 0) return
  }
}

/** By pages in use: adding up the values would read all of them. */
function usedBytes(db: Database): number {
  const row = db
    .query<{ used: number }, []>(
      'select (page_count - freelist_count) * page_size as used from pragma_page_count(), pragma_freelist_count(), pragma_page_size()',
    )
    .get()
  return row?.used ?? 0
}
