import { describe, expect, test } from 'bun:test'
import { Refused } from '../../../src/config/edit/edit.ts'
import { parseText } from '../../../src/config/edit/parsed-text.ts'
import { type Change, verified } from '../../../src/config/edit/verify.ts'

const BEFORE = 'a: 1\nl: [ x, y ]\nm: { <<: { k: 1 }, k: 2 }\n'

describe('a changed text is taken only if it means what was asked', () => {
  test.each<[string, Change, string]>([
    ['set', { op: 'set', path: ['a'], value: 2 }, BEFORE.replace('a: 1', 'a: 2')],
    ['new', { op: 'set', path: ['b'], value: null }, `${BEFORE}b: null\n`],
    ['insert', { op: 'insert', path: ['l', 1], value: 'z' }, BEFORE.replace('x,', 'x, z,')],
    ['remove', { op: 'remove', path: ['l', 0] }, BEFORE.replace('x, ', '')],
    ['a merged member shows', { op: 'remove', path: ['m', 'k'] }, BEFORE.replace(', k: 2', '')],
  ])('%s', (_, change, text) => expect(verified(parseText(BEFORE), text, change).text).toBe(text))

  test.each<[string, Change, string]>([
    ['another value', { op: 'set', path: ['a'], value: 2 }, BEFORE.replace('a: 1', 'a: 3')],
    ['another place', { op: 'set', path: ['a'], value: 2 }, 'a: 2\nl: [ x ]\nm: { k: 2 }\n'],
    ['another element', { op: 'remove', path: ['l', 0] }, BEFORE.replace(', y', '')],
    ['nothing', { op: 'insert', path: ['l', 2], value: 'z' }, BEFORE],
    ['no YAML', { op: 'set', path: ['a'], value: 2 }, 'a: [\n'],
  ])('refused: %s', (_, change, text) =>
    expect(() => verified(parseText(BEFORE), text, change)).toThrow(Refused),
  )
})
