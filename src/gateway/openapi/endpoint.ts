import { type TSchema, Type } from '@sinclair/typebox'
import type { OpenAPIV3 } from 'openapi-types'
import type { Gateway } from '../../exchange/snapshot.ts'
import type { ClientCodec, Endpoint, Operation } from '../../protocols/codec.ts'
import type { Documented } from '../handlers/handler.ts'
import { errorResponses } from './errors.ts'
import { listedNames } from './listed-names.ts'
import { replyContent } from './reply.ts'
import { type Components, openApiSchema, type Schema } from './schema.ts'

/** The model's name where it is not in the body: Google's clients put it in the path. */
const VERB_ROOT = '/v1beta/models'

type Described = {
  gateway: Gateway
  codec: ClientCodec
  operation: Operation
  /** Whether the body names the model; else the path does. */
  named: boolean
  components: Components
}

/** An endpoint as OpenAPI describes it: an operation, or one for each verb behind a model's name. */
export function endpointOperations(
  gateway: Gateway,
  codec: ClientCodec,
  endpoint: Endpoint,
  components: Components,
): Documented[] {
  const { path } = endpoint
  const method = endpoint.method.toLowerCase()
  const common = { gateway, codec, components }
  if (!('verbs' in endpoint))
    return [{ path, method, operation: described({ ...common, operation: endpoint, named: true }) }]
  // The same verbs hang behind every root; the shortest is the one to show.
  if (path !== `${VERB_ROOT}/*`) return []
  return Object.entries(endpoint.verbs).map(([verb, operation]) => ({
    path: `${VERB_ROOT}/{model}:${verb}`,
    method,
    operation: described({ ...common, operation, named: false }),
  }))
}

function described(endpoint: Described): OpenAPIV3.OperationObject {
  const { gateway, codec, operation, named } = endpoint
  const [model = 'echo'] = listedNames(gateway.table).shown
  const inPath: OpenAPIV3.ParameterObject = {
    name: 'model',
    in: 'path',
    required: true,
    schema: { type: 'string' },
    example: model,
  }
  return {
    tags: [codec.protocol],
    summary: operation.title,
    ...(named ? {} : { parameters: [inPath] }),
    requestBody: {
      required: true,
      content: {
        [operation.form ? 'multipart/form-data' : 'application/json']: {
          schema: requestSchema(endpoint),
          examples: examplesOf(operation, named ? { model } : {}),
        },
      },
    },
    responses: {
      200: { description: 'The answer', content: replyContent(codec, operation, model) },
      ...errorResponses(codec),
    },
  }
}

function examplesOf(
  { examples }: Operation,
  model: { model?: string },
): Record<string, OpenAPIV3.ExampleObject> {
  return Object.fromEntries(
    Object.entries(examples).map(([name, body]) => [name, { value: { ...model, ...body } }]),
  )
}

const ANY_REQUEST = Type.Object({})

function requestSchema({ gateway, codec, operation, named, components }: Described): Schema {
  const { action, request, form } = operation
  const shape: TSchema = form ?? request ?? codec.requests[action]?.schema ?? ANY_REQUEST
  const schema = openApiSchema(shape, codec.protocol, components)
  if ('$ref' in schema) return schema
  const open = { ...schema, additionalProperties: true }
  if (!named) return open
  const { shown, text } = listedNames(gateway.table)
  const model: TSchema = Type.String({
    examples: shown,
    description: `One of: ${text}; or provider/model`,
  })
  return {
    ...open,
    required: [...new Set(['model', ...(schema.required ?? [])])],
    properties: {
      model: openApiSchema(model, codec.protocol, components),
      ...withoutModel(schema),
    },
  }
}

function withoutModel({ properties = {} }: { properties?: Record<string, Schema> }) {
  const { model: _, ...rest } = properties
  return rest
}
