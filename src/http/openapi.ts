import { swagger } from '@elysiajs/swagger'
import { type AnyElysia, Elysia } from 'elysia'
import type { OpenAPIV3 } from 'openapi-types'
import type { Gateway } from '../gateway/gateway.ts'
import type { Documented } from '../gateway/handlers/handler.ts'
import { listedNames } from '../gateway/openapi/listed-names.ts'
import type { Components } from '../gateway/openapi/schema.ts'
import { codecs } from '../protocols/index.ts'
import { version } from '../version.ts'
import type { DescribedApp } from './beside.ts'

/** An application that answers `/swagger/json`, and `/swagger/page` with a page that is loaded from elsewhere. */
export function documented(gateway: Gateway, apps: readonly DescribedApp[]): AnyElysia {
  const schemas: Components = {}
  const paths = pathsOf([
    ...gateway.handlers.flatMap(({ openapi }) => openapi?.(schemas) ?? []),
    ...gateway.sockets.flatMap(({ openapi }) => openapi()),
  ])
  const app = new Elysia().use(
    swagger({
      path: '/swagger/page',
      specPath: '/swagger/json',
      excludeStaticFile: false,
      documentation: {
        paths,
        info: {
          title: 'jackfield',
          version,
          description: `Any coding agent, any model, one file. Models served now: ${listedNames(gateway.table).text || 'none'}.${descriptions(gateway)}`,
        },
        tags: TAGS,
        components: { securitySchemes: SCHEMES, schemas },
        security: gateway.table.apiKeys.length > 0 ? KEYS : [],
      },
    }),
  )
  for (const described of apps) describe(described, app)
  return app
}

/** Adds the routes of an application that has its own schemas. They are described, not served. */
function describe(described: DescribedApp, app: AnyElysia): void {
  for (const { method, path, hooks } of described.app().routes) {
    const { detail, query, body, response } = hooks
    // A body that is no JSON is described by hand.
    app.route(method, path, () => undefined, {
      query,
      body: detail?.requestBody ? undefined : body,
      response: { ...response, ...described.response },
      parse: ['application/json'],
      detail: { ...described.detail, ...detail },
    })
  }
}

const TAGS = [
  ...codecs.map(({ protocol, title }) => ({ name: protocol, description: title })),
  { name: 'models', description: 'What clients may ask for' },
  { name: 'service', description: 'The gateway itself' },
  { name: 'management', description: 'Settings and state, for who has the secret' },
]

/** Any of them holds one of the `api-keys`; each client has its own habit. */
const SCHEMES: Record<string, OpenAPIV3.SecuritySchemeObject> = {
  bearer: {
    type: 'http',
    scheme: 'bearer',
    description:
      'One of the api-keys of routes.yaml, as OpenAI clients send it. The management API takes its own secret here instead.',
  },
  'x-api-key': {
    type: 'apiKey',
    in: 'header',
    name: 'x-api-key',
    description: 'One of the api-keys of routes.yaml, as Anthropic clients send it',
  },
  'x-goog-api-key': {
    type: 'apiKey',
    in: 'header',
    name: 'x-goog-api-key',
    description: 'One of the api-keys of routes.yaml, as Gemini clients send it',
  },
  key: {
    type: 'apiKey',
    in: 'query',
    name: 'key',
    description: 'One of the api-keys of routes.yaml, as older Gemini clients send it',
  },
}

const KEYS: OpenAPIV3.SecurityRequirementObject[] = Object.keys(SCHEMES).map(name => ({
  [name]: [],
}))

function pathsOf(documented: readonly Documented[]): OpenAPIV3.PathsObject {
  const paths: OpenAPIV3.PathsObject = {}
  for (const { path, method, operation } of documented)
    paths[path] = { ...paths[path], [method]: { operationId: idOf(method, path), ...operation } }
  return paths
}

/** `postV1Messages`, `getV1ModelsById`: clients that are generated from the document use it. */
function idOf(method: string, path: string): string {
  const words = path
    .split(/[/:]/)
    .map(part =>
      part.replace(/^\{(\w)(\w*)\}/, (_, first, rest) => `By${first.toUpperCase()}${rest}`),
    )
  return `${method}${words.map(word => word.charAt(0).toUpperCase() + word.slice(1)).join('')}`
}

/** What the file says of its models, as a list in Markdown. */
function descriptions({ table }: Gateway): string {
  const described = table.listed.flatMap(({ id, description }) =>
    description === undefined ? [] : [`- \`${id}\`: ${description}`],
  )
  return described.length > 0 ? `\n\n${described.join('\n')}` : ''
}
