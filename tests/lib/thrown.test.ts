import { expect, test } from 'bun:test'
import { codeOf, reasonOf } from '../../src/lib/thrown.ts'

test.each([
  [
    'a system error',
    Object.assign(new Error('not there'), { code: 'ENOENT' }),
    'not there',
    'ENOENT',
  ],
  ['an error without a code', new TypeError('wrong'), 'wrong', undefined],
  ['a code that is a number', new DOMException('late', 'TimeoutError'), 'late', undefined],
  ['no error at all', 'thrown text', 'thrown text', undefined],
])('%s', (_, error, reason, code) =>
  expect([reasonOf(error), codeOf(error)]).toEqual([reason, code]),
)
