import { expect, test } from 'bun:test'
import { spliceText } from '../../src/lib/splice-text.ts'

test.each([
  ['none', [], 'abcdef'],
  ['in the middle', [{ from: 2, to: 4, text: 'XYZ' }], 'abXYZef'],
  ['taken out', [{ from: 0, to: 5, text: '' }], 'f'],
  [
    'given out of order, and at one place',
    [
      { from: 6, to: 6, text: '!' },
      { from: 1, to: 1, text: '1' },
      { from: 1, to: 1, text: '2' },
    ],
    'a12bcdef!',
  ],
])('splices: %s', (_, splices, expected) => expect(spliceText('abcdef', splices)).toBe(expected))
