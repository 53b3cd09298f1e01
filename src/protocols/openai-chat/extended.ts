import type { Extensions } from '../../conversation/index.ts'
import type { JsonObject } from '../../lib/json/json.ts'
import { object, without } from '../../lib/json/read-json.ts'

/** Keeps what we remember of a node's spelling apart from the members it really had. */
const SHAPE = '.'

type Extended = { extensions?: { 'openai-chat': JsonObject } }

/**
 * `{ extensions }` to spread into a node, or nothing where there are none: the members the
 * conversation has no word for, and the shape of those it has (a string or parts, which role).
 */
export function extended(members: JsonObject, shape: JsonObject = {}): Extended {
  const shaped = Object.keys(shape).length > 0
  if (!shaped && Object.keys(members).length === 0) return {}
  return { extensions: { 'openai-chat': shaped ? { ...members, [SHAPE]: shape } : members } }
}

type Node = { extensions?: Extensions }

/** The wire members remembered on a node; none on a node of another protocol. */
export function membersOf(node: Node): JsonObject {
  const own = node.extensions?.['openai-chat']
  return own ? without(own, SHAPE) : {}
}

export function shapeOf(node: Node): JsonObject {
  return object(node.extensions?.['openai-chat']?.[SHAPE]) ?? {}
}

/** `{ [name]: value }`, or nothing where there is nothing to say. */
export function unlessEmpty(name: string, value: JsonObject): JsonObject {
  return Object.keys(value).length > 0 ? { [name]: value } : {}
}
