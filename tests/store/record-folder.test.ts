import { describe, expect, test } from 'bun:test'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createRecordFolder } from '../../src/store/record-folder.ts'
import { filesBelow, newHome } from '../support/home.ts'

const START = Date.UTC(2026, 0, 1)
const DAY = 86_400_000

function folderAt(limits = { bytes: 1_000, ageMs: 7 * DAY }) {
  const path = join(newHome(), 'logs', 'requests')
  const clock = { now: START }
  const folder = createRecordFolder(path, () => clock.now, limits)
  const write = (name: string, bytes: number): Promise<void> =>
    folder.write({ atMs: clock.now, name, text: 'x'.repeat(bytes) })
  return { path, clock, folder, write, names: () => filesBelow(path).map(({ name }) => name) }
}

describe('a folder of records', () => {
  test('one file each, whole, for this user only, in the order of time', async () => {
    const { path, clock, write } = folderAt()
    await write('200-b', 3)
    clock.now += 1
    await write('200-a', 4)
    expect(filesBelow(path)).toMatchObject([
      { name: '2026-01-01T00-00-00-000Z-200-b.log', text: 'xxx', mode: 0o600 },
      { name: '2026-01-01T00-00-00-001Z-200-a.log', text: 'xxxx', mode: 0o600 },
    ])
  })

  test('too much: the oldest go', async () => {
    const { clock, write, names } = folderAt()
    for (const name of ['a', 'b', 'c', 'd']) {
      clock.now += 1_000
      await write(name, 300)
    }
    expect(names().map(name => name.at(-5))).toEqual(['b', 'c', 'd'])
  })

  test('too old: they go with the next that is written, or when asked', async () => {
    const { clock, write, names, folder } = folderAt()
    await write('old', 3)
    clock.now += 7 * DAY + 1
    await write('new', 3)
    expect(names()).toEqual(['2026-01-08T00-00-00-001Z-new.log'])
    clock.now += 8 * DAY
    await folder.sweep()
    expect(names()).toEqual([])
  })

  test('what was there before counts too; what is of another kind is let be', async () => {
    const { path, write, names } = folderAt()
    mkdirSync(path, { recursive: true })
    writeFileSync(join(path, '2025-12-31T00-00-00-000Z-old.log'), 'x'.repeat(900))
    const half = join(path, '2025-12-30T00-00-00-000Z-half.log.tmp')
    writeFileSync(half, 'x')
    writeFileSync(join(path, 'notes.txt'), 'x'.repeat(5_000))
    await write('new', 200)
    expect(names()).toEqual(['2026-01-01T00-00-00-000Z-new.log', 'notes.txt'])
    expect(existsSync(half)).toBe(false)
  })

  test('there is nothing to sweep where nothing was ever written', async () => {
    const { folder, names } = folderAt()
    await folder.sweep()
    expect(names()).toEqual([])
  })

  test('a file in the place of the folder is told', async () => {
    const { path, write } = folderAt()
    mkdirSync(join(path, '..'), { recursive: true })
    writeFileSync(path, '')
    await expect(write('a', 1)).rejects.toThrow()
  })
})
