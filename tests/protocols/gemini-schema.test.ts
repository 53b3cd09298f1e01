import { describe, expect, test } from 'bun:test'
import { liftSchema, lowerSchema } from '../../src/protocols/gemini/schema.ts'

describe('a schema for Gemini', () => {
  test('names its types in capitals, also deep inside', () => {
    expect(
      lowerSchema({
        type: 'object',
        properties: {
          list: { type: 'array', items: { type: 'integer' } },
          flag: { type: 'boolean' },
        },
        required: ['list', 'gone'],
        additionalProperties: false,
        $schema: 'x',
        title: 't',
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
    expect(
      lowerSchema({
        type: 'object',
        properties: {
          properties: { type: 'string' },
          title: { type: 'string' },
          format: { type: 'string' },
          default: { type: 'string' },
          $ref: { type: 'string' },
        },
      }).properties,
    ).toEqual({
      properties: { type: 'STRING' },
      title: { type: 'STRING' },
      format: { type: 'STRING' },
      default: { type: 'STRING' },
      $ref: { type: 'STRING' },
    })
  })

  test('says in words what it cannot check', () => {
    const { description } = lowerSchema({
      type: 'string',
      description: 'A name.',
      minLength: 2,
      pattern: '^a',
      default: 'ab',
    })
    expect(description).toBe('A name.\nminLength: 2\npattern: "^a"\ndefault: "ab"')
  })

  test('has references in place, and loops cut', () => {
    const lowered = lowerSchema({
      type: 'object',
      properties: { node: { $ref: '#/$defs/Node' } },
      $defs: {
        Node: {
          type: 'object',
          properties: { name: { type: 'string' }, next: { $ref: '#/$defs/Node' } },
        },
      },
    })
    expect(lowered).toEqual({
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
    })
    expect(lowerSchema({ $ref: 'http://elsewhere/schema' })).toEqual({
      type: 'OBJECT',
      description: 'See: schema',
    })
  })

  test('constants and lists of values', () => {
    expect(lowerSchema({ const: 'a' })).toEqual({
      type: 'STRING',
      enum: ['a'],
      description: 'One of: "a"',
    })
    // The service takes lists of strings only.
    expect(lowerSchema({ type: 'integer', enum: [1, 2] })).toEqual({
      type: 'INTEGER',
      description: 'One of: 1, 2',
    })
    expect(lowerSchema({ anyOf: [{ const: 'a' }, { const: 'b' }] }).enum).toEqual(['a', 'b'])
  })

  test('the richest of several, the others named; null is optional', () => {
    const lowered = lowerSchema({
      type: 'object',
      properties: {
        a: {
          anyOf: [{ type: 'string' }, { type: 'object', properties: { x: { type: 'number' } } }],
        },
        b: { type: ['string', 'null'] },
        c: { oneOf: [{ type: 'null' }, { type: 'integer' }] },
      },
      required: ['a', 'b', 'c'],
    })
    expect(lowered).toEqual({
      type: 'OBJECT',
      properties: {
        a: { type: 'OBJECT', properties: { x: { type: 'NUMBER' } }, description: 'Or: string' },
        b: { type: 'STRING' },
        c: { type: 'INTEGER' },
      },
      required: ['a'],
    })
  })

  test('parts merged into their parent', () => {
    expect(
      lowerSchema({
        allOf: [
          { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] },
          { properties: { b: { type: 'string' } } },
        ],
        properties: { a: { type: 'integer' } },
        description: 'mine',
      }),
    ).toEqual({
      type: 'OBJECT',
      properties: { a: { type: 'INTEGER' }, b: { type: 'STRING' } },
      required: ['a'],
      description: 'mine',
    })
  })

  test('survives nonsense', () => {
    for (const nonsense of [
      {},
      { type: 3 },
      { properties: [] },
      { anyOf: [] },
      { items: 'x' },
      { enum: 'x' },
    ])
      expect(lowerSchema(nonsense as never).type).toBeString()
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
