import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { JsonBytesError, parseJson, scanObject, splice } from '../../../src/lib/json/json-bytes.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = (value: Uint8Array): string => new TextDecoder().decode(value)
const members = (json: string): [string, string][] =>
  scanObject(bytes(json)).map(({ key, value }) => [key, text(bytes(json).subarray(...value))])

describe('an object is read as its top-level members', () => {
  test.each([
    ['empty', '{}', []],
    [
      'spaces anywhere',
      ' { "a" : 1 ,\n"b":[ ] } ',
      [
        ['a', '1'],
        ['b', '[ ]'],
      ],
    ],
    [
      'numbers keep their spelling',
      '{"n":1.50,"m":12345678901234567890}',
      [
        ['n', '1.50'],
        ['m', '12345678901234567890'],
      ],
    ],
    [
      'nested members are not ours',
      '{"a":{"model":"x"},"model":"y"}',
      [
        ['a', '{"model":"x"}'],
        ['model', '"y"'],
      ],
    ],
    ['escaped keys are decoded', '{"mod\\u0065l":"x"}', [['model', '"x"']]],
    [
      'doubled members are both told',
      '{"a":1,"a":2}',
      [
        ['a', '1'],
        ['a', '2'],
      ],
    ],
    [
      'quotes and backslashes in strings',
      '{"a":"\\"}\\\\","b":true}',
      [
        ['a', '"\\"}\\\\"'],
        ['b', 'true'],
      ],
    ],
  ])('%s', (_, json, expected) => expect(members(json)).toEqual(expected as [string, string][]))

  test('a long string that is full of quotes and backslashes ends where it ends', () => {
    for (const tail of ['\\', '\\"', '"', '\\\\"', '\\\\', 'n']) {
      const value = `${'x'.repeat(60)}${tail}${'y'.repeat(60)}${tail}`
      const json = JSON.stringify({ a: value, b: 1 })
      expect(members(json)).toEqual([
        ['a', JSON.stringify(value)],
        ['b', '1'],
      ])
    }
  })

  test('whatever JSON.parse takes as an object is taken, with the same members', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 5 })),
        fc.integer({ min: 0, max: 2 }),
        (object, indent) => {
          const json = JSON.stringify(object, null, indent)
          const found = Object.fromEntries(
            members(json).map(([key, value]) => [key, JSON.parse(value)]),
          )
          expect(found).toEqual(JSON.parse(json))
        },
      ),
      { seed: 7, numRuns: 300 },
    )
  })
})

describe('what is not an object is refused', () => {
  test.each([
    '',
    ' ',
    '[]',
    '"x"',
    '1',
    '{',
    '{"a"',
    '{"a":',
    '{"a":1',
    '{"a":1,',
    '{"a":1,}',
    '{a:1}',
    '{"a" 1}',
    '{"a":1}x',
    '{"a":[1,]}',
    '{"a":[,1]}',
    '{"a":[1 2]}',
    '{"a":{"b":}}',
    '{"a":{"b":1,}}',
    '{"a":[}',
    '{"a":{]}',
    '{"a":tru}',
    '{"a":01}',
    '{"a":+1}',
    '{"a":1.}',
    '{"a":"x}',
    '{"a":"x\\"}',
    '{"a":"x\ny"}',
    "{'a':1}",
    '{"a":NaN}',
    '{"a":1}{}',
  ])('%p', json => {
    expect(() => JSON.parse(json || '!') as unknown).toThrowOrObjectless(json)
    expect(() => scanObject(bytes(json))).toThrow(JsonBytesError)
  })

  test('nesting deeper than any real request', () => {
    expect(() => scanObject(bytes(`{"a":${'['.repeat(5_000)}${']'.repeat(5_000)}}`))).toThrow(
      'nested deeper than 512',
    )
    expect(members(`{"a":${'['.repeat(500)}${']'.repeat(500)}}`)).toHaveLength(1)
  })

  test('every cut of a valid object', () => {
    const json =
      '{"model":"m","messages":[{"role":"user","content":"h\\u00e9 \\"q\\""}],"n":-1.5e3,"t":true}'
    for (let at = 0; at < json.length; at++)
      expect(() => scanObject(bytes(json.slice(0, at)))).toThrow(JsonBytesError)
  })
})

test('a splice changes the named ranges and copies the rest', () => {
  const json = bytes('{"model":"a","x":1.50,"model2":"a"}')
  const [model, x] = scanObject(json)
  expect(
    text(
      splice(json, [
        { at: model!.value, with: bytes('"longer"') },
        { at: x!.value, with: bytes('2') },
      ]),
    ),
  ).toBe('{"model":"longer","x":2,"model2":"a"}')
})

expect.extend({
  /** Guards the table itself: each entry is refused by JSON.parse too, or is not an object. */
  toThrowOrObjectless(run: unknown, json: string) {
    let value: unknown
    try {
      value = (run as () => unknown)()
    } catch {
      return { pass: true, message: () => '' }
    }
    const pass = typeof value !== 'object' || value === null || Array.isArray(value)
    return { pass, message: () => `${json} is a valid object` }
  },
})

declare module 'bun:test' {
  interface Matchers<T> {
    toThrowOrObjectless(json: string): T
  }
}

describe('parsing names the byte of what a scan lets through', () => {
  test.each([
    ['an escape that is none', '{"a":"\\x"}', 'a broken escape in a string at byte 6'],
    ['half an escape', '{"a":"\\u12"}', 'a broken escape in a string at byte 6'],
    ['a broken one behind good ones', '["\\\\\\"\\u00e4\\u00g4"]', 'string at byte 12'],
    ['behind letters of several bytes', '["ä\\x"]', 'string at byte 4'],
    ['in the name of a member', '{"\\x":1}', 'string at byte 2'],
    ['a line break', '["a\n"]', 'a control character in a string at byte 3'],
    ['no JSON at all', '[1,', 'expected JSON at byte 0'],
  ])('%s', (_, json, message) => expect(() => parseJson(bytes(json))).toThrow(message))

  test('of a range, counted from the beginning', () => {
    const json = bytes('{"a":"ok","b":"\\x"}')
    expect(parseJson(json, [5, 9])).toBe('ok')
    expect(() => parseJson(json, [14, 18])).toThrow('a broken escape in a string at byte 15')
    expect(() => scanObject(bytes('{"\\x":1}'))).toThrow('a broken escape in a string at byte 2')
  })

  test('whatever strings there are, it is JSON.parse or an offset inside', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'"\\ux0fG\n/ä') }), inside => {
        const json = bytes(`["${inside}"]`)
        let expected: unknown
        try {
          expected = JSON.parse(text(json))
        } catch {
          expect(() => parseJson(json)).toThrow(JsonBytesError)
          return
        }
        expect(parseJson(json)).toEqual(expected as never)
      }),
      { seed: 7 },
    )
  })
})
