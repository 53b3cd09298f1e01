import { describe, expect, test } from 'bun:test'
import { compileTable, formatDiagnostic } from '../../../src/config/index.ts'
import { kinds } from '../../../src/providers/index.ts'
import { whole } from '../../support/routes.ts'

function compiled(text: string, file = '/etc/jackfield/routes.yaml') {
  return compileTable(file, whole(text), {
    env: { JACKFIELD_HOME: '/home/me/kept', HOME: '/home/me', LOGS: 'logs/a.log' },
    readFile: () => '',
    kinds,
  })
}

function tableOf(text: string, file?: string) {
  const result = compiled(text, file)
  if (!result.ok) throw new Error(result.diagnostics.map(formatDiagnostic).join('\n'))
  return result.value
}

function diagnosticsOf(text: string): string[] {
  const result = compiled(text, 'routes.yaml')
  return result.ok ? [] : result.diagnostics.map(formatDiagnostic)
}

describe('logging', () => {
  test.each([
    ['', { level: 'info', requests: 'off' }],
    ['logging: { level: warn, file: false, requests: off }', { level: 'warn', requests: 'off' }],
    ['logging: { requests: false }', { level: 'info', requests: 'off' }],
    ['logging: { requests: errors }', { level: 'info', requests: 'errors' }],
    ['logging: { requests: all }', { level: 'info', requests: 'all' }],
    [
      'logging: { file: true }',
      { level: 'info', requests: 'off', file: '/home/me/kept/logs/jackfield.log' },
    ],
    [
      'logging: { file: /var/log/a.log }',
      { level: 'info', requests: 'off', file: '/var/log/a.log' },
    ],
    ['logging: { file: ~/a.log }', { level: 'info', requests: 'off', file: '/home/me/a.log' }],
    [
      'logging: { file: "${LOGS}" }',
      { level: 'info', requests: 'off', file: '/etc/jackfield/logs/a.log' },
    ],
  ])('%s', (text, logging) => expect<unknown>(tableOf(text).logging).toEqual(logging))

  test.each([
    [
      'logging: { requests: failed }',
      'routes.yaml:1:22: logging.requests: expected one of off, errors, all, false, not "failed"',
    ],
    ['logging: { file: 7 }', 'routes.yaml:1:18: logging.file: expected true or false or a text'],
    ['logging: { file: "" }', 'routes.yaml:1:18: logging.file: must not be empty'],
  ])('%s is refused', (text, words) => expect(diagnosticsOf(text).join()).toContain(words))
})

describe('usage', () => {
  test.each([
    ['', { enabled: true, keepMs: 90 * 86_400_000 }],
    ['usage: {}', { enabled: true, keepMs: 90 * 86_400_000 }],
    ['usage: { enabled: false }', { enabled: false, keepMs: 90 * 86_400_000 }],
    ['usage: { enabled: true, keep: 7d }', { enabled: true, keepMs: 7 * 86_400_000 }],
  ])('%s', (text, usage) => expect(tableOf(text).usage).toEqual(usage))

  test.each([
    [
      'usage: { keep: 3h }',
      'routes.yaml:1:16: usage.keep: less than a day is not worth keeping (write 1d or more, or enabled: false)',
    ],
    ['usage: { keep: 90 }', 'usage.keep: expected a duration'],
    ['usage: { enabled: maybe }', 'usage.enabled: expected true or false'],
    ['usage: { kep: 9d }', 'unknown key "kep" (did you mean "keep"?)'],
  ])('%s is refused', (text, words) => expect(diagnosticsOf(text).join()).toContain(words))
})
