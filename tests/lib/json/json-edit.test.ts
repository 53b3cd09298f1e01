import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { editJson, type JsonEdit } from '../../../src/lib/json/json-edit.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const edit = (text: string, ...edits: JsonEdit[]): string =>
  new TextDecoder().decode(editJson(bytes(text), edits))
const at = (path: string): string[] => path.split('.')

describe('edits of JSON as bytes', () => {
  test('what no edit names stays as it was written', () => {
    const text = '{ "n" : 1.0e2,\t"deep": {"z": 0.10 , "s":"\\u00e9"} , "list":[1, 2]}'
    expect(edit(text, { kind: 'set', path: at('deep.z'), value: 3 })).toBe(
      '{ "n" : 1.0e2,\t"deep": {"z": 3 , "s":"\\u00e9"} , "list":[1, 2]}',
    )
    const same = bytes(text)
    expect(editJson(same, [{ kind: 'default', path: at('deep.s'), value: 'x' }])).toBe(same)
    expect(editJson(same, [{ kind: 'remove', path: at('deep.none.at.all') }])).toBe(same)
  })

  test('a default is written only where nothing stands', () => {
    expect(edit('{"a":null}', { kind: 'default', path: ['a'], value: 1 })).toBe('{"a":null}')
    expect(edit('{"a":1}', { kind: 'default', path: at('b.c'), value: true })).toBe(
      '{"a":1,"b":{"c":true}}',
    )
    expect(edit('{ }', { kind: 'default', path: ['b'], value: 'x' })).toBe('{"b":"x" }')
    expect(edit('{"a":"text"}', { kind: 'default', path: at('a.b'), value: 1 })).toBe(
      '{"a":"text"}',
    )
  })

  test('a setting is written in any case', () => {
    expect(edit('{"a":"text"}', { kind: 'set', path: at('a.b'), value: 1 })).toBe('{"a":{"b":1}}')
    expect(edit('{"m":[{"r":1},{"r":2}]}', { kind: 'set', path: at('m.1.r'), value: 3 })).toBe(
      '{"m":[{"r":1},{"r":3}]}',
    )
    expect(edit('{"m":[1]}', { kind: 'set', path: at('m.7'), value: 3 })).toBe('{"m":[1]}')
  })

  test('a removal takes its comma along', () => {
    const remove = (path: string): JsonEdit => ({ kind: 'remove', path: at(path) })
    expect(edit('{"a":1, "b":2, "c":3}', remove('a'))).toBe('{"b":2, "c":3}')
    expect(edit('{"a":1, "b":2, "c":3}', remove('b'))).toBe('{"a":1, "c":3}')
    expect(edit('{"a":1, "b":2, "c":3}', remove('c'))).toBe('{"a":1, "b":2}')
    expect(edit('{ "a" : 1 }', remove('a'))).toBe('{  }')
    expect(edit('{"l":[1,2,3]}', remove('l.1'))).toBe('{"l":[1,3]}')
    expect(edit('{"o":{"x":[{"y":1,"z":2}]}}', remove('o.x.0.y'))).toBe('{"o":{"x":[{"z":2}]}}')
  })

  test('any edits of any object give the object one would expect', () => {
    const key = fc.constantFrom('a', 'b', 'c')
    const { tree } = fc.letrec(tie => ({
      tree: fc.dictionary(
        key,
        fc.oneof(fc.integer(), fc.string(), fc.boolean(), fc.constant(null), tie('tree')),
        { maxKeys: 3, noNullPrototype: true },
      ),
    }))
    const one: fc.Arbitrary<JsonEdit> = fc.oneof(
      fc.record({
        kind: fc.constantFrom('default' as const, 'set' as const),
        path: fc.array(key, { minLength: 1, maxLength: 3 }),
        value: fc.oneof(fc.integer(), fc.constant({ d: 1 })),
      }),
      fc.record({
        kind: fc.constant('remove' as const),
        path: fc.array(key, { minLength: 1, maxLength: 3 }),
      }),
    )
    fc.assert(
      fc.property(tree, fc.array(one, { maxLength: 4 }), fc.boolean(), (value, edits, wide) => {
        const text = JSON.stringify(value, null, wide ? 2 : 0)
        expect(JSON.parse(edit(text, ...edits))).toEqual(edits.reduce(plainly, value))
      }),
      { seed: 5, numRuns: 400 },
    )
  })
})

type Plain = { [member: string]: unknown }

/** The same on an object, written so that there is nothing to get wrong. */
function plainly(value: unknown, { kind, path, ...rest }: JsonEdit): unknown {
  const root = structuredClone(value) as Plain
  let node = root
  for (const [depth, key] of path.entries()) {
    const last = depth === path.length - 1
    const inner = node[key]
    if (last) {
      if (kind === 'remove') delete node[key]
      else if (kind === 'set' || !(key in node))
        node[key] = 'value' in rest ? rest.value : undefined
      return root
    }
    if (typeof inner === 'object' && inner !== null) {
      node = inner as Plain
      continue
    }
    if (kind === 'remove' || (kind === 'default' && key in node)) return root
    node[key] = {}
    node = node[key] as Plain
  }
  return root
}
