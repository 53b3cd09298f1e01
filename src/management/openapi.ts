import type { TObject, TSchema } from '@sinclair/typebox'
import type { OpenAPIV3 } from 'openapi-types'
import { type Endpoint, Yaml } from './endpoint.ts'

/** An endpoint's OpenAPI entry, from its TypeBox schemas. */
export function describe({ summary, description, query, body, answers, path }: Endpoint) {
  return {
    detail: {
      tags: ['management'],
      summary,
      ...(description ? { description } : {}),
      security: [{ bearer: [] }],
      parameters: [...pathParameters(path), ...queryParameters(query)],
      ...(body ? { requestBody: requestBody(body) } : {}),
      responses: {
        ...Object.fromEntries(
          Object.entries(answers).map(([status, said]) => [status, { description: said }]),
        ),
        401: { description: 'The management key is missing or wrong' },
        403: { description: 'Locked out after wrong keys, or not from here' },
      },
    },
  }
}

function pathParameters(path: string): OpenAPIV3.ParameterObject[] {
  return [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))
}

function queryParameters({ properties, required = [] }: TObject): OpenAPIV3.ParameterObject[] {
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema: openApi(schema),
  }))
}

function requestBody(body: TSchema): OpenAPIV3.RequestBodyObject {
  const type = body === Yaml ? 'application/yaml' : 'application/json'
  return { required: true, content: { [type]: { schema: openApi(body) } } }
}

/** TypeBox schemas are JSON Schema, of which OpenAPI's types describe a part. */
function openApi(schema: TSchema): OpenAPIV3.SchemaObject {
  return JSON.parse(JSON.stringify(schema)) as OpenAPIV3.SchemaObject
}
