/** The `Schema` message that `parameters` is, which is much less than JSON Schema. */
import { isRecord, type Json, list, record, stranger, strings } from '../json.ts'

const MEMBERS =
  'type format title description nullable enum maxItems minItems properties required minProperties maxProperties minLength maxLength pattern example anyOf propertyOrdering default items minimum maximum'
const TYPES = /^(?:STRING|NUMBER|INTEGER|BOOLEAN|ARRAY|OBJECT|NULL)$/i

export function schemaFault(schema: Json, at: string): string | undefined {
  const unknown = stranger(schema, MEMBERS)
  if (unknown)
    return `Invalid JSON payload received. Unknown name "${unknown}" at '${at}': Cannot find field.`
  return ownFault(schema, at) ?? innerFault(schema, at)
}

function ownFault(schema: Json, at: string): string | undefined {
  const { type } = schema
  if (Array.isArray(type))
    return `Invalid JSON payload received. Unknown name "type" at '${at}': Proto field is not repeating, cannot start list.`
  if (type !== undefined && !TYPES.test(String(type)))
    return `Invalid value at '${at}.type' (type.googleapis.com/google.ai.generativelanguage.v1beta.Type), "${type}"`
  if (Array.isArray(schema.enum) && strings(schema.enum).length < schema.enum.length)
    return `Invalid value at '${at}.enum[0]' (TYPE_STRING)`
  if (schema.anyOf !== undefined && Object.keys(schema).some(key => key !== 'anyOf'))
    return `Unable to submit request because \`${at}\` schema specified other fields alongside any_of. When using any_of, it must be the only field set.`
  if (String(type).toUpperCase() === 'ARRAY' && !isRecord(schema.items))
    return `* GenerateContentRequest.${at}.items: missing field.`
  const properties = Object.keys(record(schema.properties))
  const undefinedName = strings(schema.required).findIndex(name => !properties.includes(name))
  return undefinedName < 0
    ? undefined
    : `* GenerateContentRequest.${at}.required[${undefinedName}]: property is not defined`
}

function innerFault(schema: Json, at: string): string | undefined {
  const inner: [string, unknown][] = [
    ...Object.entries(record(schema.properties)).map(([name, one]): [string, unknown] => [
      `properties[${name}]`,
      one,
    ]),
    ...list(schema.anyOf).map((one, index): [string, unknown] => [`any_of[${index}]`, one]),
    ...(isRecord(schema.items) ? [['items', schema.items] as [string, unknown]] : []),
  ]
  return inner
    .map(([name, one]) => schemaFault(record(one), `${at}.${name}`))
    .find(wrong => wrong !== undefined)
}
