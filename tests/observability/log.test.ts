import { describe, expect, test } from 'bun:test'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createLog } from '../../src/observability/log.ts'
import { filesBelow, newHome } from '../support/home.ts'

function logWith() {
  const told: string[] = []
  const log = createLog(
    text => void told.push(text),
    () => Date.UTC(2026, 0, 1),
  )
  return { log, told: () => told.join('') }
}

describe('the log', () => {
  test('goes to a file as well, from the edit on that says so and until the next', () => {
    const home = newHome()
    const file = join(home, 'logs', 'jackfield.log')
    const { log, told } = logWith()
    log.write('info', 'before')
    log.follow({ level: 'info', file })
    log.write('info', 'with a file', { id: 'x' })
    log.follow({ level: 'info', file: join(home, 'other.log') })
    log.write('warn', 'elsewhere')
    log.follow({ level: 'info' })
    log.write('info', 'after')
    log.flush()
    const line = '2026-01-01T00:00:00.000Z info with a file id=x\n'
    expect(readFileSync(file, 'utf8')).toBe(line)
    expect(readFileSync(join(home, 'other.log'), 'utf8')).toContain('warn elsewhere')
    expect(told()).toContain(line)
    expect(told()).toContain('before')
    expect(told()).toContain('after')
  })

  test('writes no file while there is nothing to say', () => {
    const home = newHome()
    const { log } = logWith()
    log.follow({ level: 'warn', file: join(home, 'a.log') })
    log.write('info', 'not worth it')
    log.flush()
    expect(filesBelow(home)).toEqual([])
  })

  test('a file that cannot be written is one warning on stderr, and all lines go there', () => {
    const home = newHome()
    const file = join(home, 'a.log')
    mkdirSync(file)
    const { log, told } = logWith()
    log.follow({ level: 'error', file })
    for (const line of ['one', 'two', 'three']) {
      log.write('error', line)
      log.flush()
    }
    expect(told().match(/warn .* cannot be written/g)).toHaveLength(1)
    for (const line of ['one', 'two', 'three']) expect(told()).toContain(`error ${line}\n`)
  })

  test('leaves secrets out, also where they stand in two places at once', () => {
    const file = join(newHome(), 'a.log')
    const { log, told } = logWith()
    log.follow({ level: 'info', file, clean: text => text.replaceAll('hidden', '[redacted]') })
    log.write('info', 'it said hidden', { message: 'hidden' })
    log.flush()
    for (const text of [told(), readFileSync(file, 'utf8')])
      expect(text).toBe('2026-01-01T00:00:00.000Z info it said [redacted] message=[redacted]\n')
  })
})
