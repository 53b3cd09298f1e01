import { swagger } from '@elysiajs/swagger'
import { type TSchema, Type } from '@sinclair/typebox'
import { Elysia } from 'elysia'
import type { OpenAPIV3 } from 'openapi-types'
// @ts-expect-error
import styles from 'swagger-ui-dist/swagger-ui.css' with { type: 'file' }
// @ts-expect-error: the path of the file is what is imported
import bundle from 'swagger-ui-dist/swagger-ui-bundle.js' with { type: 'file' }
import { jsonSchema } from '../config/index.ts'
import type { Gateway } from '../exchange/snapshot.ts'
import type { ClientCodec, Endpoint } from '../protocols/codec.ts'
import { version } from '../version.ts'

export type Hidden = { detail: { hide: true } }

/**
 * `/swagger`: the page and its scripts come from this binary, so it works offline. `refused`: what
 * is answered to who may not read it; undefined: it may be read.
 */
export function documentation(
  gateway: Gateway,
  refused: (request: Request) => Response | undefined,
) {
  return new Elysia()
    .onBeforeHandle(({ request, path }) =>
      path.startsWith('/swagger') ? refused(request) : undefined,
    )
    .use(
      swagger({
        path: '/swagger/page',
        specPath: '/swagger/json',
        excludeStaticFile: false,
        exclude: ['/swagger/page', '/swagger/json', '/*'],
        documentation: {
          paths: geminiPaths(gateway),
          info: {
            title: 'jackfield',
            version,
            description: `Any coding agent, any model, one file. Models served now: ${inWords(names(gateway)) || 'none'}.${descriptions(gateway)}`,
          },
          tags: [
            { name: 'anthropic', description: 'Anthropic Messages' },
            { name: 'openai-chat', description: 'OpenAI Chat Completions' },
            { name: 'openai-responses', description: 'OpenAI Responses' },
            { name: 'gemini', description: 'Google Gemini' },
            { name: 'models', description: 'What clients may ask for' },
            { name: 'service', description: 'The gateway itself' },
            { name: 'management', description: 'Settings and state, for who has the secret' },
          ],
          components: {
            securitySchemes: {
              bearer: { type: 'http', scheme: 'bearer' },
              'x-api-key': { type: 'apiKey', in: 'header', name: 'x-api-key' },
              'x-goog-api-key': { type: 'apiKey', in: 'header', name: 'x-goog-api-key' },
            },
          },
          security:
            gateway.table.apiKeys.length > 0
              ? [{ bearer: [] }, { 'x-api-key': [] }, { 'x-goog-api-key': [] }]
              : [],
        },
      }),
    )
    .get('/swagger', () => page(PAGE, 'text/html'), HIDE)
    .get('/swagger/start.js', () => page(START, 'text/javascript'), HIDE)
    .get('/swagger/ui.js', () => page(Bun.file(bundle), 'text/javascript'), HIDE)
    .get('/swagger/ui.css', () => page(Bun.file(styles), 'text/css'), HIDE)
    .get('/routes.schema.json', () => Response.json(jsonSchema()), {
      detail: { tags: ['service'], summary: 'The JSON Schema of routes.yaml' },
    })
}

const HIDE: Hidden = { detail: { hide: true } }

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>jackfield API</title>
<link rel="stylesheet" href="/swagger/ui.css">
<link rel="icon" href="data:,">
</head>
<body>
<div id="api"></div>
<script src="/swagger/ui.js"></script>
<script src="/swagger/start.js"></script>
</body>
</html>
`

const START = `window.ui = SwaggerUIBundle({ url: '/swagger/json', dom_id: '#api', deepLinking: true, validatorUrl: null })\n`

/** Only our own files may be loaded; the charset matters, the bundle holds more than ASCII. */
function page(body: string | Blob, type: string): Response {
  return new Response(body, {
    headers: {
      'content-type': `${type}; charset=utf-8`,
      'content-security-policy':
        "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
    },
  })
}

function names({ table }: Gateway): string[] {
  return table.listed.map(model => model.id)
}

/** Upstreams may list hundreds, and every endpoint repeats them; the file's own come first. */
const MAX_SHOWN = 50

function inWords(known: readonly string[]): string {
  const more = known.length > MAX_SHOWN ? ' and others, listed at /v1/models' : ''
  return `${known.slice(0, MAX_SHOWN).join(', ')}${more}`
}

/** What the file says of its models, as a list in Markdown. */
function descriptions({ table }: Gateway): string {
  const described = table.listed.flatMap(({ id, description }) =>
    description === undefined ? [] : [`- \`${id}\`: ${description}`],
  )
  return described.length > 0 ? `\n\n${described.join('\n')}` : ''
}

const Extra = { additionalProperties: true } as const
const Content = Type.Union([Type.String(), Type.Array(Type.Object({ type: Type.String() }, Extra))])

/** Stands where `withModels` puts the names of a snapshot's models. */
const Model = Type.String()

const RESPONSES_REQUEST = Type.Object(
  {
    model: Model,
    input: Type.Union([Type.String(), Type.Array(Type.Object({}, Extra))]),
    instructions: Type.Optional(Type.String()),
    stream: Type.Optional(Type.Boolean({ default: false })),
    store: Type.Optional(Type.Boolean({ default: true })),
    previous_response_id: Type.Optional(Type.String()),
    tools: Type.Optional(Type.Array(Type.Object({ type: Type.String() }, Extra))),
  },
  Extra,
)

/** The members that clients always send or often use; whatever else a protocol has is passed on. */
const REQUESTS: Record<string, TSchema> = {
  '/v1/messages': Type.Object(
    {
      model: Model,
      max_tokens: Type.Integer({ minimum: 1, default: 1024 }),
      messages: Type.Array(
        Type.Object({ role: Type.String({ examples: ['user'] }), content: Content }, Extra),
      ),
      system: Type.Optional(Content),
      stream: Type.Optional(Type.Boolean({ default: false })),
      tools: Type.Optional(Type.Array(Type.Object({ name: Type.String() }, Extra))),
    },
    Extra,
  ),
  '/v1/messages/count_tokens': Type.Object(
    {
      model: Model,
      messages: Type.Array(Type.Object({ role: Type.String(), content: Content }, Extra)),
    },
    Extra,
  ),
  '/v1/chat/completions': Type.Object(
    {
      model: Model,
      messages: Type.Array(
        Type.Object({ role: Type.String({ examples: ['user'] }), content: Content }, Extra),
      ),
      stream: Type.Optional(Type.Boolean({ default: false })),
      max_completion_tokens: Type.Optional(Type.Integer({ minimum: 1 })),
      tools: Type.Optional(Type.Array(Type.Object({ type: Type.String() }, Extra))),
    },
    Extra,
  ),
  '/v1/responses': RESPONSES_REQUEST,
  '/v1/responses/compact': RESPONSES_REQUEST,
  '/v1/responses/input_tokens': RESPONSES_REQUEST,
  '/v1/completions': Type.Object(
    { model: Model, prompt: Type.String(), stream: Type.Optional(Type.Boolean()) },
    Extra,
  ),
}

/** Written out once: a snapshot is built at every reload, and most of these are the same in all. */
const SCHEMAS = new Map(
  Object.entries(REQUESTS).map(([path, schema]) => [path, openApi(schema)] as const),
)
const ANY_REQUEST = openApi(Type.Object({ model: Model }, Extra))

const GEMINI_REQUEST = openApi(
  Type.Object(
    {
      contents: Type.Array(
        Type.Object(
          {
            role: Type.Optional(Type.String({ examples: ['user'] })),
            parts: Type.Array(Type.Object({ text: Type.Optional(Type.String()) }, Extra)),
          },
          Extra,
        ),
      ),
      systemInstruction: Type.Optional(Type.Object({}, Extra)),
      tools: Type.Optional(Type.Array(Type.Object({}, Extra))),
      generationConfig: Type.Optional(Type.Object({}, Extra)),
    },
    Extra,
  ),
)

const EXAMPLES: Record<string, object> = {
  '/v1/messages': { max_tokens: 1024, messages: [{ role: 'user', content: 'Hello' }] },
  '/v1/messages/count_tokens': { messages: [{ role: 'user', content: 'Hello' }] },
  '/v1/chat/completions': { messages: [{ role: 'user', content: 'Hello' }] },
  '/v1/completions': { prompt: 'Hello' },
  '/v1/responses': { input: 'Hello' },
  '/v1/responses/compact': { input: 'Hello' },
  '/v1/responses/input_tokens': { input: 'Hello' },
}

const REPLY = openApi(
  Type.Object({}, { ...Extra, description: "The protocol's own reply, whole or as a stream" }),
)

const TITLES: Record<string, string> = {
  '/v1/messages': 'Send messages (Anthropic)',
  '/v1/messages/count_tokens': 'Count the tokens of a request (Anthropic)',
  '/v1/chat/completions': 'Complete a chat (OpenAI)',
  '/v1/completions': 'Complete a text (OpenAI, legacy; served through chat)',
  '/v1/responses': 'Create a response (OpenAI); also over a WebSocket',
  '/v1/embeddings': 'Embed texts; passed on to an OpenAI-like provider',
  '/v1/images/generations': 'Make a picture; passed on to an OpenAI-like provider',
  '/v1/images/edits': 'Change a picture; passed on to an OpenAI-like provider',
  '/v1/images/variations': 'Vary a picture; passed on to an OpenAI-like provider',
  '/v1/audio/speech': 'Speak a text; passed on to an OpenAI-like provider',
  '/v1/audio/transcriptions': 'Write down speech; passed on to an OpenAI-like provider',
  '/v1/audio/translations': 'Translate speech; passed on to an OpenAI-like provider',
  '/v1/responses/compact': 'Compact a conversation (OpenAI)',
  '/v1/responses/input_tokens': 'Count the tokens of a request (OpenAI)',
}

/** TypeBox schemas are JSON Schema, of which OpenAPI's types describe a part. */
function openApi(schema: TSchema): OpenAPIV3.SchemaObject {
  return JSON.parse(JSON.stringify(schema)) as OpenAPIV3.SchemaObject
}

/** The names of a snapshot's models as examples of `model`. */
function withModels(
  schema: OpenAPIV3.SchemaObject,
  known: readonly string[],
): OpenAPIV3.SchemaObject {
  const model = Type.String({
    examples: known.slice(0, MAX_SHOWN),
    description: `One of: ${inWords(known)}; or provider/model`,
  })
  return { ...schema, properties: { ...schema.properties, model: openApi(model) } }
}

/** An endpoint's OpenAPI entry: its TypeBox schema, with today's model names as examples. */
export function describeEndpoint(gateway: Gateway, endpoint: Endpoint, codec: ClientCodec) {
  const known = names(gateway)
  const schema = withModels(SCHEMAS.get(endpoint.path) ?? ANY_REQUEST, known)
  const example = { model: known[0] ?? 'echo', ...EXAMPLES[endpoint.path] }
  return {
    detail: {
      tags: [codec.protocol],
      summary: TITLES[endpoint.path] ?? endpoint.path,
      requestBody: {
        required: true,
        content: { 'application/json': { schema, example } },
      },
      responses: {
        200: {
          description: 'The answer',
          content: { 'application/json': { schema: REPLY } },
        },
        default: { description: "An error, in the protocol's own shape" },
      },
    },
  }
}

/** Paths with a verb behind the model are wildcards to the router; here they are spelled out. */
function geminiPaths(gateway: Gateway): OpenAPIV3.PathsObject {
  const [first] = names(gateway)
  const example = { contents: [{ role: 'user', parts: [{ text: 'Hello' }] }] }
  const operation = (verb: string): OpenAPIV3.OperationObject => ({
    tags: ['gemini'],
    summary: `${GEMINI_TITLES[verb]} (Gemini)`,
    parameters: [
      {
        name: 'model',
        in: 'path',
        required: true,
        schema: { type: 'string' },
        example: first,
      },
    ],
    requestBody: {
      required: true,
      content: { 'application/json': { schema: GEMINI_REQUEST, example } },
    },
    responses: { 200: { description: 'The answer' } },
  })
  return Object.fromEntries(
    Object.keys(GEMINI_TITLES).map(verb => [
      `/v1beta/models/{model}:${verb}`,
      { post: operation(verb) },
    ]),
  )
}

const GEMINI_TITLES: Record<string, string> = {
  generateContent: 'Generate content',
  streamGenerateContent: 'Generate content as a stream; events with ?alt=sse, else one array',
  countTokens: 'Count the tokens of a request',
  embedContent: 'Embed a text; passed on to a Gemini provider',
  batchEmbedContents: 'Embed several texts; passed on to a Gemini provider',
}

export function describeModels() {
  return {
    detail: {
      tags: ['models'],
      summary: 'The models clients may ask for',
      description: 'Anthropic clients (header anthropic-version) get their own shape.',
    },
  }
}

export function describeGeminiModels() {
  return { detail: { tags: ['models'], summary: 'The models clients may ask for (Gemini)' } }
}

export function describeStoredResponse(summary: string) {
  return { detail: { tags: ['openai-responses'], summary } }
}

export function describeModel() {
  return { detail: { tags: ['models'], summary: 'One model; its name may hold slashes' } }
}
