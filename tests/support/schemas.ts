import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import Ajv2020, { type ValidateFunction } from 'ajv/dist/2020'
import { isObject, type JsonObject, type JsonValue, jsonEntries } from '../../src/lib/json/json.ts'
import type { Wire } from './read-reply.ts'

const folder = join(
  process.env.JACKFIELD_SHARED ?? resolve(import.meta.dir, '../../../shared'),
  'schemas',
)

export const schemasMissing = !existsSync(folder)
if (schemasMissing) console.warn(`SKIPPING every test against API schemas: there is no ${folder}`)

const FILES: Record<Wire, string> = {
  anthropic: 'anthropic.openapi.json',
  'openai-chat': 'openai.openapi.json',
  'openai-responses': 'openai.openapi.json',
  gemini: 'gemini.openapi.json',
}

export type Payload = 'request' | 'response' | 'event'

const NAMES: Record<Wire, Record<Payload, string>> = {
  anthropic: {
    request: 'BetaCreateMessageParams',
    response: 'BetaMessage',
    event: 'BetaMessageStreamEvent',
  },
  'openai-chat': {
    request: 'CreateChatCompletionRequest',
    response: 'CreateChatCompletionResponse',
    event: 'CreateChatCompletionStreamResponse',
  },
  'openai-responses': {
    request: 'CreateResponse',
    response: 'Response',
    event: 'ResponseStreamEvent',
  },
  gemini: {
    request: 'GenerateContentRequest',
    response: 'GenerateContentResponse',
    event: 'GenerateContentResponse',
  },
}

const validators = new Map<string, ValidateFunction>()

/** What of a payload its API's schema does not allow; a few lines at most. */
export function schemaFaults(wire: Wire, payload: Payload, value: JsonValue): string[] {
  const validate = validatorFor(wire, payload)
  if (validate(withoutNulls(value))) return []
  return (validate.errors ?? [])
    .filter(({ keyword }) => keyword !== 'anyOf' && keyword !== 'if')
    .slice(0, 12)
    .map(
      ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
    )
}

function validatorFor(wire: Wire, payload: Payload): ValidateFunction {
  const key = `${wire} ${payload}`
  let validate = validators.get(key)
  if (!validate) {
    const file = JSON.parse(readFileSync(join(folder, FILES[wire]), 'utf8')) as JsonObject
    const ajv = new Ajv2020({
      strict: false,
      validateFormats: false,
      allErrors: true,
      validateSchema: false,
      code: { optimize: false },
    })
    // No schema here looks at what others left: a union ends at its first member that is valid.
    ajv.opts.unevaluated = false
    // Google names every member that there is; the others' compositions cannot be closed.
    const document = lenient(file, {
      closed: wire === 'gemini' && payload === 'request',
      strict: payload === 'request',
    })
    ajv.addSchema(document as JsonObject, 'api')
    validate = ajv.compile({ $ref: `api#/components/schemas/${NAMES[wire][payload]}` })
    validators.set(key, validate)
  }
  return validate
}

const DROPPED = new Set(['discriminator', 'format', 'example', 'nullable', 'default'])

/** The allowances under which the providers' own traffic passes. */
function lenient(value: JsonValue, options: { closed: boolean; strict: boolean }): JsonValue {
  if (Array.isArray(value)) return value.map(item => lenient(item, options))
  if (!isObject(value)) return value
  const out: JsonObject = {}
  for (const [name, inner] of jsonEntries(value)) {
    if (DROPPED.has(name)) continue
    if ((name === 'properties' || name === 'schemas') && isObject(inner)) {
      // Here the names are the payload's own words.
      out[name] = Object.fromEntries(
        jsonEntries(inner).map(([member, schema]) => [member, lenient(schema, options)]),
      )
      continue
    }
    if (name === 'required' && !options.strict && Array.isArray(inner)) {
      out.required = inner.filter(one => one === 'type' || one === 'role')
      continue
    }
    out[name === 'oneOf' ? 'anyOf' : name] = lenient(inner, options)
  }
  if (options.closed && isObject(out.properties) && out.additionalProperties === undefined)
    out.additionalProperties = false
  return out
}

function withoutNulls(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (!isObject(value)) return value
  return Object.fromEntries(
    jsonEntries(value).flatMap(([name, inner]) =>
      inner === null ? [] : [[name, withoutNulls(inner)]],
    ),
  )
}
