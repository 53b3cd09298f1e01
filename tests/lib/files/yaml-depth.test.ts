import { expect, test } from 'bun:test'
import { MAX_YAML_DEPTH, tooDeepAt } from '../../../src/lib/files/yaml-depth.ts'

const lines = (count: number, line: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => line(index)).join('')

test.each([
  ['brackets', '['],
  ['braces', '{a: '],
  ['dashes', '- '],
])('as many %s as are allowed are, and one more is not', (_, opening) => {
  expect(tooDeepAt(opening.repeat(MAX_YAML_DEPTH))).toBeUndefined()
  expect(tooDeepAt(opening.repeat(MAX_YAML_DEPTH + 1))).toBe(opening.length * MAX_YAML_DEPTH)
})

test.each([
  ['an ordinary file', `models:\n  m:\n    - [ a/x, a/y ]\n    - to: a/z\n`],
  ['brackets in quotes', `x-a: "${'['.repeat(200)}"\nx-b: '${'{'.repeat(200)}'\n`],
  ['brackets in a comment', `# ${'['.repeat(200)}\nx-a: 1 # ${'['.repeat(200)}\n`],
  [
    'brackets in a text',
    `x-a: |\n  ${'['.repeat(200)}\n  ${'- '.repeat(200)}\nx-b: a${'['.repeat(200)}\n`,
  ],
  ['a long text that is indented', `x-a: >\n${lines(100, n => `  ${' '.repeat(n)}words\n`)}`],
  ['a long file', lines(500, n => `x-${n}:\n  a: [ { b: 1 }, { c: [ 2 ] } ]\n  d:\n    - e: f\n`)],
])('%s is not too deep', (_, text) => expect(tooDeepAt(text)).toBeUndefined())
