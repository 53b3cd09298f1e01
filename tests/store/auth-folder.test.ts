import { afterEach, describe, expect, test } from 'bun:test'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from '../../src/lib/timer.ts'
import { createAuthFolder } from '../../src/store/auth-folder.ts'
import { ABSENT } from '../../src/store/store.ts'

const made: string[] = []
afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true })
})

function scene() {
  const parent = mkdtempSync(join(tmpdir(), 'jackfield-folder-'))
  made.push(parent)
  const path = join(parent, '.hidden-auth')
  const open = () => createAuthFolder({ path, now: () => 0, after })
  return { path, folder: open(), open }
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const { signal } = new AbortController()

describe('the files of a folder', () => {
  test('are its account files at the top, by name; without a folder there are none', () => {
    const { path, folder } = scene()
    expect(folder.files()).toEqual([])
    mkdirSync(join(path, 'logs'), { recursive: true })
    for (const name of ['b.json', 'a.JSON', '.lock.json', 'c.txt', 'logs/d.json'])
      writeFileSync(join(path, name), name)
    expect(folder.files()).toEqual([
      { name: 'a.JSON', bytes: bytes('a.JSON') },
      { name: 'b.json', bytes: bytes('b.json') },
    ])
  })

  test('one that cannot be read is there without its bytes', () => {
    const { path, folder } = scene()
    mkdirSync(join(path, 'a.json'), { recursive: true })
    expect(folder.files()).toEqual([{ name: 'a.json', bytes: undefined }])
  })

  test('are written for this user alone, without a backup, where they still are what was read', async () => {
    const { path, folder } = scene()
    await folder.write('a.json', bytes('1'), ABSENT)
    const read = await folder.read('a.json')
    await folder.write('a.json', bytes('2'), read?.version ?? '')
    const late = folder.write('a.json', bytes('3'), read?.version ?? '')
    expect(await late.catch(({ name }) => name)).toBe('StoreConflict')
    expect(statSync(path).mode & 0o777).toBe(0o700)
    expect(statSync(join(path, 'a.json')).mode & 0o777).toBe(0o600)
    expect(readdirSync(path).toSorted()).toEqual(['.a.json.lock', 'a.json'])
    expect(folder.files()).toEqual([{ name: 'a.json', bytes: bytes('2') }])
  })
})

describe('a lock of the folder', () => {
  test('is held by one at a time, and makes the folder', async () => {
    const { folder, open } = scene()
    const order: string[] = []
    const release = await folder.lock('refresh', signal)
    const second = open()
      .lock('refresh', signal)
      .then(releaseSecond => {
        order.push('second')
        releaseSecond()
      })
    const other = await open().lock('another', signal)
    other()
    order.push('first is done')
    release()
    await second
    expect(order).toEqual(['first is done', 'second'])
  })

  test('is waited for no longer than the signal says', async () => {
    const { folder, open } = scene()
    const release = await folder.lock('refresh', signal)
    const leaving = new AbortController()
    const waiting = open().lock('refresh', leaving.signal)
    leaving.abort(new Error('left'))
    expect(await waiting.catch(String)).toBe('Error: left')
    release()
  })
})

test('a journal is for this user alone, is no account file, and may be removed twice', async () => {
  const { path, folder, open } = scene()
  const release = await folder.lock('refresh', signal)
  expect(folder.journal('refresh')).toBeUndefined()
  folder.writeJournal('refresh', 'a')
  folder.writeJournal('refresh', 'b')
  expect(open().journal('refresh')).toBe('b')
  expect(statSync(join(path, '.refresh.journal')).mode & 0o777).toBe(0o600)
  expect(folder.files()).toEqual([])
  for (let times = 0; times < 2; times++) folder.writeJournal('refresh', undefined)
  release()
  expect(readdirSync(path)).toEqual(['.refresh.lock'])
})

describe('a folder that is watched', () => {
  test('reports what came, changed and went, and is made where it is not there', async () => {
    const { path, folder } = scene()
    let report = (): void => {}
    const change = (): Promise<void> => new Promise(resolve => (report = resolve))
    const end = folder.watch(() => report())
    expect(statSync(path).isDirectory()).toBe(true)
    for (const act of [
      () => writeFileSync(join(path, 'a.json'), '1'),
      () => writeFileSync(join(path, 'a.json'), '12'),
      () => rmSync(join(path, 'a.json')),
    ]) {
      const changed = change()
      act()
      await changed
    }
    end()
    expect(folder.files()).toEqual([])
  })
})
