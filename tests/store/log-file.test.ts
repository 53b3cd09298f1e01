import { describe, expect, test } from 'bun:test'
import { chmodSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createLogFile } from '../../src/store/log-file.ts'
import { filesBelow, newHome } from '../support/home.ts'

function logFile(path: string, limits?: { bytes: number; old: number }) {
  const warnings: string[] = []
  const file = createLogFile(path, what => void warnings.push(what), limits)
  return { file, warnings }
}

describe('a log file', () => {
  test('is made with the folders to it, for this user only, and appended to', () => {
    const path = join(newHome(), 'logs', 'a.log')
    const { file } = logFile(path)
    file.append('one\n')
    logFile(path).file.append('two\n')
    expect(readFileSync(path, 'utf8')).toBe('one\ntwo\n')
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(statSync(dirname(path)).mode & 0o777).toBe(0o700)
  })

  test('that others could read is so no more', () => {
    const path = join(newHome(), 'a.log')
    writeFileSync(path, 'before\n', { mode: 0o644 })
    logFile(path).file.append('after\n')
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(readFileSync(path, 'utf8')).toBe('before\nafter\n')
  })

  test('that is full becomes an old one, and the oldest is gone', () => {
    const home = newHome()
    const { file } = logFile(join(home, 'a.log'), { bytes: 10, old: 2 })
    for (const text of ['1111\n', '2222\n', '3333\n', '4444\n', '5555\n', '6666\n', '7777\n'])
      file.append(text)
    expect(filesBelow(home).map(({ name, text, mode }) => [name, text, mode])).toEqual([
      ['a.log', '7777\n', 0o600],
      ['a.log.1', '5555\n6666\n', 0o600],
      ['a.log.2', '3333\n4444\n', 0o600],
    ])
  })

  test('more than fits at once goes into a file of its own', () => {
    const home = newHome()
    const { file } = logFile(join(home, 'a.log'), { bytes: 10, old: 1 })
    file.append('x'.repeat(30))
    file.append('y')
    expect(filesBelow(home).map(({ name, text }) => [name, text.length])).toEqual([
      ['a.log', 1],
      ['a.log.1', 30],
    ])
  })

  test('that was taken away is made again', () => {
    const path = join(newHome(), 'a.log')
    const { file } = logFile(path)
    file.append('one\n')
    rmSync(path)
    file.append('two\n')
    expect(readFileSync(path, 'utf8')).toBe('two\n')
  })

  test.each<[string, (path: string) => void]>([
    ['a folder in its place', path => mkdirSync(path, { recursive: true })],
    ['a file in the place of its folder', path => writeFileSync(dirname(path), '')],
  ])('%s: one warning, and no exception', (_, spoil) => {
    const path = join(newHome(), 'logs', 'a.log')
    spoil(path)
    const { file, warnings } = logFile(path)
    for (let at = 0; at < 3; at++) file.append('x\n')
    expect(warnings).toEqual([expect.stringContaining(`${path} cannot be written`)])
    expect(warnings[0]).toContain('logging.file')
  })

  test('a place that may not be written, until it may', () => {
    // Root may write anywhere.
    if (process.getuid?.() === 0) return
    const folder = newHome()
    const path = join(folder, 'a.log')
    chmodSync(folder, 0o500)
    const { file, warnings } = logFile(path)
    file.append('lost\n')
    chmodSync(folder, 0o700)
    file.append('kept\n')
    expect(warnings).toHaveLength(1)
    expect(readFileSync(path, 'utf8')).toBe('kept\n')
  })
})
