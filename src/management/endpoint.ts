import {
  KindGuard,
  type Static,
  type TObject,
  type TSchema,
  type TString,
  Type,
} from '@sinclair/typebox'
import { type ValueError, ValueErrorType } from '@sinclair/typebox/errors'
import { Value } from '@sinclair/typebox/value'
import type { RoutesFile } from '../config/file/routes-file.ts'
import type { Gateway } from '../exchange/snapshot.ts'
import { readBody } from '../gateway/handlers/body.ts'
import { depthOf } from '../lib/json/json-bytes.ts'
import type { SecretPlaceholders } from '../redaction/placeholders.ts'
import { ManagementError } from './reply.ts'

/** What endpoints work on: one snapshot, and what outlives it. */
export type Context = {
  gateway: Gateway
  /** Undefined: the built-in routes serve, and there is no file. */
  file: RoutesFile | undefined
  placeholders: SecretPlaceholders
}

/** One request, read and checked against the endpoint's schemas. */
export type Asked<Query, Body> = {
  query: Query
  body: Body
  /** Parts of the path that stand for something. */
  params: Record<string, string>
  headers: Headers
}

type Method = 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE'

export type Endpoint = {
  method: Method
  /** Below `/v0/management`. */
  path: string
  summary: string
  description?: string
  query: TObject
  /** Undefined: it takes none. A text: routes.yaml. */
  body: TSchema | undefined
  /** What it answers, by status. */
  answers: Record<number, string>
  serve(request: Request, params: Record<string, string>, context: Context): Promise<Response>
}

const Nothing = Type.Object({})

/** A text as it is, not JSON. */
export const Yaml: TString = Type.String({ description: 'A routes.yaml' })

/** Ties a handler to the schemas of what it is asked. */
export function endpoint<Q extends TObject = typeof Nothing, B extends TSchema = TSchema>(of: {
  method: Method
  path: string
  summary: string
  description?: string
  query?: Q
  body?: B
  answers?: Record<number, string>
  answer(asked: Asked<Static<Q>, Static<B>>, context: Context): Response | Promise<Response>
}): Endpoint {
  const { query = Nothing, body, answers = {}, answer, ...described } = of
  return {
    ...described,
    query,
    body,
    answers,
    async serve(request, params, context) {
      const { headers } = request
      const asked = {
        query: readQuery(query, new URL(request.url).searchParams),
        body: body && (await readAs(body, request, context.gateway)),
        params,
        headers,
      }
      // Checked just now against the schemas that these types are made from.
      return answer(asked as Asked<Static<Q>, Static<B>>, context)
    },
  }
}

function readQuery(schema: TObject, given: URLSearchParams): Record<string, unknown> {
  const read: Record<string, unknown> = {}
  for (const name of new Set(given.keys())) {
    const member = schema.properties[name]
    if (!member)
      throw new ManagementError(
        400,
        'invalid_query',
        `there is no "${name}" to ask by; known: ${Object.keys(schema.properties).join(', ') || 'none'}`,
      )
    const values = given.getAll(name)
    const [first = ''] = values
    if (KindGuard.IsArray(member)) read[name] = values
    else if (KindGuard.IsBoolean(member)) read[name] = BOOLEANS[first] ?? first
    else read[name] = first
  }
  return checked(schema, read, 'invalid_query')
}

const BOOLEANS: Record<string, boolean> = { '': true, true: true, false: false }

async function readAs(schema: TSchema, request: Request, gateway: Gateway): Promise<unknown> {
  const { services, table } = gateway
  const bytes = await readBody(request, table.server.bodyLimitBytes, services)
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new ManagementError(400, 'invalid_body', 'the body is not UTF-8')
  }
  if (schema === Yaml) return text
  checkDepth(bytes)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new ManagementError(400, 'invalid_body', 'the body is not JSON')
  }
  return checked(schema, value, 'invalid_body')
}

/** Deeper than any value of a routes.yaml; what handles it further on is recursive. */
const MAX_DEPTH = 64

function checkDepth(bytes: Uint8Array): void {
  if (depthOf(bytes) <= MAX_DEPTH) return
  throw new ManagementError(
    400,
    'invalid_body',
    `the body is nested deeper than ${MAX_DEPTH} levels`,
  )
}

/** Complaints name the place, never the value. */
function checked<T>(schema: TSchema, value: T, code: string): T {
  const first = Value.Errors(schema, value).First()
  if (!first) return value
  const place = first.path.slice(1).replaceAll('/', '.')
  throw new ManagementError(400, code, `${place ? `${place}: ` : ''}${complaint(first)}`)
}

function complaint({ schema, type, message }: ValueError): string {
  if (type === ValueErrorType.ObjectRequiredProperty) return 'is missing'
  if (KindGuard.IsUnion(schema)) {
    const kinds = schema.anyOf.map(one => String(KindGuard.IsLiteral(one) ? one.const : one.type))
    return `expected one of ${kinds.join(', ')}`
  }
  return message.toLowerCase()
}
