import { Database } from 'bun:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createStateStore } from '../../src/store/state/local.ts'
import { createMemoryState } from '../../src/store/state/memory.ts'
import type { StateStore } from '../../src/store/state.ts'

let folder = ''
let now = 0
let warnings: string[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'jackfield-kept-'))
  now = Date.UTC(2026, 0, 1)
  warnings = []
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function open(limits?: { bytes: number; ageMs: number }): StateStore {
  return createStateStore({
    folder: join(folder, 'home'),
    now: () => now,
    warn: message => void warnings.push(message),
    ...(limits ? { limits } : {}),
  })
}

const entries = (...pairs: [string, string][]): Map<string, string> => new Map(pairs)

describe('what is kept', () => {
  test('survives a restart, apart by caller and space', async () => {
    const first = open()
    first.put('reasoning', 'ann', entries(['call_1', 'a'], ['call_2', 'b']))
    first.close()
    const second = open()
    expect([...(await second.get('reasoning', 'ann', ['call_1', 'call_2', 'call_3']))]).toEqual([
      ['call_1', 'a'],
      ['call_2', 'b'],
    ])
    expect((await second.get('reasoning', 'bob', ['call_1'])).size).toBe(0)
    expect((await second.get('item', 'ann', ['call_1'])).size).toBe(0)
    second.close()
  })

  test('is gone once it is removed, also after a restart', async () => {
    const first = open()
    first.put('item', 'ann', entries(['x', '1'], ['y', '2']))
    first.put('item', 'bob', entries(['x', '3']))
    expect(await first.remove('item', 'ann', ['x', 'unknown'])).toBe(true)
    expect([...(await first.get('item', 'ann', ['x', 'y']))]).toEqual([['y', '2']])
    first.close()
    const second = open()
    expect([...(await second.get('item', 'ann', ['x', 'y']))]).toEqual([['y', '2']])
    expect([...(await second.get('item', 'bob', ['x']))]).toEqual([['x', '3']])
    second.close()
  })

  test('is gone from memory as well', async () => {
    const state = createMemoryState(() => now)
    state.put('item', 'ann', entries(['x', '1'], ['y', '2']))
    expect(await state.remove('item', 'ann', ['x'])).toBe(true)
    expect([...(await state.get('item', 'ann', ['x', 'y']))]).toEqual([['y', '2']])
  })

  test('is for this user only', async () => {
    const state = open()
    state.put('item', 'ann', entries(['x', 'y']))
    expect(statSync(join(folder, 'home')).mode & 0o777).toBe(0o700)
    expect(statSync(join(folder, 'home', 'kept.sqlite')).mode & 0o777).toBe(0o600)
    state.close()
  })

  test('two processes at once lose nothing', async () => {
    const one = open()
    const other = open()
    for (let at = 0; at < 50; at++) {
      one.put('item', 'ann', entries([`one-${at}`, '1']))
      other.put('item', 'ann', entries([`other-${at}`, '2']))
    }
    expect((await one.get('item', 'ann', ['other-49', 'one-0'])).size).toBe(2)
    expect((await other.get('item', 'ann', ['one-49', 'other-0'])).size).toBe(2)
    one.close()
    other.close()
  })

  // Seconds where each search reads the large value on its way, which keeps all others waiting.
  test('a large value does not make the search for others slow', async () => {
    const state = open()
    state.put('response', 'ann', entries(['resp_1', 'x'.repeat(16_000_000)]))
    const ids = Array.from({ length: 5_000 }, (_, at) => `call_${at}`)
    expect((await state.get('reasoning', 'ann', ids)).size).toBe(0)
  }, 20_000)

  test('in a file of an older version stays', async () => {
    mkdirSync(join(folder, 'home'))
    const path = join(folder, 'home', 'kept.sqlite')
    const older = new Database(path, { create: true })
    older.run(`
      create table kept (
        space text not null, caller text not null, key text not null,
        value text not null, at integer not null,
        primary key (space, caller, key)
      ) without rowid;
      create index kept_at on kept (at);
      pragma user_version = 1;`)
    older.run(`insert into kept values ('item', 'ann', 'a', 'kept', ${now})`)
    older.close()
    const state = open()
    expect([...(await state.get('item', 'ann', ['a']))]).toEqual([['a', 'kept']])
    state.put('item', 'ann', entries(['a', 'again']))
    expect([...(await state.get('item', 'ann', ['a']))]).toEqual([['a', 'again']])
    expect(warnings).toEqual([])
  })

  test('grows old', async () => {
    const state = open({ bytes: 1_000, ageMs: 1_000 })
    state.put('item', 'ann', entries(['x', 'y']))
    now += 1_001
    expect((await state.get('item', 'ann', ['x'])).size).toBe(0)
    state.close()
  })

  test('is bounded: the oldest gives way', async () => {
    const state = open({ bytes: 20_000, ageMs: 1e9 })
    for (let at = 0; at < 1_001; at++) {
      now++
      state.put('item', 'ann', entries([`k${at}`, 'v'.repeat(100)]))
    }
    expect((await state.get('item', 'ann', ['k0'])).size).toBe(0)
    expect((await state.get('item', 'ann', ['k1000'])).size).toBe(1)
    const keys = Array.from({ length: 1_001 }, (_, at) => `k${at}`)
    expect((await state.get('item', 'ann', keys)).size).toBeLessThan(250)
    state.close()
  })

  test('a damaged file is set aside', async () => {
    const first = open()
    first.put('item', 'ann', entries(['x', 'y']))
    first.close()
    const path = join(folder, 'home', 'kept.sqlite')
    rmSync(`${path}-wal`, { force: true })
    rmSync(`${path}-shm`, { force: true })
    writeFileSync(path, 'this is no database at all, not in the least'.repeat(100))
    const second = open()
    second.put('item', 'ann', entries(['x', 'z']))
    expect((await second.get('item', 'ann', ['x'])).get('x')).toBe('z')
    expect(warnings.join()).toContain('set aside')
    second.close()
  })

  test('with its journal, which is not played into the new one', async () => {
    const first = open()
    first.put('item', 'ann', entries(['x', 'y']))
    first.close()
    const path = join(folder, 'home', 'kept.sqlite')
    writeFileSync(path, 'this is no database at all, not in the least'.repeat(100))
    writeFileSync(`${path}-wal`, 'what was under way')
    const second = open()
    second.put('item', 'ann', entries(['x', 'z']))
    expect(readFileSync(`${path}.damaged-wal`, 'utf8')).toBe('what was under way')
    second.close()
  })

  test('a file where the folder should be is told, and memory serves', async () => {
    writeFileSync(join(folder, 'home'), '')
    const state = open()
    state.put('item', 'ann', entries(['x', 'y']))
    expect((await state.get('item', 'ann', ['x'])).get('x')).toBe('y')
    expect(warnings.join()).toContain('JACKFIELD_HOME')
  })

  test('memory is bounded too', async () => {
    const state = createMemoryState(() => now, { bytes: 1_000, ageMs: 1_000 })
    for (let at = 0; at < 100; at++) state.put('item', 'ann', entries([`k${at}`, 'v'.repeat(100)]))
    expect((await state.get('item', 'ann', ['k0'])).size).toBe(0)
    expect((await state.get('item', 'ann', ['k99'])).size).toBe(1)
    now += 1_001
    expect((await state.get('item', 'ann', ['k99'])).size).toBe(0)
  })
})
