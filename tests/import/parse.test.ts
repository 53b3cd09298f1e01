import { expect, test } from 'bun:test'
import { parseConfig } from '../../src/import/parse.ts'

test.each([
  ['YAML', 'a: 1\nb: [ x ]\n', { a: 1, b: ['x'] }],
  [
    'JSON with comments and trailing commas',
    '// why\n{ "a": 1, /* so */ "b": ["x",], }',
    { a: 1, b: ['x'] },
  ],
  [
    'digits that would change as a number stay a text',
    'a: 007\nb: 12345678901234567890\n',
    { a: '007', b: '12345678901234567890' },
  ],
  ['merged mappings', 'x: &x { a: 1 }\ny: { <<: *x, b: 2 }\n', { x: { a: 1 }, y: { a: 1, b: 2 } }],
  ['a date as it was written', 'a: 2026-01-02\n', { a: '2026-01-02' }],
])('%s', (_, text, value) => {
  expect(parseConfig(text)).toEqual({ ok: true, value })
})

test.each([
  ['YAML', 'a: 1\nb: [ 1\nc: 2\n', 2],
  ['JSON', '{\n  "a": 1\n  "b": 2\n}', 3],
  ['JSON that is cut off', '{\n  "a": {\n    "b": 1\n', 3],
])('a fault in %s has its line', (_, text, line) => {
  expect(parseConfig(text)).toMatchObject({ ok: false, line })
})
