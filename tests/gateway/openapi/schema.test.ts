import { describe, expect, test } from 'bun:test'
import { type TSchema, Type } from '@sinclair/typebox'
import { openApiSchema, schemaLike } from '../../../src/gateway/openapi/schema.ts'
import { maybe, shared, Text, textOr } from '../../../src/protocols/shared/schema/request-schema.ts'

const Part = shared('Part', Type.Object({ type: Type.Literal('text'), text: Text }))
const REF = { $ref: '#/components/schemas/p.Part' }

describe('TypeBox as OpenAPI 3.0', () => {
  test.each<[string, TSchema, object]>([
    ['a literal', Type.Literal('a'), { type: 'string', enum: ['a'] }],
    ['null besides', maybe(Text), { type: 'string', nullable: true }],
    ['a named schema', Part, REF],
    ['a named one or null', maybe(Part), { allOf: [REF], nullable: true }],
    ['a choice', textOr(Part), { anyOf: [{ type: 'string' }, { type: 'array', items: REF }] }],
    [
      'an object',
      Type.Object({ a: Type.Integer({ minimum: 1 }) }),
      { type: 'object', properties: { a: { type: 'integer', minimum: 1 } }, required: ['a'] },
    ],
  ])('%s', (_, schema, expected) => {
    expect(openApiSchema(schema, 'p', {})).toEqual(expected)
  })

  test('a named schema is written once', () => {
    const components = {}
    openApiSchema(Type.Object({ a: Part, b: Type.Array(Part) }), 'p', components)
    expect(components).toEqual({
      'p.Part': {
        type: 'object',
        properties: { type: { type: 'string', enum: ['text'] }, text: { type: 'string' } },
        required: ['type', 'text'],
      },
    })
  })
})

test('the shape of a value', () => {
  expect(schemaLike({ a: [1, 2], b: null, c: { d: true }, e: 0.5 })).toEqual({
    type: 'object',
    properties: {
      a: { type: 'array', items: { type: 'integer' } },
      b: { nullable: true },
      c: { type: 'object', properties: { d: { type: 'boolean' } } },
      e: { type: 'number' },
    },
  })
})
