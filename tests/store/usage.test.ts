import { Database } from 'bun:sqlite'
import { describe, expect, test } from 'bun:test'
import { chmodSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  createMemoryUsageStore,
  createUsageStore,
  readUsage,
  type UsageRow,
} from '../../src/store/usage.ts'
import { filesBelow, newHome } from '../support/home.ts'

const row = (more: Partial<UsageRow> = {}): UsageRow => ({
  hour: 490_896,
  caller: 'ann',
  asked: 'coder',
  provider: 'a',
  model: 'x',
  requests: 1,
  failures: 0,
  fresh: 10,
  cacheRead: 20,
  cacheWrite: 30,
  output: 40,
  reasoning: 5,
  losses: 1,
  ms: 100,
  usd: 0.25,
  unpriced: 0,
  cancelled: 0,
  estimated: 0,
  ...more,
})

function storeIn(folder: string) {
  const warnings: string[] = []
  const store = createUsageStore({ folder, warn: what => void warnings.push(what) })
  return { store, warnings }
}

describe('the usage of all time', () => {
  test('adds up, apart by hour, caller, asked name, provider and model', () => {
    for (const store of [createMemoryUsageStore(), storeIn(newHome()).store]) {
      store.add([row(), row({ caller: 'bob' })])
      store.add([row({ usd: 0.5, failures: 1 }), row({ hour: 490_897 }), row({ asked: 'm' })])
      store.add([row({ provider: 'b' }), row({ model: 'y' })])
      expect(store.rows(0)).toHaveLength(6)
      expect(store.rows(0).find(one => one.caller === 'ann' && one.asked === 'coder')).toEqual(
        row({
          requests: 2,
          failures: 1,
          fresh: 20,
          cacheRead: 40,
          cacheWrite: 60,
          output: 80,
          reasoning: 10,
          losses: 2,
          ms: 200,
          usd: 0.75,
        }),
      )
      expect(store.rows(490_897)).toEqual([row({ hour: 490_897 })])
      store.prune(490_897)
      expect(store.rows(0)).toEqual([row({ hour: 490_897 })])
      store.close()
    }
  })

  test('survives a restart, in a file of its own for this user only', () => {
    const home = join(newHome(), 'home')
    const { store } = storeIn(home)
    store.add([row()])
    expect(statSync(home).mode & 0o777).toBe(0o700)
    for (const { name, mode } of filesBelow(home)) {
      expect(name).toStartWith('usage.sqlite')
      expect(mode).toBe(0o600)
    }
    store.close()
    const again = storeIn(home)
    again.store.add([row()])
    expect(again.store.rows(0)).toMatchObject([{ requests: 2 }])
    again.store.close()
    expect(again.warnings).toEqual([])
  })

  test('is read beside its writer, and after it', () => {
    const home = newHome()
    expect(readUsage(home, 0)).toBeUndefined()
    const { store } = storeIn(home)
    store.add([row()])
    expect(readUsage(home, 0)).toEqual([row()])
    store.add([row()])
    expect(readUsage(home, 0)).toMatchObject([{ requests: 2 }])
    store.close()
    expect(readUsage(home, 0)).toMatchObject([{ requests: 2 }])
    expect(readUsage(home, 490_897)).toEqual([])
  })

  test('of before anything was estimated is taken over as it is', () => {
    const home = newHome()
    const older = new Database(join(home, 'usage.sqlite'), { create: true })
    older.run(`
      create table usage (
        hour integer not null, caller text not null, asked text not null,
        provider text not null, model text not null,
        requests real not null, failures real not null, fresh real not null,
        cacheRead real not null, cacheWrite real not null, output real not null,
        reasoning real not null, losses real not null, ms real not null, usd real not null,
        unpriced real not null, primary key (hour, caller, asked, provider, model)
      ) without rowid`)
    older.run(
      "insert into usage values (490896, 'ann', 'coder', 'a', 'x', 1, 0, 10, 20, 30, 40, 5, 1, 100, 0.25, 0)",
    )
    older.run('pragma user_version = 1')
    older.close()
    const { store, warnings } = storeIn(home)
    expect(store.rows(0)).toEqual([row()])
    store.add([row({ cancelled: 1, estimated: 1 })])
    expect(readUsage(home, 0)).toMatchObject([{ requests: 2, cancelled: 1, estimated: 1 }])
    store.close()
    expect(warnings).toEqual([])
  })

  test('two processes at once lose nothing', () => {
    const home = newHome()
    const [one, other] = [storeIn(home).store, storeIn(home).store]
    for (let at = 0; at < 50; at++) {
      one.add([row()])
      other.add([row()])
    }
    expect(readUsage(home, 0)).toMatchObject([{ requests: 100, usd: 25 }])
    one.close()
    other.close()
  })

  test('a damaged file is set aside with its journal, and that is said', () => {
    const home = newHome()
    writeFileSync(join(home, 'usage.sqlite'), 'this is no database at all. '.repeat(500))
    writeFileSync(join(home, 'usage.sqlite-wal'), 'nor is this')
    const { store, warnings } = storeIn(home)
    store.add([row()])
    expect(store.rows(0)).toEqual([row()])
    store.close()
    expect(warnings).toEqual([
      `${join(home, 'usage.sqlite')} was damaged and is set aside as usage.sqlite.damaged; usage is counted from nothing`,
    ])
    expect(filesBelow(home).map(({ name }) => name)).toContain('usage.sqlite.damaged')
    expect(readUsage(home, 0)).toEqual([row()])
  })

  test('where no file can be, memory counts, and that is said', () => {
    const home = join(newHome(), 'home')
    writeFileSync(home, '')
    const { store, warnings } = storeIn(home)
    store.add([row()])
    store.add([row()])
    expect(store.rows(0)).toMatchObject([{ requests: 2 }])
    expect(warnings).toEqual([expect.stringContaining('usage is counted in memory')])
    expect(warnings[0]).toContain('JACKFIELD_HOME')
  })

  test('a folder that may only be read is read', () => {
    if (process.getuid?.() === 0) return
    const home = join(newHome(), 'home')
    mkdirSync(home)
    const { store } = storeIn(home)
    store.add([row()])
    chmodSync(home, 0o500)
    expect(readUsage(home, 0)).toEqual([row()])
    chmodSync(home, 0o700)
    store.close()
  })
})
