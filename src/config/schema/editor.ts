import {
  KindGuard,
  type TArray,
  type TObject,
  type TRecord,
  type TSchema,
  type TUnion,
} from '@sinclair/typebox'
import { isObject } from '../../lib/json/json.ts'
import { kinds } from '../../providers/index.ts'
import { Routes } from './routes.ts'
import { harmlessValues } from './values.ts'

type JsonSchema = Readonly<Record<string, unknown>>
/** Shapes that stand in several places, by name. */
type Definitions = Record<string, JsonSchema>

/** The JSON Schema of routes.yaml, for editors: it offers what `check` takes, and nothing else. */
export function jsonSchema(): Record<string, unknown> {
  const definitions: Definitions = {}
  const { patternProperties, ...schema } = objectSchema(Routes, definitions)
  const own = { '^x-': { description: 'Yours: anchors can live there' } }
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $id: 'https://jackfield.dev/routes.schema.json',
    title: 'jackfield routes.yaml',
    ...schema,
    patternProperties: isObject(patternProperties) ? { ...patternProperties, ...own } : own,
    definitions,
  }
}

/** A reference becomes a number, or true or false, when it is filled in. */
const REFERENCE = { type: 'string', pattern: '\\$\\{' }

/** Texts that stand for a number with a unit. */
const MEASURES: Record<string, JsonSchema> = {
  duration: {
    anyOf: [{ type: 'string', pattern: '^\\s*\\d+(\\.\\d+)?(ms|s|m|h|d)\\s*$' }, { const: 0 }],
  },
  'duration-or-off': {
    anyOf: [
      { type: 'string', pattern: '^\\s*\\d+(\\.\\d+)?(ms|s|m|h|d)\\s*$' },
      { enum: [false, 'off', 0] },
    ],
  },
  size: {
    anyOf: [
      { type: 'string', pattern: '^\\s*\\d+(\\.\\d+)?(B|kB|KB|MB|GB|KiB|MiB)\\s*$' },
      { type: 'integer', minimum: 0 },
    ],
  },
  count: {
    anyOf: [
      { type: 'string', pattern: '^\\s*\\d+(\\.\\d+)?[kKM]?\\s*$' },
      { type: 'integer', minimum: 0 },
    ],
  },
  money: {
    anyOf: [
      { type: 'string', pattern: '^\\s*(\\$\\s*\\d+(\\.\\d+)?|\\d+(\\.\\d+)?\\s*USD)\\s*$' },
      { type: 'number', minimum: 0 },
    ],
  },
  proxy: {
    anyOf: [
      { type: 'string', pattern: '^(https?|socks5h?)://[^\\s/]+/?$' },
      { enum: ['direct', ''] },
    ],
  },
}

function schemaOf(schema: TSchema, definitions: Definitions): JsonSchema {
  const name: unknown = schema['x-name']
  if (typeof name !== 'string') return { ...aboutOf(schema), ...shapeOf(schema, definitions) }
  definitions[name] ??= { ...aboutOf(schema), ...shapeOf(schema, definitions) }
  return { $ref: `#/definitions/${name}` }
}

function aboutOf({ description, default: unsaid }: TSchema): JsonSchema {
  return {
    description,
    default: unsaid,
  }
}

function shapeOf(schema: TSchema, definitions: Definitions): JsonSchema {
  const measure = MEASURES[String(schema['x-value'])]
  if (measure) return orReference(measure)
  if (schema['x-kind']) return orReference(kindSchema())
  const known = wordsOf(schema)
  if (known && KindGuard.IsString(schema)) return orReference({ enum: known })
  if (known) return wordsOrList(known)
  if (KindGuard.IsUnion(schema)) return unionSchema(schema, definitions)
  if (KindGuard.IsObject(schema)) return objectSchema(schema, definitions)
  if (KindGuard.IsRecord(schema)) return recordSchema(schema, definitions)
  if (KindGuard.IsArray(schema)) return arraySchema(schema, definitions)
  if (KindGuard.IsLiteral(schema)) return { const: schema.const }
  return scalarSchema(schema)
}

function wordsOf(schema: TSchema): readonly unknown[] | undefined {
  const words: unknown = schema['x-words']
  return Array.isArray(words) ? words : undefined
}

function orReference(schema: JsonSchema): JsonSchema {
  const branches = Array.isArray(schema.anyOf) ? schema.anyOf : [schema]
  return { anyOf: [...branches, REFERENCE] }
}

function kindSchema(): JsonSchema {
  return { enum: kinds.map(({ id }) => id), enumDescriptions: kinds.map(({ title }) => title) }
}

function wordsOrList(words: readonly unknown[]): JsonSchema {
  const word = orReference({ enum: words })
  return { anyOf: [word, { type: 'array', minItems: 1, items: word }] }
}

/** Words are one list, so that an editor can offer them. */
function unionSchema(schema: TUnion, definitions: Definitions): JsonSchema {
  const there = schema.anyOf.filter(branch => !harmlessValues(branch))
  const literals = there.filter(KindGuard.IsLiteral)
  const branches = there
    .filter(branch => !KindGuard.IsLiteral(branch))
    .map(branch => schemaOf(branch, definitions))
  if (literals.length === 0) return { anyOf: branches }
  const words = { enum: literals.map(literal => literal.const) }
  return branches.length === 0 ? orReference(words) : { anyOf: [words, ...branches] }
}

function objectSchema(schema: TObject, definitions: Definitions): JsonSchema {
  const members = Object.entries(schema.properties).filter(([, member]) => !harmlessValues(member))
  return {
    type: 'object',
    ...(schema.required ? { required: schema.required } : {}),
    properties: Object.fromEntries(
      members.map(([name, member]) => [name, schemaOf(member, definitions)]),
    ),
    ...unoffered(schema),
    additionalProperties: false,
  }
}

/** Members of a later version are admitted where they ask for nothing; editors do not offer them. */
function unoffered({ properties }: TObject): JsonSchema {
  const admitted = Object.entries(properties).flatMap(([name, member]) => {
    const harmless = harmlessValues(member) ?? []
    return harmless.length > 0 ? [[`^${name}$`, { enum: harmless }] as const] : []
  })
  return admitted.length > 0 ? { patternProperties: Object.fromEntries(admitted) } : {}
}

function recordSchema(schema: TRecord, definitions: Definitions): JsonSchema {
  const [member] = Object.values(schema.patternProperties)
  return {
    type: 'object',
    ...(schema.minProperties ? { minProperties: schema.minProperties } : {}),
    additionalProperties: member ? schemaOf(member, definitions) : true,
  }
}

function arraySchema(schema: TArray, definitions: Definitions): JsonSchema {
  return {
    type: 'array',
    ...(schema.minItems ? { minItems: schema.minItems } : {}),
    items: schemaOf(schema.items, definitions),
  }
}

function scalarSchema(schema: TSchema): JsonSchema {
  const plain: unknown = JSON.parse(JSON.stringify(schema))
  if (!isObject(plain)) return {}
  const { description: _, default: __, ...rest } = plain
  const shape = Object.fromEntries(Object.entries(rest).filter(([name]) => !name.startsWith('x-')))
  if (KindGuard.IsUnknown(schema)) return {}
  const isText = KindGuard.IsString(schema)
  // What any text may be can be a reference already.
  return isText && shape.pattern === undefined ? shape : orReference(shape)
}
