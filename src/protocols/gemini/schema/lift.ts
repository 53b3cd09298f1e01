import { isObject, type JsonObject, type JsonValue } from '../../../lib/json.ts'

/** A schema as this protocol writes it → JSON Schema: types in small letters, `nullable` as a type. */
export function liftSchema(wire: JsonObject): JsonObject {
  const lifted: JsonObject = {}
  for (const [name, value] of Object.entries(wire)) {
    if (name === 'nullable') continue
    lifted[name] = liftMember(name, value)
  }
  if (wire.nullable === true && typeof lifted.type === 'string') lifted.type = [lifted.type, 'null']
  return lifted
}

function liftMember(name: string, value: JsonValue): JsonValue {
  if (name === 'type' && typeof value === 'string') return value.toLowerCase()
  if ((name === 'items' || name === 'additionalProperties') && isObject(value))
    return liftSchema(value)
  if (name === 'properties' && isObject(value))
    return mapped(value, one => (isObject(one) ? liftSchema(one) : one))
  if ((name === 'anyOf' || name === 'oneOf' || name === 'allOf') && Array.isArray(value))
    return value.map(one => (isObject(one) ? liftSchema(one) : one))
  return value
}

function mapped(wire: JsonObject, map: (value: JsonValue) => JsonValue): JsonObject {
  return Object.fromEntries(Object.entries(wire).map(([name, value]) => [name, map(value)]))
}
