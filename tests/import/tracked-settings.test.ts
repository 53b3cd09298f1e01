import { describe, expect, test } from 'bun:test'
import { TrackedSettings } from '../../src/import/tracked-settings.ts'
import type { JsonObject } from '../../src/lib/json/json.ts'

describe('a setting is read as what it is for', () => {
  test.each<[string, (settings: TrackedSettings) => unknown, unknown]>([
    ['a text', settings => settings.text('text'), 'a'],
    ['a number as a text', settings => settings.text('number'), '7'],
    ['a text of digits as a number', settings => settings.number('digits'), 7],
    ['a word as a flag', settings => settings.flag('word'), true],
    ['a text alone as a list', settings => settings.texts('text'), ['a']],
    ['a list without what is empty', settings => settings.texts('list'), ['a', '7']],
    ['names with texts', settings => settings.record('record'), { a: 'b', c: '1' }],
    ['a section', settings => settings.mapping('section').text('a'), 'b'],
    ['a section that is not there', settings => settings.mapping('none').text('a'), undefined],
    [
      'a list of sections',
      settings => settings.mappings('sections').map(({ at }) => at),
      ['sections[0]', 'sections[1]'],
    ],
  ])('%s', (_, read, expected) => {
    const settings = new TrackedSettings({
      text: ' a ',
      number: 7,
      digits: '7',
      word: 'true',
      list: ['a', '', 7],
      record: { a: ' b', c: 1, d: '' },
      section: { a: 'b' },
      sections: [{}, {}],
    })
    expect(read(settings)).toEqual(expected)
  })
})

describe('what was not read is known', () => {
  test.each<[string, JsonObject, (settings: TrackedSettings) => unknown, string[]]>([
    ['a setting that is read', { a: 1 }, settings => settings.number('a'), []],
    ['a setting that is looked at', { a: 1 }, settings => settings.peek('a'), ['a']],
    ['a setting of another type', { a: [1] }, settings => settings.number('a'), ['a']],
    ['a list with something else in it', { a: ['x', {}] }, settings => settings.texts('a'), ['a']],
    [
      'a member of a section',
      { a: { b: 1, c: 1 } },
      settings => settings.mapping('a').number('b'),
      ['a.c'],
    ],
    ['a member in a list', { a: [{ b: 1 }] }, settings => settings.mappings('a'), ['a[0].b']],
    ['a section that is left', { a: { b: 1 } }, () => undefined, ['a']],
    ['what is taken as it is', { a: { b: [{ c: 1 }] } }, settings => settings.raw('a'), []],
    ['what is empty', { a: '', b: [], c: {}, d: null }, () => undefined, []],
    ['what is switched off', { a: false, b: { enabled: false, c: 1 } }, () => undefined, []],
    ['a zero in a section', { a: { temperature: 0 } }, () => undefined, ['a']],
  ])('%s', (_, file, read, unread) => {
    const settings = new TrackedSettings(file)
    read(settings)
    expect(settings.unread()).toEqual(unread)
  })
})
