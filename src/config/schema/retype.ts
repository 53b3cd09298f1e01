import { KindGuard, type TSchema } from '@sinclair/typebox'
import { isObject } from '../../lib/json/json.ts'
import type { Path } from '../../lib/path.ts'

/**
 * A value that was filled in is a text. Where the schema wants a number, or true or false, and the
 * text spells one, it becomes one: `port: ${PORT:-8317}`.
 */
export function retyped(
  schema: TSchema,
  value: unknown,
  filled: (path: Path) => boolean,
  path: Path = [],
): unknown {
  if (typeof value === 'string') return filled(path) ? meant(schema, value) : value
  const inner = KindGuard.IsUnion(schema) ? schema.anyOf : [schema]
  if (Array.isArray(value)) {
    const list = inner.find(KindGuard.IsArray)
    if (!list) return value
    return value.map((item, index) => retyped(list.items, item, filled, [...path, index]))
  }
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      const member = memberOf(inner, key)
      return [key, member ? retyped(member, item, filled, [...path, key]) : item]
    }),
  )
}

function memberOf(schemas: readonly TSchema[], key: string): TSchema | undefined {
  for (const schema of schemas) {
    if (KindGuard.IsObject(schema) && schema.properties[key]) return schema.properties[key]
    if (KindGuard.IsRecord(schema)) return Object.values(schema.patternProperties)[0]
  }
  return undefined
}

function meant(schema: TSchema, text: string): unknown {
  const branches = KindGuard.IsUnion(schema) ? schema.anyOf : [schema]
  const wants = (is: (branch: TSchema) => boolean): boolean => branches.some(is)
  if (/^(true|false)$/.test(text) && wants(branch => takesTruth(branch, text === 'true')))
    return text === 'true'
  // Where the schema admits a text it stays one: 200 means the same as "200".
  if (/^-?\d+(\.\d+)?$/.test(text) && wants(isNumber) && !wants(KindGuard.IsString))
    return Number(text)
  return text
}

function isNumber(schema: TSchema): boolean {
  return KindGuard.IsInteger(schema) || KindGuard.IsNumber(schema)
}

function takesTruth(schema: TSchema, value: boolean): boolean {
  if (KindGuard.IsBoolean(schema)) return true
  if (KindGuard.IsLiteral(schema)) return schema.const === value
  return schema['x-value'] === 'duration-or-off' && !value
}
