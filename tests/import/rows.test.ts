import { describe, expect, test } from 'bun:test'
import { Draft } from '../../src/import/draft.ts'
import {
  applyRows,
  names,
  nonZero,
  number,
  on,
  type Row,
  secondsCount,
  switchTo,
  text,
} from '../../src/import/rows.ts'
import { TrackedSettings } from '../../src/import/tracked-settings.ts'
import type { JsonObject } from '../../src/lib/json/json.ts'
import { importServices } from '../support/imported.ts'

function applied(rows: readonly Row[], file: JsonObject) {
  const settings = new TrackedSettings(file)
  const draft = new Draft('a file')
  const target = applyRows(rows, settings, { draft, services: importServices() }, {})
  const notes = draft.notes.map(
    ({ about, text, loses }) => `${loses ? '-' : '='} ${about}: ${text}`,
  )
  return { target, notes, unread: settings.unread() }
}

describe('a row writes one setting', () => {
  test.each<[string, Row, JsonObject, JsonObject]>([
    ['as it is', { from: 'a', to: 'b' }, { a: [1] }, { b: [1] }],
    ['from a section', { from: 'x.a', to: 'b', read: text }, { x: { a: 7 } }, { b: '7' }],
    ['into a section', { from: 'a', to: 'x.b', read: number }, { a: '7' }, { x: { b: 7 } }],
    [
      'from the first of several',
      { from: ['a', 'b'], to: 'c', read: on },
      { b: true },
      { c: true },
    ],
    ['not where it is missing', { from: 'a', to: 'b', read: text }, {}, {}],
    ['not where it is empty', { from: 'a', to: 'b', read: text }, { a: ' ' }, {}],
    ['not where it is of another type', { from: 'a', to: 'b', read: number }, { a: [1] }, {}],
    ['a count of zero', { from: 'a', to: 'b', read: number }, { a: 0 }, { b: 0 }],
    ['not a zero that stands for nothing', { from: 'a', to: 'b', read: nonZero }, { a: 0 }, {}],
    ['seconds', { from: 'a', to: 'b', read: secondsCount }, { a: 120 }, { b: '2m' }],
    [
      'the value of a switch',
      { from: 'a', to: 'b', read: switchTo('all') },
      { a: true },
      { b: 'all' },
    ],
    ['not a switch that is off', { from: 'a', to: 'b', read: switchTo('all') }, { a: false }, {}],
  ])('%s', (_, row, file, expected) => {
    expect(applied([row], file).target).toEqual(expected)
  })

  test('a later row replaces what an earlier one wrote', () => {
    const rows = [
      { from: 'a', to: 'x.a' },
      { from: 'b', to: 'x' },
    ]
    expect(applied(rows, { a: 1, b: { c: 2 } }).target).toEqual({ x: { c: 2 } })
  })
})

describe('a row notes one setting', () => {
  test.each<[string, Row, JsonObject, string[]]>([
    ['that is lost', { from: 'a', dropped: 'why' }, { a: 1 }, ['- a: why']],
    ['that is not needed', { from: 'x.a', unneeded: 'why' }, { x: { a: 1 } }, ['= x.a: why']],
    [
      'each of several',
      { from: names('a b c'), dropped: 'why' },
      { a: 1, c: 1 },
      ['- a: why', '- c: why'],
    ],
    ['not where it is switched off', { from: 'a', dropped: 'why' }, { a: { enabled: false } }, []],
    ['not where it has no value', { from: 'a', read: on, dropped: 'why' }, { a: false }, []],
  ])('%s', (_, row, file, expected) => {
    expect(applied([row], file).notes).toEqual(expected)
  })
})

test.each<[string, Row, JsonObject, string[]]>([
  ['what a row reads is read', { from: ['a', 'b.c'], dropped: 'why' }, { a: 1, b: { c: 1 } }, []],
  ['what no row names is unread', { from: 'a' }, { a: 1, b: 1, c: { d: 1 } }, ['b', 'c']],
  ['what is beside it in a section is unread', { from: 'a.b' }, { a: { b: 1, c: 1 } }, ['a.c']],
  ['what has another type is unread', { from: 'a', read: number }, { a: 'seven' }, ['a']],
  ['what asks for nothing may stay unread', { from: 'a' }, { b: false, c: '', d: {} }, []],
])('%s', (_, row, file, expected) => {
  expect(applied([row], file).unread).toEqual(expected)
})
