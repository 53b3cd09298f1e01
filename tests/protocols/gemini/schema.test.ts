import { describe, expect, test } from 'bun:test'
import { isObject, type JsonObject, type JsonValue } from '../../../src/lib/json/json.ts'
import { liftSchema } from '../../../src/protocols/gemini/schema/lift.ts'
import {
  lowerParameters,
  lowerSchema,
  sharedBudget,
} from '../../../src/protocols/gemini/schema/lower.ts'

const lower = (schema: JsonObject): JsonObject => lowerSchema(schema).schema

describe('a schema in the older form', () => {
  test('names its types in capitals, also deep inside', () => {
    expect(
      lower({
        type: 'object',
        properties: {
          list: { type: 'array', items: { type: 'integer' } },
          flag: { type: 'boolean' },
        },
        required: ['list', 'gone'],
        additionalProperties: false,
        $schema: 'x',
        'x-own': 1,
      }),
    ).toEqual({
      type: 'OBJECT',
      properties: {
        list: { type: 'ARRAY', items: { type: 'INTEGER' } },
        flag: { type: 'BOOLEAN' },
      },
      required: ['list'],
    })
  })

  test('keeps properties that are called like keywords', () => {
    const names = ['properties', 'title', 'format', 'default', '$ref', 'anyOf', '__proto__']
    const properties = Object.fromEntries(names.map(name => [name, { type: 'string' }]))
    const lowered = lower({ type: 'object', properties }).properties
    expect(Object.keys(isObject(lowered) ? lowered : {})).toEqual(names)
  })

  test.each<[string, JsonObject, JsonObject]>([
    [
      'limits stay limits',
      { type: 'string', minLength: 3, maxLength: 4, pattern: '^a' },
      { type: 'STRING', minLength: '3', maxLength: '4', pattern: '^a' },
    ],
    [
      'of lists too',
      { type: 'array', items: { type: 'integer', minimum: 1 }, minItems: 1, maxItems: 3 },
      { type: 'ARRAY', items: { type: 'INTEGER', minimum: 1 }, minItems: '1', maxItems: '3' },
    ],
    [
      'a known format',
      { type: 'string', format: 'date-time' },
      { type: 'STRING', format: 'date-time' },
    ],
    [
      'what has no word here is said',
      { type: 'string', description: 'A name.', format: 'email', default: 'ab' },
      { type: 'STRING', description: 'A name.\ndefault: "ab"\nformat: "email"' },
    ],
    ['null beside a type', { type: ['string', 'null'] }, { type: 'STRING', nullable: true }],
    [
      'null as an alternative',
      { oneOf: [{ type: 'null' }, { type: 'integer' }] },
      { type: 'INTEGER', nullable: true },
    ],
    ['null alone', { type: 'null' }, { type: 'NULL' }],
    [
      'several types',
      { type: ['string', 'integer'] },
      { anyOf: [{ type: 'STRING' }, { type: 'INTEGER' }] },
    ],
    [
      'alternatives, and words about all of them',
      {
        description: 'A shape.',
        anyOf: [
          { type: 'object', properties: { r: { type: 'number' } }, description: 'A circle.' },
          { type: 'string' },
          { type: 'null' },
        ],
      },
      {
        anyOf: [
          {
            type: 'OBJECT',
            properties: { r: { type: 'NUMBER' } },
            nullable: true,
            description: 'A shape.\nA circle.',
          },
          { type: 'STRING', nullable: true },
        ],
      },
    ],
    [
      'what stands beside alternatives holds in each',
      {
        type: 'object',
        properties: { id: { type: 'string' } },
        required: ['id'],
        anyOf: [
          { properties: { a: { type: 'string' } } },
          { properties: { id: { const: 'x' } }, required: ['b'] },
        ],
      },
      {
        anyOf: [
          {
            type: 'OBJECT',
            properties: { id: { type: 'STRING' }, a: { type: 'STRING' } },
            required: ['id'],
          },
          { type: 'OBJECT', properties: { id: { type: 'STRING', enum: ['x'] } }, required: ['id'] },
        ],
      },
    ],
    [
      'alternatives that only add a condition',
      {
        type: 'object',
        properties: { a: { type: 'string' }, b: { type: 'string' } },
        anyOf: [{ required: ['a'] }, { required: ['b'] }],
      },
      {
        type: 'OBJECT',
        properties: { a: { type: 'STRING' }, b: { type: 'STRING' } },
        description: 'anyOf: [{"required":["a"]},{"required":["b"]}]',
      },
    ],
    ['a constant', { const: 'a' }, { type: 'STRING', enum: ['a'] }],
    [
      'constants as alternatives',
      { anyOf: [{ const: 'a' }, { const: 'b' }] },
      { type: 'STRING', enum: ['a', 'b'] },
    ],
    // The service takes lists of strings only.
    [
      'numbers',
      { enum: [1, 2, null] },
      { type: 'INTEGER', nullable: true, description: 'One of: 1, 2' },
    ],
    [
      'values of two types',
      { enum: ['a', 1] },
      { anyOf: [{ type: 'STRING', enum: ['a'], description: 'One of: 1' }, { type: 'INTEGER' }] },
    ],
    [
      'a tuple',
      { prefixItems: [{ type: 'string' }, { type: 'number' }] },
      {
        type: 'ARRAY',
        items: { anyOf: [{ type: 'STRING' }, { type: 'NUMBER' }] },
        description: 'prefixItems: [{"type":"string"},{"type":"number"}]',
      },
    ],
    [
      'a map',
      { type: 'object', additionalProperties: { type: 'number' } },
      { type: 'OBJECT', description: 'additionalProperties: {"type":"number"}' },
    ],
    [
      'parts of a whole; the whole wins',
      {
        allOf: [
          { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] },
          { properties: { b: { type: 'string' } } },
        ],
        properties: { a: { type: 'integer' } },
        description: 'mine',
      },
      {
        type: 'OBJECT',
        properties: { a: { type: 'INTEGER' }, b: { type: 'STRING' } },
        required: ['a'],
        description: 'mine',
      },
    ],
    [
      'a reference elsewhere',
      { $ref: 'http://elsewhere/schema' },
      { type: 'OBJECT', description: 'See: schema' },
    ],
    ['a broken reference', { $ref: '#/%' }, { type: 'OBJECT', description: 'See: %' }],
    [
      'a reference into a list',
      { anyOf: [{ $ref: '#/$defs/all/1' }], $defs: { all: [{}, { type: 'boolean' }] } },
      { type: 'BOOLEAN' },
    ],
  ])('%s', (_, schema, expected) => {
    expect(lower(schema)).toEqual(expected)
  })

  test('without a type may hold anything', () => {
    const { anyOf } = lower({ description: 'what you like' })
    expect(anyOf).toBeArrayOfSize(5)
    expect(JSON.stringify(anyOf)).toStartWith('[{"type":"STRING","description":"what you like"}')
  })

  test('has references in place, and loops cut', () => {
    const Node = {
      type: 'object',
      properties: { name: { type: 'string' }, next: { $ref: '#/$defs/Node' } },
    }
    const schema = {
      type: 'object',
      properties: { node: { $ref: '#/$defs/Node' } },
      $defs: { Node },
    }
    expect(lowerSchema(schema)).toEqual({
      cut: false,
      schema: {
        type: 'OBJECT',
        properties: {
          node: {
            type: 'OBJECT',
            properties: {
              name: { type: 'STRING' },
              next: { type: 'OBJECT', description: 'See: Node' },
            },
          },
        },
      },
    })
  })

  test('survives nonsense', () => {
    for (const nonsense of [
      '{}',
      '{"type":3}',
      '{"properties":[]}',
      '{"anyOf":[]}',
      '{"anyOf":[1]}',
      '{"items":"x"}',
      '{"enum":"x"}',
      '{"allOf":{"type":"string"}}',
      '{"required":"a"}',
      '{"type":"object","properties":{"a":1,"b":true,"c":null}}',
    ]) {
      const { type, anyOf } = lower(JSON.parse(nonsense))
      expect(type ?? anyOf).toBeDefined()
    }
  })

  test('of parameters is one object with the members of all alternatives', () => {
    const { schema } = lowerParameters({
      anyOf: [
        { type: 'object', properties: { a: { type: 'string' }, c: {} }, required: ['a', 'c'] },
        { type: 'object', properties: { b: { type: 'string' }, c: {} }, required: ['c'] },
      ],
    })
    expect(schema.type).toBe('OBJECT')
    expect(Object.keys(isObject(schema.properties) ? schema.properties : {})).toEqual([
      'a',
      'c',
      'b',
    ])
    expect(schema.required).toEqual(['c'])
    expect(lowerParameters({ type: 'string' }).schema).toEqual({ type: 'OBJECT' })
  })

  test('read from its clients, is JSON Schema again', () => {
    expect(
      liftSchema({
        type: 'OBJECT',
        properties: {
          type: { type: 'STRING', nullable: true },
          list: { type: 'ARRAY', items: { type: 'NUMBER' } },
        },
      }),
    ).toEqual({
      type: 'object',
      properties: {
        type: { type: ['string', 'null'] },
        list: { type: 'array', items: { type: 'number' } },
      },
    })
  })
})

/** Definitions by name, and a root that uses the first. */
function documentOf(count: number, definition: (index: number) => JsonObject): JsonObject {
  const definitions = Array.from({ length: count }, (_, index) => [`D${index}`, definition(index)])
  return { $ref: '#/$defs/D0', $defs: Object.fromEntries(definitions) }
}

const ref = (index: number): JsonObject => ({ $ref: `#/$defs/D${index}` })
const leaf: JsonObject = { type: 'string' }
const text = 'words '.repeat(20_000)

describe('a schema that multiplies is cut, not written out', () => {
  test.each<[string, JsonObject]>([
    [
      'each definition uses the next one twice',
      documentOf(30, index =>
        index === 29
          ? leaf
          : { type: 'object', properties: { a: ref(index + 1), b: ref(index + 1) } },
      ),
    ],
    [
      'ten types that each use all ten',
      documentOf(10, () => ({
        type: 'object',
        properties: Object.fromEntries(Array.from({ length: 10 }, (_, at) => [`m${at}`, ref(at)])),
      })),
    ],
    [
      'anyOf of the next one twice',
      documentOf(24, index => (index === 23 ? leaf : { anyOf: [ref(index + 1), ref(index + 1)] })),
    ],
    [
      'allOf of the next one twice',
      documentOf(24, index => (index === 23 ? leaf : { allOf: [ref(index + 1), ref(index + 1)] })),
    ],
    [
      'members beside nested alternatives',
      documentOf(24, index =>
        index === 23
          ? leaf
          : {
              type: 'object',
              properties: { [`p${index}`]: leaf },
              anyOf: [
                { allOf: [ref(index + 1)] },
                { properties: { q: leaf }, allOf: [ref(index + 1)] },
              ],
            },
      ),
    ],
    [
      'a chain of references',
      documentOf(3_000, index => (index === 2_999 ? leaf : ref(index + 1))),
    ],
    [
      'a long description that is used often',
      {
        type: 'object',
        properties: Object.fromEntries(
          Array.from({ length: 1_000 }, (_, at) => [`m${at}`, ref(0)]),
        ),
        $defs: { D0: { type: 'string', description: text, default: text, examples: [text] } },
      },
    ],
    [
      'a long list of values that is used often',
      {
        type: 'object',
        properties: Object.fromEntries(
          Array.from({ length: 1_000 }, (_, at) => [`m${at}`, ref(0)]),
        ),
        $defs: { D0: { enum: Array.from({ length: 5_000 }, (_, at) => `value ${at}`) } },
      },
    ],
  ])('%s', (_, schema) => {
    const lowered = lowerParameters(schema)
    expect(JSON.stringify(lowered.schema).length).toBeLessThan(JSON.stringify(schema).length * 3)
  })

  test('and what is left out is named', () => {
    const schema = documentOf(30, index =>
      index === 29
        ? leaf
        : { type: 'object', properties: { a: ref(index + 1), b: ref(index + 1) } },
    )
    const lowered = lowerSchema(schema)
    expect(lowered.cut).toBe(true)
    const json = JSON.stringify(lowered.schema)
    // Every definition is written out once.
    for (let index = 1; index < 29; index++) expect(json).toContain(`"See: D${index}"`)
    expect(json.length).toBeLessThan(5_000)
  })

  test('all schemas of a request share what they may take', () => {
    const schema = documentOf(11, index =>
      index === 10
        ? leaf
        : { type: 'object', properties: { a: ref(index + 1), b: ref(index + 1) } },
    )
    expect(lowerSchema(schema).cut).toBe(false)
    const shared = sharedBudget()
    const cut = Array.from({ length: 1_000 }, () => lowerSchema(schema, shared).cut)
    expect(cut.filter(one => !one).length).toBeWithin(5, 50)
    expect(cut.at(-1)).toBe(true)
  })
})

describe('random recursive schemas', () => {
  for (let seed = 1; seed <= 300; seed++) {
    test(`seed ${seed}`, () => {
      const schema = randomDocument(seed)
      const { schema: lowered } = lowerParameters(structuredClone(schema))
      expect(nodesIn(lowered)).toBeLessThan(20_000)
      expect(faultsOf(lowered)).toEqual([])
      // The same schema always becomes the same one, so prompt caches stay warm.
      expect(lowerParameters(schema).schema).toEqual(lowered)
    })
  }
})

function randomDocument(seed: number): JsonObject {
  let state = seed
  const below = (limit: number): number => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return Math.floor((state / 2_147_483_648) * limit)
  }
  const count = 2 + below(12)
  const some = (make: () => JsonObject): JsonObject[] => Array.from({ length: 1 + below(4) }, make)
  function schema(depth: number): JsonObject {
    switch (depth <= 0 ? below(3) : below(9)) {
      case 0:
      case 1:
        return ref(below(count + 1))
      case 2:
        return { type: ['string', 'null', 'integer'][below(3)] ?? 'string', description: 'd' }
      case 3:
        return { type: ['array', 'null'], items: schema(depth - 1) }
      case 4:
        return { anyOf: some(() => schema(depth - 1)), description: 'either' }
      case 5:
        return { allOf: some(() => schema(depth - 1)) }
      case 6:
        return { oneOf: some(() => schema(depth - 1)), properties: { beside: schema(depth - 1) } }
      default:
        return {
          type: 'object',
          properties: Object.fromEntries(
            some(() => schema(depth - 1)).map((one, at) => [`p${at}`, one]),
          ),
          required: ['p0'],
          additionalProperties: below(2) === 0 ? false : schema(depth - 1),
        }
    }
  }
  return documentOf(count, () => schema(3))
}

function nodesIn(value: JsonValue): number {
  if (typeof value !== 'object' || value === null) return 0
  const inside = Object.values(value) as JsonValue[]
  return inside.reduce<number>((sum, one) => sum + nodesIn(one), 1)
}

/** What the service refuses in this form. */
function faultsOf(schema: JsonValue | undefined, at = ''): string[] {
  if (!isObject(schema)) return [`${at}: no schema`]
  const { type, anyOf, items, properties, required } = schema
  if (Array.isArray(anyOf)) {
    const alone = Object.keys(schema).length === 1 ? [] : [`${at}: anyOf is not alone`]
    return [...alone, ...anyOf.flatMap((one, index) => faultsOf(one, `${at}/${index}`))]
  }
  const faults = typeof type === 'string' ? [] : [`${at}: no type`]
  if (type === 'ARRAY') faults.push(...faultsOf(items, `${at}/items`))
  const members = isObject(properties) ? properties : {}
  for (const [name, one] of Object.entries(members)) faults.push(...faultsOf(one, `${at}/${name}`))
  for (const name of Array.isArray(required) ? required : [])
    if (!(String(name) in members)) faults.push(`${at}: requires ${name}, which it has not`)
  return faults
}
