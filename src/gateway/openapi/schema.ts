import type { TSchema } from '@sinclair/typebox'
import type { OpenAPIV3 } from 'openapi-types'
import { isObject, type JsonObject, type JsonValue, jsonEntries } from '../../lib/json/json.ts'
import { TOLERATED } from '../../protocols/shared/schema/request-check.ts'

export type Schema = OpenAPIV3.SchemaObject | OpenAPIV3.ReferenceObject
/** The shared parts of a document's schemas, by name; `openApiSchema` adds those that it meets. */
export type Components = Record<string, Schema>

/**
 * A TypeBox schema as OpenAPI 3.0 describes it. TypeBox writes JSON Schema, of which OpenAPI has a
 * part: a named schema becomes a component called `OWNER.Name`, "or null" becomes `nullable`.
 * Spellings that are accepted and not offered are left out.
 */
export function openApiSchema(schema: TSchema, owner: string, components: Components): Schema {
  const json: JsonValue = JSON.parse(JSON.stringify(schema))
  return translated(json, owner, components)
}

function translated(schema: JsonValue, owner: string, components: Components): Schema {
  if (!isObject(schema)) return {}
  const { $id, ...rest } = schema
  if (typeof $id !== 'string') return withoutNull(rest, owner, components)
  const name = `${owner}.${$id}`
  components[name] ??= withoutNull(rest, owner, components)
  return { $ref: `#/components/schemas/${name}` }
}

function withoutNull(schema: JsonObject, owner: string, components: Components): Schema {
  const { anyOf, discriminator: _, ...rest } = schema
  if (!Array.isArray(anyOf)) return plain(rest, owner, components)
  const offered = anyOf.filter(branch => !isObject(branch) || branch[TOLERATED] !== true)
  const branches = offered.filter(branch => !isObject(branch) || branch.type !== 'null')
  const nullable = branches.length < offered.length ? { nullable: true } : {}
  const inner = branches.map(branch => translated(branch, owner, components))
  const [only] = inner
  if (only && inner.length === 1)
    return '$ref' in only ? { allOf: [only], ...nullable } : { ...only, ...nullable }
  return { ...plain(rest, owner, components), anyOf: inner, ...nullable }
}

function plain(schema: JsonObject, owner: string, components: Components): OpenAPIV3.SchemaObject {
  const { properties, items, const: literal, ...rest } = schema
  const members = isObject(properties)
    ? jsonEntries(properties).map(([name, member]) => [name, translated(member, owner, components)])
    : undefined
  // What is left are keywords that mean the same in both.
  return {
    ...rest,
    ...(literal === undefined ? {} : { enum: [literal] }),
    ...(members ? { properties: Object.fromEntries(members) } : {}),
    ...(items === undefined ? {} : { items: translated(items, owner, components) }),
  } as OpenAPIV3.SchemaObject
}

/** The shape of a value, for a reply that an encoder made. */
export function schemaLike(value: JsonValue): OpenAPIV3.SchemaObject {
  if (Array.isArray(value)) return { type: 'array', items: schemaLike(value[0] ?? null) }
  if (isObject(value))
    return {
      type: 'object',
      properties: Object.fromEntries(
        jsonEntries(value).map(([name, member]) => [name, schemaLike(member)]),
      ),
    }
  if (value === null) return { nullable: true }
  if (typeof value === 'number') return { type: Number.isInteger(value) ? 'integer' : 'number' }
  return { type: typeof value === 'boolean' ? 'boolean' : 'string' }
}
