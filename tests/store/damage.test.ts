import { Database } from 'bun:sqlite'
import { describe, expect, test } from 'bun:test'
import { existsSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createStateStore } from '../../src/store/state/local.ts'
import { createUsageStore, type UsageRow } from '../../src/store/usage.ts'
import { filesBelow, newHome } from '../support/home.ts'

/** A store as its users see it: `write` and `read` must not throw. */
type Subject = {
  file: string
  warnings: string[]
  fill(): void
  write(value: number): void
  read(value: number): boolean
  close(): void
}

function stateIn(folder: string, now = Date.now): Subject {
  const warnings: string[] = []
  const state = createStateStore({ folder, now, warn: message => void warnings.push(message) })
  const put = (value: number, text: string): void =>
    state.put('spent', 'ann', new Map([[`k${value}`, text]]))
  return {
    file: join(folder, 'kept.sqlite'),
    warnings,
    fill() {
      for (let at = 0; at < 300; at++) put(at, 'v'.repeat(1_000))
    },
    write: value => put(value, 'new'),
    read: value => state.peek('spent', 'ann', [`k${value}`]).has(`k${value}`),
    close: () => state.close(),
  }
}

function usageIn(folder: string): Subject {
  const warnings: string[] = []
  const store = createUsageStore({ folder, warn: message => void warnings.push(message) })
  const row = (hour: number): UsageRow => ({
    hour,
    caller: 'ann',
    asked: 'x'.repeat(1_000),
    provider: 'a',
    model: 'x',
    requests: 1,
    failures: 0,
    fresh: 1,
    cacheRead: 0,
    cacheWrite: 0,
    output: 1,
    reasoning: 0,
    losses: 0,
    ms: 1,
    usd: 0,
    unpriced: 0,
    cancelled: 0,
    estimated: 0,
  })
  return {
    file: join(folder, 'usage.sqlite'),
    warnings,
    fill: () => store.add(Array.from({ length: 300 }, (_, at) => row(at))),
    write: value => store.add([row(value)]),
    read: value => store.rows(0).some(({ hour }) => hour === value),
    close: () => store.close(),
  }
}

const SUBJECTS = [
  ['kept', (folder: string) => stateIn(folder)],
  ['usage', usageIn],
] as const

function overwrite(path: string, from: number): void {
  const bytes = readFileSync(path)
  bytes.fill(0xff, from, bytes.length)
  writeFileSync(path, bytes)
}

/** Everything from the journal into the file itself, so that damage there counts. */
function checkpoint(path: string): void {
  const db = new Database(path)
  db.run('pragma wal_checkpoint(truncate)')
  db.close()
}

const DAMAGE: [string, (path: string) => void][] = [
  ['pages overwritten behind the first', path => overwrite(path, 4_096)],
  ['pages overwritten in the second half', path => overwrite(path, statSync(path).size / 2)],
  ['all overwritten', path => overwrite(path, 0)],
  ['cut in the middle', path => truncateSync(path, 40_000)],
  ['cut within a page', path => truncateSync(path, 10_000)],
]

describe.each(SUBJECTS)('a damaged file of what is %s', (_, open) => {
  test.each(DAMAGE)('is set aside at opening: %s', (_, spoil) => {
    const home = newHome()
    const before = open(home)
    before.fill()
    before.close()
    spoil(before.file)
    const after = open(home)
    after.write(7)
    expect(after.read(7)).toBe(true)
    expect(after.read(250)).toBe(false)
    expect(after.warnings).toEqual([expect.stringContaining('set aside')])
    expect(existsSync(`${after.file}.damaged`)).toBe(true)
    after.close()
    const third = open(home)
    expect(third.read(7)).toBe(true)
    expect(third.warnings).toEqual([])
    third.close()
  })

  test.each(DAMAGE)('harms nobody while it is open: %s', (_, spoil) => {
    const home = newHome()
    const before = open(home)
    before.fill()
    before.close()
    // Nothing of the file is in its memory yet but what opening it takes.
    const running = open(home)
    running.write(7)
    checkpoint(running.file)
    spoil(running.file)
    for (let at = 0; at < 300; at++) {
      running.read(at)
      running.write(at)
    }
    for (let at = 0; at < 300; at++) expect(running.read(at)).toBe(true)
    running.close()
    const after = open(home)
    expect(after.read(7)).toBe(true)
    after.close()
  })

  test('with a damaged journal is read as far as it is whole', () => {
    const home = newHome()
    const running = open(home)
    running.fill()
    overwrite(`${running.file}-wal`, 60_000)
    const other = open(home)
    for (let at = 0; at < 300; at++) {
      other.read(at)
      other.write(at)
      running.write(at)
      running.read(at)
    }
    expect(other.read(299)).toBe(true)
    expect(running.read(299)).toBe(true)
    running.close()
    other.close()
  })

  test('is replaced for another process that has it open, too', () => {
    const home = newHome()
    const [one, other] = [open(home), open(home)]
    one.fill()
    expect(other.read(250)).toBe(true)
    one.close()
    checkpoint(one.file)
    overwrite(one.file, 4_096)
    const third = open(home)
    third.write(1)
    other.write(2)
    third.write(3)
    expect(existsSync(`${one.file}.damaged`)).toBe(true)
    for (const store of [third, other])
      for (const value of [1, 2, 3]) expect(store.read(value)).toBe(true)
    // The one that ends last must not take away the journal of the new file.
    other.close()
    third.write(4)
    third.close()
    const fourth = open(home)
    for (const value of [1, 2, 3, 4]) expect(fourth.read(value)).toBe(true)
    fourth.close()
  })

  test('that is removed is made anew', () => {
    const home = newHome()
    const running = open(home)
    running.fill()
    for (const part of ['', '-wal', '-shm']) rmSync(`${running.file}${part}`, { force: true })
    running.write(7)
    running.close()
    const after = open(home)
    expect(after.read(7)).toBe(true)
    after.close()
  })
})

describe('kept things for which there is no place', () => {
  test('wait in memory, with one warning, until the file can be written again', () => {
    const home = newHome()
    let now = 0
    const kept = stateIn(home, () => now)
    kept.write(1)
    const blocker = new Database(kept.file)
    blocker.run('begin immediate')
    kept.write(2)
    kept.write(1)
    expect(kept.read(1)).toBe(true)
    expect(kept.read(2)).toBe(true)
    blocker.run('rollback')
    blocker.close()
    now += 1_001
    kept.write(3)
    kept.close()
    expect(kept.warnings).toEqual([expect.stringContaining('kept in memory')])
    const after = stateIn(home, () => now)
    expect([1, 2, 3].map(after.read)).toEqual([true, false, true])
    after.close()
  })

  test('a file that is locked is waited for once a second, not with every request', () => {
    const home = newHome()
    const kept = stateIn(home, () => 0)
    kept.write(1)
    const blocker = new Database(kept.file)
    blocker.run('begin immediate')
    const from = performance.now()
    for (let at = 0; at < 1_000; at++) kept.write(at)
    // 1,000 times a quarter of a second would be minutes.
    expect(performance.now() - from).toBeLessThan(20_000)
    blocker.close()
    kept.close()
  })

  test('a full disk costs nothing but what does not fit', async () => {
    const home = newHome()
    const state = createStateStore({ folder: home, now: () => 0, warn() {} })
    state.put('item', 'ann', new Map([['k', 'v']]))
    const limited = new Database(join(home, 'kept.sqlite'))
    // SQLite limits the size of a file by connection, so what refuses is a trigger.
    limited.run(
      "create trigger full before insert on kept when length(new.value) > 100 begin select raise(abort, 'database or disk is full'); end",
    )
    state.put('item', 'ann', new Map([['large', 'v'.repeat(1_000)]]))
    expect((await state.get('item', 'ann', ['k', 'large'])).size).toBe(2)
    limited.close()
    state.close()
  })

  test('files that are of older versions of the program are taken as they are', () => {
    const home = newHome()
    const older = new Database(join(home, 'kept.sqlite'), { create: true })
    older.run(
      'create table kept (space text not null, caller text not null, key text not null, value text not null, at integer not null, primary key (space, caller, key)) without rowid; create index kept_at on kept (at)',
    )
    older.run("insert into kept values ('spent', 'ann', 'k5', 'v', 1)")
    older.close()
    const kept = stateIn(home, () => 2)
    expect(kept.read(5)).toBe(true)
    expect(kept.warnings).toEqual([])
    kept.close()
    expect(filesBelow(home).map(({ name }) => name)).toEqual(['kept.sqlite'])
  })
})
