import { type TProperties, type TSchema, Type } from '@sinclair/typebox'

/**
 * What the protocols' request schemas are made of. They state which type each known member has and
 * which members a request needs, nothing of values: unknown members, unknown types of blocks and
 * new words pass, since vendors add them monthly. All of it is plain JSON Schema, fit for OpenAPI.
 */

/** A member that clients may leave out, or send as `null`, which means the same. */
export function maybe<Schema extends TSchema>(schema: Schema) {
  return Type.Optional(Type.Union([schema, Type.Null()]))
}

export const Text = Type.String()
export const Whole = Type.Integer()
export const Amount = Type.Number()
export const Switch = Type.Boolean()
export const Texts = Type.Array(Text)
/** An object whose members are not checked: a JSON Schema, arguments, metadata. */
export const AnyObject = Type.Object({})

/**
 * A schema that others hold several times: it gets a name, and is then compiled once instead of
 * once a place. The name must be unique within a request's schema.
 */
export function shared<Schema extends TSchema>(name: string, schema: Schema): Schema {
  return { ...schema, $id: name }
}

/** Members that all are optional. */
export function allMaybe(schemas: Record<string, TSchema>): TProperties {
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, maybe(schema)]))
}

/**
 * Objects distinguished by the word in one member. `absent`: the kind that is meant where the member
 * is missing. `others`: what is known of objects with any other word.
 */
export function tagged(
  tag: string,
  kinds: Record<string, TProperties>,
  { absent, others = {} }: { absent?: string; others?: TProperties } = {},
) {
  const words = Object.keys(kinds)
  const known = Object.entries(kinds).map(([word, members]) => {
    const literal = Type.Literal(word)
    return Type.Object({ [tag]: word === absent ? maybe(literal) : literal, ...members })
  })
  const any = Type.String({ pattern: `^(?!(?:${words.join('|')})$)` })
  return Type.Union([...known, Type.Object({ [tag]: any, ...others })], {
    discriminator: { propertyName: tag },
  })
}

/** Text, or a list of the given. */
export function textOr<Schema extends TSchema>(item: Schema) {
  return Type.Union([Text, Type.Array(item)])
}
