import { describe, expect, test } from 'bun:test'
import { parseSource } from '../../src/config/yaml/source.ts'
import { secretsIn } from '../../src/redaction/find-secrets.ts'
import { processorMsSince } from '../support/processor-time.ts'
import { compiled } from '../support/routes.ts'

const A =
  'providers: { a: { kind: openai-compatible, base-url: "http://a/v1", keys: [ k ], discover: false } }\n'
const lines = (count: number, line: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => line(index)).join('')

/** The diagnostics of a file, in a time that linear work stays far below. */
function diagnosticsOf(text: string, capMs = 3_000): string[] {
  const began = process.cpuUsage()
  const result = compiled(text)
  expect(processorMsSince(began)).toBeLessThan(capMs)
  return (result.ok ? result.warnings : result.diagnostics).map(
    ({ at, message, hint }) => `${at.line}: ${message} (${hint})`,
  )
}

describe('a large file is checked in time linear in its length', () => {
  // At twice this size, each line searching all the others took from half a minute to hours.
  test('models of providers that are not there', () => {
    const diagnostics = diagnosticsOf(`${A}models:\n${lines(4_000, n => `  m${n}: aa${n}/x\n`)}`)
    expect(diagnostics).toHaveLength(4_000)
    expect(diagnostics[0]).toBe('3: no provider named "aa0" (did you mean "a"?)')
  })

  test('models that are not there', () =>
    expect(
      diagnosticsOf(
        `${A}models:\n${lines(4_000, n => `  model-${n}: a-name-that-is-missing-${n}\n`)}`,
      ),
    ).toHaveLength(4_000))

  test('more mistakes than are reported: the last diagnostic counts the others', () => {
    const diagnostics = diagnosticsOf(
      `version: 1\n${lines(12_000, n => `key-${n}: 1\n`)}${A}`,
      8_000,
    )
    expect(diagnostics).toHaveLength(10_001)
    expect(diagnostics.at(-1)).toContain('2000 further findings are left out')
  })

  test('models that a provider is not known to have', () =>
    expect(
      diagnosticsOf(
        `${A.replace('}', '}, b: { kind: anthropic, keys: [ k ] }')}models:\n${lines(4_000, n => `  m${n}: [ a/x-${n}, b/claude-sonet-4-5, b/claude-opus-x${n} ]\n`)}`,
      ).length,
    ).toBeGreaterThan(0))

  test.each([
    ['quotes', '"x\n'],
    ['quotes behind keys', 'a: "x\n'],
    ['brackets', 'a: [ x\n'],
    ['mismatched brackets', 'a: { b: [ x }\n'],
    ['keys without a blank', 'kind:x\n'],
  ])('%s left open in every line', (_, line) =>
    expect(diagnosticsOf(lines(20_000, () => line)).length).toBeGreaterThan(0),
  )

  test('keys of callers', () =>
    expect(
      diagnosticsOf(
        `${A}models: { m: a/x }\napi-keys:\n${lines(4_000, n => `  - { name: n${n}, key: key-number-${n} }\n`)}`,
      ),
    ).toEqual([]))

  test('names one behind the other', () =>
    expect(
      diagnosticsOf(`${A}models:\n${lines(2_000, n => `  m${n}: m${n + 1}\n`)}  m2000: a/x\n`)[0],
    ).toContain('leads through more than 100 names'))

  test('names that each stand for two others', () =>
    expect(
      diagnosticsOf(
        `${A}models:\n${lines(40, n => `  m${n}: [ m${n + 1}, m${n + 1} ]\n`)}  m40: a/x\n`,
      )[0],
    ).toContain('leads to more than 5000 others'))

  test('merges of one anchor', () => {
    const text = `version: 1\nx-a: &a { kind: echo }\nproviders:\n${lines(900, n => `  p${n}: { <<: *a }\n`)}`
    const began = process.cpuUsage()
    expect(parseSource('routes.yaml', text).diagnostics).toEqual([])
    expect(processorMsSince(began)).toBeLessThan(3_000)
  })

  test('anchors that multiply: the search for secrets ends soon, without a result', () => {
    const text = `a0: &a0 [ x, x ]\n${lines(400, n => `a${n + 1}: &a${n + 1} [ *a${n}, *a${n} ]\n`)}`
    const began = process.cpuUsage()
    expect(secretsIn(text)).toBeUndefined()
    expect(processorMsSince(began)).toBeLessThan(5_000)
    expect(diagnosticsOf(text)[0]).toContain('the anchors stand for too much')
  })
})

describe('a text that is nested too deep is refused before it is parsed', () => {
  const MANY = 1_000_000
  test.each([
    ['brackets', '['.repeat(MANY)],
    ['closed brackets', '['.repeat(MANY) + ']'.repeat(MANY)],
    ['braces', '{a: '.repeat(MANY)],
    ['dashes', '- '.repeat(MANY)],
    ['question marks', '? '.repeat(MANY)],
    ['indentation', lines(2_000, n => `${' '.repeat(n)}a:\n`)],
  ])('%s', (_, text) => {
    expect(diagnosticsOf(text, 2_000)).toEqual([
      expect.stringMatching(/nested deeper than 64 levels here \(close the brackets/),
    ])
    expect(secretsIn(text)).toBeUndefined()
  })

  test('the place is reported', () =>
    expect(diagnosticsOf(`${A}x-a:\n  b: ${'['.repeat(70)}`)[0]).toStartWith('3: '))
})
