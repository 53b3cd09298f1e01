import { Database } from 'bun:sqlite'
import { describe, expect, test } from 'bun:test'
import { existsSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDamaged, openVersioned, readVersioned, type Schema } from '../../src/store/sqlite.ts'
import { filesBelow, newHome } from '../support/home.ts'

const ONE: Schema = {
  version: 1,
  create: 'create table t (name text, many integer)',
  migrations: {},
  same: 'select count(*), total(many) from t',
}
const THREE: Schema = {
  version: 3,
  create: 'create table t (name text, many integer, city text, land text)',
  migrations: {
    1: "alter table t add column city text default 'none'",
    2: "alter table t add column land text; update t set land = 'new'",
  },
  same: ONE.same,
}

function olderFile(): string {
  const path = join(newHome(), 'a', 't.sqlite')
  const db = openVersioned(path, ONE)
  db.run("insert into t values ('a', 1), ('b', 2)")
  db.close()
  return path
}

const rowsOf = (path: string, schema: Schema) =>
  readVersioned(path, schema, db => db.query('select * from t').all())

describe('a file of tables', () => {
  test('is made for this user only, and is the same one next time', () => {
    const path = olderFile()
    expect(statSync(path).mode & 0o777).toBe(0o600)
    openVersioned(path, ONE).close()
    expect(rowsOf(path, ONE)).toEqual([
      { name: 'a', many: 1 },
      { name: 'b', many: 2 },
    ])
  })

  test('of an older version is brought up to date, step by step, and kept as it was beside it', () => {
    const path = olderFile()
    openVersioned(path, THREE).close()
    expect(rowsOf(path, THREE)).toEqual([
      { name: 'a', many: 1, city: 'none', land: 'new' },
      { name: 'b', many: 2, city: 'none', land: 'new' },
    ])
    expect(rowsOf(`${path}.v1`, ONE)).toHaveLength(2)
    for (const { mode } of filesBelow(join(path, '..'))) expect(mode).toBe(0o600)
    expect(existsSync(`${path}.next`)).toBe(false)
  })

  test.each<[string, Record<number, string>, string]>([
    [
      'loses something',
      { ...THREE.migrations, 2: 'delete from t where many = 2' },
      'what was counted before',
    ],
    ['fails', { ...THREE.migrations, 2: 'update nobody set a = 1' }, 'no such table'],
    ['has a step missing', { 1: 'select 1' }, 'nothing leads on from version 2'],
  ])('that is migrated by what %s stays as it is', (_, migrations, words) => {
    const path = olderFile()
    expect(() => openVersioned(path, { ...THREE, migrations })).toThrow(words)
    expect(rowsOf(path, ONE)).toHaveLength(2)
    expect(existsSync(`${path}.next`)).toBe(false)
    openVersioned(path, THREE).close()
  })

  test('of an older version that is in use is left alone', () => {
    const path = olderFile()
    const other = openVersioned(path, ONE)
    expect(() => openVersioned(path, THREE)).toThrow('in use by another process')
    other.run("insert into t values ('c', 3)")
    other.close()
    expect(rowsOf(path, ONE)).toHaveLength(3)
  })

  test('of a newer version is neither written nor read', () => {
    const path = olderFile()
    openVersioned(path, THREE).close()
    expect(() => openVersioned(path, ONE)).toThrow('of a newer version')
    expect(() => rowsOf(path, ONE)).toThrow('of a newer version')
    expect(rowsOf(path, THREE)).toHaveLength(2)
  })

  test('of an older version is not read before it is brought up to date', () => {
    expect(() => rowsOf(olderFile(), THREE)).toThrow('start the gateway once')
  })

  test('that is not there, or has no tables yet, has nothing to read', () => {
    const folder = newHome()
    expect(rowsOf(join(folder, 'none.sqlite'), ONE)).toBeUndefined()
    writeFileSync(join(folder, 'empty.sqlite'), '')
    expect(rowsOf(join(folder, 'empty.sqlite'), ONE)).toBeUndefined()
  })

  test.each<[string, (path: string) => void]>([
    ['from its beginning', path => writeFileSync(path, 'no tables in here, none. '.repeat(400))],
    ['further in', spoilPages],
  ])('that is damaged %s is known as such', (_, spoil) => {
    const path = olderFile()
    spoil(path)
    let thrown: unknown
    try {
      openVersioned(path, ONE)
    } catch (error) {
      thrown = error
    }
    expect(isDamaged(thrown)).toBe(true)
  })
})

function spoilPages(path: string): void {
  const db = new Database(path)
  db.run(
    `with recursive n(at) as (select 1 union all select at + 1 from n where at < 2000)
     insert into t select '${'y'.repeat(50)}', at from n`,
  )
  db.run('pragma wal_checkpoint(truncate)')
  db.close()
  const bytes = Buffer.from(filesBelow(join(path, '..'))[0]?.text ?? '', 'latin1')
  // The header is whole, the pages behind it are not.
  bytes.fill(0xff, 4_096, 40_000)
  writeFileSync(path, bytes)
}
