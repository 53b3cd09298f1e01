import { expect, test } from 'bun:test'
import { secretsIn } from '../../src/redaction/find-secrets.ts'

const USE = 'providers: { a: { kind: openai, keys: [ *k ] } }'

test.each([
  ['the anchor before it', ['x-a: &k first-value', USE], ['first-value']],
  [
    'the last of several before it, not the one behind',
    ['x-a: &k first-value', 'x-b: &k second-value', USE, 'x-c: &k third-value'],
    ['second-value'],
  ],
])('an alias in a place for secrets stands for %s', (_, lines, expected) => {
  const found = secretsIn(`${lines.join('\n')}\n`) ?? []
  expect(found.map(({ value }) => value)).toEqual(expected)
})
