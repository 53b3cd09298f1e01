import { constants, Database } from 'bun:sqlite'
import { join } from 'node:path'
import { reasonOf } from '../lib/thrown.ts'
import { createRecovering } from './recovering.ts'
import { isBusy, isFull, openVersioned, readVersioned, type Schema } from './sqlite.ts'

/** What was used in one hour, by whom and where. */
export type UsageRow = {
  /** Since the epoch. */
  hour: number
  /** The API key's name. */
  caller: string
  asked: string
  provider: string
  model: string
  /** Asked of the upstream, `failures` included. */
  requests: number
  failures: number
  fresh: number
  cacheRead: number
  cacheWrite: number
  output: number
  reasoning: number
  losses: number
  /** From the client's request to the end of the answer, of those that were served. */
  ms: number
  /** What those whose price is known cost. */
  usd: number
  /** How many were served at a price that is not known. */
  unpriced: number
  /** How many of those served the client gave up before the end. */
  cancelled: number
  /** For how many the upstream did not report all of the usage. */
  estimated: number
}

/** The usage of all time, or of as much of it as is kept. */
export interface UsageStore {
  /** All of it or nothing: throws where it cannot be written. */
  add(rows: readonly UsageRow[]): void
  /** From that hour on. */
  rows(sinceHour: number): UsageRow[]
  /** Takes out what is older. */
  prune(beforeHour: number): void
  close(): void
}

const COUNTS = [
  'requests',
  'failures',
  'fresh',
  'cacheRead',
  'cacheWrite',
  'output',
  'reasoning',
  'losses',
  'ms',
  'usd',
  'unpriced',
  'cancelled',
  'estimated',
] as const satisfies (keyof UsageRow)[]

const NAMES = ['hour', 'caller', 'asked', 'provider', 'model'] as const satisfies (keyof UsageRow)[]

/** What tells rows apart. */
export type RowName = (typeof NAMES)[number]

const SCHEMA: Schema = {
  version: 2,
  create: `
    create table usage (
      hour integer not null, caller text not null, asked text not null,
      provider text not null, model text not null,
      ${COUNTS.map(name => `${name} real not null`).join(', ')},
      primary key (${NAMES.join(', ')})
    ) without rowid`,
  migrations: {
    1: `alter table usage add column cancelled real not null default 0;
      alter table usage add column estimated real not null default 0`,
  },
  same: 'select count(*), total(requests), total(output), total(usd) from usage',
}

const ADD = `
  insert into usage (${[...NAMES, ...COUNTS].join(', ')})
  values (${[...NAMES, ...COUNTS].map(name => `$${name}`).join(', ')})
  on conflict do update set ${COUNTS.map(name => `${name} = ${name} + excluded.${name}`).join(', ')}`

type UsageStoreOptions = {
  /** Where `usage.sqlite` lives; made if need be. Apart from what is kept: it holds no secret. */
  folder: string
  warn(message: string): void
}

/** A file that survives restarts, opened when first needed. Where that fails, memory serves. */
export function createUsageStore({ folder, warn }: UsageStoreOptions): UsageStore {
  const path = join(folder, 'usage.sqlite')
  let opened = false
  const file = createRecovering({
    path,
    open() {
      const store = storeIn(openVersioned(path, SCHEMA))
      opened = true
      return store
    },
    replaced: () =>
      warn(
        `${path} was damaged and is set aside as usage.sqlite.damaged; usage is counted from nothing`,
      ),
  })
  let memory: UsageStore | undefined

  /** Rows for a file that cannot be written just now wait with the writer. */
  function use<T>(work: (store: UsageStore) => T): T {
    if (memory) return work(memory)
    try {
      return file.use(work)
    } catch (error) {
      if (opened || isBusy(error) || isFull(error)) throw error
      const reason = reasonOf(error)
      warn(
        `${path} cannot be used (${reason}): usage is counted in memory and lost at the next start; mend that, or set JACKFIELD_HOME to a folder that can be written`,
      )
      memory = createMemoryUsageStore()
      return work(memory)
    }
  }

  return {
    add: rows => use(store => store.add(rows)),
    rows: since => use(store => store.rows(since)),
    prune: before => use(store => store.prune(before)),
    close: () => file.close(),
  }
}

/** For tests. */
export function createMemoryUsageStore(): UsageStore {
  return storeIn(inMemory())
}

/** What a gateway has counted so far, beside it if it runs; undefined: nothing ever was. */
export function readUsage(folder: string, sinceHour: number): UsageRow[] | undefined {
  return readVersioned(join(folder, 'usage.sqlite'), SCHEMA, db => storeIn(db).rows(sinceHour))
}

function inMemory(): Database {
  const db = new Database(':memory:', { strict: true })
  db.run(SCHEMA.create)
  return db
}

function storeIn(db: Database) {
  const select = db.query<UsageRow, [number]>('select * from usage where hour >= ? order by hour')
  return {
    add(rows: readonly UsageRow[]): void {
      const insert = db.query<unknown, UsageRow[]>(ADD)
      db.transaction(() => {
        for (const row of rows) insert.run(row)
      }).immediate()
    },
    rows: (since: number): UsageRow[] => select.all(since),
    prune(before: number): void {
      db.query('delete from usage where hour < ?').run(before)
    },
    close(abandon = false): void {
      if (abandon) db.fileControl(constants.SQLITE_FCNTL_PERSIST_WAL, 1)
      db.close()
    },
  }
}
