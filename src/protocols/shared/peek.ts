import { isUtf8 } from 'node:buffer'
import { GatewayError } from '../../lib/errors.ts'
import { isObject, type JsonObject } from '../../lib/json/json.ts'
import {
  decodeString,
  JsonBytesError,
  type Member,
  parseJson,
  scanObject,
} from '../../lib/json/json-bytes.ts'
import type { Inbound } from '../codec.ts'
import { sessionOf } from './session.ts'

/** `modelAt` is the byte range of the model's JSON string, quotes included. */
export type Peeked = {
  model: string
  stream: boolean
  modelAt: readonly [start: number, end: number]
  session?: string
}

/**
 * Reads `model`, `stream` and the session off a request body without building a conversation.
 * Throws `invalid-request` for broken JSON or UTF-8, absurd nesting, and a missing model. A member
 * that occurs twice is refused too: we and the upstream might each believe a different one.
 */
export function peekBody({ body, headers }: Pick<Inbound, 'body' | 'headers'>): Peeked {
  const members = peekObject(body)
  const modelAt = only(members, 'model')?.value
  if (!modelAt) {
    throw new GatewayError(
      'invalid-request',
      'model: field required (the name of the model to ask)',
      {
        param: 'model',
      },
    )
  }
  const stream = only(members, 'stream')?.value
  return {
    model: modelName(body, modelAt),
    stream: stream !== undefined && body[stream[0]] === 0x74,
    modelAt,
    session: sessionOf(headers, body, members),
  }
}

/** The members of a body that must be a JSON object. Throws `invalid-request` where it is none. */
export function peekObject(body: Uint8Array): Member[] {
  if (!isUtf8(body))
    throw new GatewayError('invalid-request', 'the request body is not valid UTF-8')
  if (body.length === 0) throw invalidBody('the request body is empty')
  return orInvalidBody(() => scanObject(body))
}

/**
 * The whole body, parsed. Throws `invalid-request` with the offset of what a scan does not look at,
 * such as broken escapes.
 */
export function parseBody(body: Uint8Array): JsonObject {
  return orInvalidBody(() => {
    const value = parseJson(body)
    if (isObject(value)) return value
    throw new JsonBytesError('expected a JSON object', 0)
  })
}

/** Runs what reads or edits the request's bytes: where they are no JSON, the request is at fault. */
export function orInvalidBody<Value>(read: () => Value): Value {
  try {
    return read()
  } catch (error) {
    throw error instanceof JsonBytesError ? invalidBody(error.message) : error
  }
}

function invalidBody(what: string): GatewayError {
  return new GatewayError('invalid-request', `the request body is not a valid JSON object: ${what}`)
}

function only(members: readonly Member[], key: string): Member | undefined {
  let found: Member | undefined
  for (const member of members) {
    if (member.key !== key) continue
    if (found) {
      throw new GatewayError('invalid-request', `${key}: given twice; send it once`, { param: key })
    }
    found = member
  }
  return found
}

function modelName(body: Uint8Array, [start, end]: readonly [number, number]): string {
  const buffer = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  const isString = body[start] === 0x22
  const name = isString ? orInvalidBody(() => decodeString(buffer, start, end)) : undefined
  if (!name) {
    throw new GatewayError('invalid-request', 'model: expected a non-empty string', {
      param: 'model',
    })
  }
  return name
}
