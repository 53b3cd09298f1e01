import { describe, expect, test } from 'bun:test'
import { parse } from 'yaml'
import {
  blockLines,
  entryLines,
  inlineMember,
  inlineText,
} from '../../../src/config/edit/render.ts'
import type { JsonValue } from '../../../src/lib/json/json.ts'

describe('a value on one line', () => {
  test.each<[JsonValue, string]>([
    ['word', 'word'],
    ['provider/model-1.5', 'provider/model-1.5'],
    ['claude-*', '"claude-*"'],
    ['two words', '"two words"'],
    ['60s', '60s'],
    ['60', '"60"'],
    ['1e5', '"1e5"'],
    ['true', '"true"'],
    ['no', '"no"'],
    ['', '""'],
    ['line\nline', '"line\\nline"'],
    [null, 'null'],
    [0.25, '0.25'],
    [[], '[]'],
    [{}, '{}'],
    [['a', { b: [1] }], '[ a, { b: [ 1 ] } ]'],
  ])('%j', (value, text) => {
    expect(inlineText(value)).toBe(text)
    expect(parse(`[ ${text} ]`)).toEqual([value])
  })

  test('keeps the quotes of the text that it replaces', () => {
    expect(inlineText("it's", 'single')).toBe("'it''s'")
    expect(inlineText('word', 'double')).toBe('"word"')
    expect(inlineText('line\n', 'single')).toBe('"line\\n"')
    expect(inlineText(['word'], 'double')).toBe('[ word ]')
  })

  test('a member, its name in quotes where it needs them', () =>
    expect(inlineMember('*b: c', [1])).toBe('"*b: c": [ 1 ]'))
})

describe('a value line by line', () => {
  test.each<[string, string[], string]>([
    ['a member', entryLines('a', { b: 1 }, { flow: false, indent: 4 }), 'a:\n    b: 1'],
    ['an element', entryLines(undefined, { a: 1, b: 2 }, { flow: false }), '- a: 1\n  b: 2'],
    ['a list of texts inside', entryLines('a', { b: ['x'] }, { flow: false }), 'a:\n  b: [ x ]'],
    ['a mapping alone', blockLines({ a: { b: 1 } }, 2), 'a:\n  b: 1'],
  ])('%s', (_, lines, text) => expect(lines.join('\n')).toBe(text))
})
