import { describe, expect, test } from 'bun:test'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { LOCK_TIMEOUT, tryFileLock, withFileLock } from '../../../src/lib/files/file-lock.ts'
import { newHome } from '../../support/home.ts'

describe('a lock beside a file', () => {
  test.each([
    ['text', 'this is no database at all, not in the least. '.repeat(100)],
    ['a few bytes', 'x'],
    ['the beginning of a database', `SQLite format 3\0${'\xff'.repeat(5_000)}`],
  ])('is taken whatever the lock file holds: %s', (_, text) => {
    const path = join(newHome(), 'routes.yaml')
    writeFileSync(path, 'version: 1')
    writeFileSync(join(path, '..', '.routes.yaml.lock'), text, 'latin1')
    expect(withFileLock(path, () => 'done')).toBe('done')
    expect(withFileLock(path, () => 'again')).toBe('again')
  })

  test('is held against others, and let go of when the work throws', () => {
    const path = join(newHome(), 'routes.yaml')
    const inner = (): unknown => {
      try {
        return withFileLock(path, () => 'no')
      } catch (error) {
        return error
      }
    }
    expect(withFileLock(path, inner)).toMatchObject({ code: LOCK_TIMEOUT })
    expect(() =>
      withFileLock(path, () => {
        throw new Error('in the work')
      }),
    ).toThrow('in the work')
    expect(withFileLock(path, () => 'done')).toBe('done')
  })
})

test('a lock that is not waited for is free, or held until it is let go of', () => {
  const path = join(newHome(), 'account.json')
  const release = tryFileLock(path)
  expect(tryFileLock(path)).toBeUndefined()
  release?.()
  const again = tryFileLock(path)
  expect(again).toBeDefined()
  again?.()
})
