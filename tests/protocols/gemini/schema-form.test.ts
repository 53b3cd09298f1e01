import { describe, expect, test } from 'bun:test'
import { isObject, type JsonObject } from '../../../src/lib/json/json.ts'
import type { Quirks } from '../../../src/protocols/codec.ts'
import { list, object } from '../../support/readers/seen.ts'
import { requestsOf } from '../../support/requests.ts'
import { translated } from '../../support/translated.ts'

const SCHEMA: JsonObject = {
  type: 'object',
  properties: {
    ids: { type: 'array', items: { type: 'integer' }, minItems: 1, uniqueItems: true },
    code: { type: 'string', pattern: '^[A-Z]{3}$', minLength: 3 },
    mode: { enum: [1, 2, 3] },
    mixed: { type: ['string', 'integer'] },
    note: { type: ['string', 'null'] },
    map: { type: 'object', additionalProperties: { type: 'number' } },
    shape: {
      anyOf: [
        { type: 'object', properties: { kind: { const: 'circle' } }, required: ['kind'] },
        { $ref: '#/$defs/Box' },
      ],
    },
    any: {},
    pair: { type: 'array', prefixItems: [{ type: 'string' }, { type: 'number' }] },
  },
  required: ['ids', 'note', 'shape'],
  additionalProperties: false,
  $defs: { Box: { type: 'object', properties: { inner: { $ref: '#/$defs/Box' } } } },
}

function sent(model: string, quirks: Quirks = {}, parameters: JsonObject = SCHEMA) {
  const { body, losses } = translated(
    'openai-chat',
    'gemini',
    {
      model,
      messages: [{ role: 'user', content: 'hi' }],
      tools: [{ type: 'function', function: { name: 'f', description: 'd', parameters } }],
      response_format: { type: 'json_schema', json_schema: { name: 'r', schema: SCHEMA } },
    },
    { model, quirks },
  )
  const [tool = {}] = list(list(body.tools)[0]?.functionDeclarations)
  return { tool, config: object(body.generationConfig), losses }
}

describe('a schema for Gemini goes as it is', () => {
  for (const model of [
    'gemini-2.5-flash',
    'gemini-3-pro',
    'publishers/google/models/gemini-flash-latest',
  ])
    test(model, () => {
      const { tool, config, losses } = sent(model)
      expect(tool).toEqual({ name: 'f', description: 'd', parametersJsonSchema: SCHEMA })
      expect(config.responseJsonSchema).toEqual(SCHEMA)
      expect(config.responseMimeType).toBe('application/json')
      expect(config.responseSchema).toBeUndefined()
      expect(losses).toEqual([])
    })

  test.each<[JsonObject, JsonObject]>([
    [{}, { type: 'object' }],
    [{ properties: {} }, { type: 'object', properties: {} }],
    [
      { $ref: '#/$defs/A', $defs: { A: { type: 'object' } } },
      { $ref: '#/$defs/A', $defs: { A: { type: 'object' } } },
    ],
  ])('and says that it is an object: %j', (parameters, expected) => {
    expect(sent('gemini-2.5-pro', {}, parameters).tool.parametersJsonSchema).toEqual(expected)
  })
})

describe('models and kinds from before JSON Schema get the older form', () => {
  test.each<[string, Quirks]>([
    ['gemini-2.0-flash', {}],
    ['models/gemini-1.5-pro', {}],
    ['gemini-2.5-flash', { noJsonSchema: true }],
  ])('%s %j', (model, quirks) => {
    const { tool, config, losses } = sent(model, quirks)
    expect(tool.parametersJsonSchema).toBeUndefined()
    expect(config.responseJsonSchema).toBeUndefined()
    expect(object(tool.parameters)).toMatchObject({
      type: 'OBJECT',
      required: ['ids', 'note', 'shape'],
      properties: {
        ids: { type: 'ARRAY', items: { type: 'INTEGER' }, minItems: '1' },
        code: { type: 'STRING', pattern: '^[A-Z]{3}$', minLength: '3' },
        mode: { type: 'INTEGER' },
        mixed: { anyOf: [{ type: 'STRING' }, { type: 'INTEGER' }] },
        note: { type: 'STRING', nullable: true },
        shape: {
          anyOf: [
            { type: 'OBJECT', properties: { kind: { enum: ['circle'] } } },
            { type: 'OBJECT', properties: { inner: { type: 'OBJECT', description: 'See: Box' } } },
          ],
        },
      },
    })
    expect(config.responseSchema).toEqual(tool.parameters)
    expect(losses).toEqual([])
  })

  test('a function that takes nothing says nothing', () => {
    const nothing = { type: 'object', properties: {} }
    expect(sent('gemini-2.0-flash', {}, nothing).tool).toEqual({ name: 'f', description: 'd' })
  })

  test('what is cut is a loss', () => {
    const next = { type: 'object', properties: { a: { $ref: '#' }, b: { $ref: '#/properties/a' } } }
    expect(sent('gemini-2.0-flash', {}, next).losses).toEqual([])
    const wide = Object.fromEntries(Array.from({ length: 20_000 }, (_, at) => [`m${at}`, {}]))
    const { losses } = sent('gemini-2.0-flash', {}, { type: 'object', properties: wide })
    expect(losses.map(({ path }) => path)).toEqual(['tools[0].parameters'])
  })
})

describe('a schema in the older form, for another protocol', () => {
  test('is JSON Schema', () => {
    const parameters = {
      type: 'OBJECT',
      properties: {
        id: { type: 'INTEGER', format: 'enum', enum: ['101', '201'] },
        tags: {
          type: 'ARRAY',
          items: { type: 'STRING', nullable: true },
          min_items: '1',
          maxItems: '3',
        },
        either: { any_of: [{ type: 'STRING', maxLength: '9' }, { type: 'NULL' }] },
        pet: { ref: '#/defs/Pet' },
        maybe: { type: 'STRING', enum: ['a'], nullable: true },
        min_items: { type: 'STRING' },
      },
      defs: { Pet: { type: 'OBJECT' } },
      propertyOrdering: ['id'],
    }
    const { body } = translated('gemini', 'openai-chat', {
      contents: [{ role: 'user', parts: [{ text: 'hi' }] }],
      tools: [{ function_declarations: [{ name: 'f', parameters }] }],
    })
    expect(object(list(body.tools)[0]?.function).parameters).toEqual({
      type: 'object',
      properties: {
        id: { type: 'integer', format: 'enum', enum: [101, 201] },
        tags: { type: 'array', items: { type: ['string', 'null'] }, minItems: 1, maxItems: 3 },
        either: { anyOf: [{ type: 'string', maxLength: 9 }, { type: 'null' }] },
        pet: { $ref: '#/$defs/Pet' },
        maybe: { type: ['string', 'null'], enum: ['a', null] },
        min_items: { type: 'string' },
      },
      $defs: { Pet: { type: 'object' } },
      propertyOrdering: ['id'],
    })
  })
})

/** The schemas of a request's tools by name, however its protocol holds them. */
function schemasIn(tools: JsonObject[]): Map<string, JsonObject> {
  const found = new Map<string, JsonObject>()
  for (const tool of tools.flatMap(one => [one, object(one.function)])) {
    const schema = tool.input_schema ?? tool.parameters
    if (isObject(schema) && typeof tool.name === 'string') found.set(tool.name, schema)
  }
  return found
}

describe('the tools of every request keep their schemas', () => {
  for (const from of ['anthropic', 'openai-chat', 'openai-responses'] as const)
    for (const { id, body } of requestsOf(from)) {
      const schemas = schemasIn(list(body.tools))
      if (schemas.size === 0) continue
      test(`${from} ${id}`, () => {
        const sent = translated(from, 'gemini', body, { model: 'gemini-2.5-flash' }).body
        const declared = list(sent.tools).flatMap(tool => list(tool.functionDeclarations))
        for (const { name, parametersJsonSchema } of declared) {
          const schema = schemas.get(String(name))
          if (schema) expect(parametersJsonSchema).toEqual(schema)
        }
        expect(declared.some(({ name }) => schemas.has(String(name)))).toBe(true)
      })
    }
})
