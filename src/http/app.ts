import { type AnyElysia, Elysia } from 'elysia'
import type { Caller } from '../exchange/admission/authenticate.ts'
import { exchange, failed } from '../exchange/exchange.ts'
import type { Gateway } from '../exchange/snapshot.ts'
import { readBody } from '../gateway/handlers/body.ts'
import { ASK_FOR_KEY, mustBeReader } from '../gateway/handlers/documentation-access.ts'
import { findModel, listModels } from '../gateway/handlers/models.ts'
import { deleteResponse, readResponse } from '../gateway/handlers/stored-responses.ts'
import { GatewayError } from '../lib/errors.ts'
import type { ClientCodec, Codec, Endpoint } from '../protocols/codec.ts'
import { clientCodecs, codecFor } from '../protocols/index.ts'
import { openaiResponses } from '../protocols/openai-responses/index.ts'
import {
  describeEndpoint,
  describeGeminiModels,
  describeModel,
  describeModels,
  describeStoredResponse,
  documentation,
  type Hidden,
} from './openapi.ts'

const HIDDEN: Hidden = { detail: { hide: true } }

/** The fallback voice: what an unknown path or an unrecognised client is answered in. */
const PLAIN = 'openai-chat'

/**
 * One snapshot's application: typed handlers for every endpoint of every protocol. `beside`: what
 * else is served there.
 */
export function buildApp(gateway: Gateway, beside: readonly AnyElysia[] = []) {
  const app = new Elysia({ name: 'jackfield' })
  app.use(documentation(gateway, request => refusedReader(gateway, request)))
  for (const other of beside) app.use(other)
  for (const codec of clientCodecs) app.use(protocolRoutes(gateway, codec))
  app
    .get('/v1/models', ({ request }) => modelList(gateway, request), describeModels())
    .get(
      '/v1/models/:id',
      ({ request, params }) => oneModel(gateway, request, params.id),
      describeModel(),
    )
    // A name may hold slashes, and not every client escapes them.
    .get('/v1/models/*', ({ request, params }) => oneModel(gateway, request, params['*']), HIDDEN)
    .get(
      '/v1/responses/:id',
      ({ request, params }) => oneResponse(gateway, request, params.id, readResponse),
      describeStoredResponse('A response that is kept here'),
    )
    .delete(
      '/v1/responses/:id',
      ({ request, params }) => oneResponse(gateway, request, params.id, deleteResponse),
      describeStoredResponse('Deletes a response that is kept here'),
    )
    .get('/v1beta/models', ({ request }) => modelList(gateway, request), describeGeminiModels())
    .get(
      '/v1beta/models/*',
      ({ request, params }) => oneModel(gateway, request, params['*']),
      HIDDEN,
    )
    .get('/healthz', () => Response.json({ status: 'ok' }), {
      detail: { tags: ['service'], summary: 'Whether the gateway is up' },
    })
    .get('/', ({ request }) => greeting(request), HIDDEN)
    .route('HEAD', '/', () => new Response(null), HIDDEN)
    .route('HEAD', '/api/hello', () => new Response(null), HIDDEN)
    .all('/*', ({ request }) => unknownPath(gateway, request), HIDDEN)
    .onError(({ request, error }) => fault(gateway, request, error))
  // Composed here, once: Elysia would do it again for every request.
  return app.compile()
}

export type App = ReturnType<typeof buildApp>

/** A protocol's endpoints. Bodies stay bytes (`parse: 'none'`): schemas are for the documentation. */
function protocolRoutes(gateway: Gateway, codec: ClientCodec) {
  const routes = new Elysia()
  for (const endpoint of codec.endpoints) {
    routes.route(
      endpoint.method,
      endpoint.path,
      ({ request, params }) => serve(gateway, codec, endpoint, request, params),
      { parse: 'none', ...describeEndpoint(gateway, endpoint, codec) },
    )
  }
  return routes
}

async function serve(
  gateway: Gateway,
  codec: ClientCodec,
  endpoint: Endpoint,
  request: Request,
  params: Record<string, string>,
): Promise<Response> {
  const { headers, signal } = request
  const requestId = newRequestId()
  try {
    const query = queryOf(request)
    const peer = () => gateway.services.peerOf(request)
    const caller = gateway.authenticate(headers, peer, query?.get('key') ?? undefined)
    const asked = actionOf(endpoint, request, params)
    const body = await readBody(request, gateway.table.server.bodyLimitBytes, gateway.services)
    const inbound = { params: asked.params, headers, body, signal, ...(query ? { query } : {}) }
    const { action, relay } = asked
    return await exchange(gateway, {
      codec,
      action,
      inbound,
      caller,
      requestId,
      requestLine: { method: request.method, url: request.url },
      relay,
    })
  } catch (error) {
    const response = refuse(gateway, codec, request, error, requestId)
    // The rest of a body that did not come in time is not waited for.
    if (response.status === 408) response.headers.set('connection', 'close')
    return response
  }
}

function queryOf({ url }: Request): URLSearchParams | undefined {
  const at = url.indexOf('?')
  return at === -1 ? undefined : new URLSearchParams(url.slice(at + 1))
}

/** What an endpoint is asked to do: said by its path, or by the verb behind the model's name. */
function actionOf(
  endpoint: Endpoint,
  request: Request,
  params: Record<string, string>,
): { action: Endpoint['action']; params: Record<string, string>; relay?: string } {
  const { verbs } = endpoint
  if (!verbs)
    return {
      action: endpoint.action,
      params,
      ...(endpoint.action === 'relay' ? { relay: endpoint.path } : {}),
    }
  const [, model = '', verb = ''] = /^(.*):([A-Za-z]+)$/s.exec(unescaped(params['*'] ?? '')) ?? []
  const action = verbs[verb]
  if (!action) {
    const known = Object.keys(verbs).join(', ')
    throw new GatewayError(
      'path-not-found',
      `there is no ${request.method} ${new URL(request.url).pathname} here; a model is followed by ":" and one of ${known}`,
    )
  }
  return {
    action,
    params: { ...params, model, verb },
    ...(action === 'relay' ? { relay: verb } : {}),
  }
}

/** An error before there was an exchange. */
function refuse(
  gateway: Gateway,
  codec: ClientCodec,
  request: Request,
  error: unknown,
  requestId = newRequestId(),
): Response {
  const inbound = {
    params: {},
    headers: request.headers,
    body: new Uint8Array(0),
    signal: request.signal,
  }
  return failed(
    gateway,
    { codec, action: 'generate', inbound, caller: NOBODY, requestId },
    undefined,
    error,
  )
}

const NOBODY = { name: '', may: () => false }

export function newRequestId(): string {
  return `req_${crypto.randomUUID().replaceAll('-', '')}`
}

/** The same path serves several protocols: the client's headers tell which it speaks. */
function voiceOf(request: Request): Codec {
  const { pathname } = new URL(request.url)
  const { headers } = request
  const anthropic = headers.has('anthropic-version') || pathname.startsWith('/v1/messages')
  const gemini =
    headers.has('x-goog-api-key') ||
    pathname.startsWith('/v1beta') ||
    /^\/v1\/(publishers|projects)\//.test(pathname)
  const codec = codecFor(anthropic ? 'anthropic' : gemini ? 'gemini' : PLAIN)
  if (!codec) throw new Error('the fallback protocol is missing')
  return codec
}

function authenticated(gateway: Gateway, request: Request): Caller {
  const key = queryOf(request)?.get('key') ?? undefined
  return gateway.authenticate(request.headers, () => gateway.services.peerOf(request), key)
}

/** Undefined: the documentation may be read. */
function refusedReader(gateway: Gateway, request: Request): Response | undefined {
  try {
    mustBeReader(gateway, request, queryOf(request)?.get('key') ?? undefined)
    return undefined
  } catch (error) {
    const response = refuse(gateway, voiceOf(request), request, error)
    if (response.status === 401) response.headers.set('www-authenticate', ASK_FOR_KEY)
    return response
  }
}

function modelList(gateway: Gateway, request: Request): Response {
  const codec = voiceOf(request)
  try {
    const caller = authenticated(gateway, request)
    return Response.json(codec.encodeModels(listModels(gateway, caller)))
  } catch (error) {
    return refuse(gateway, codec, request, error)
  }
}

function oneModel(gateway: Gateway, request: Request, escaped: string): Response {
  const codec = voiceOf(request)
  try {
    const caller = authenticated(gateway, request)
    const id = unescaped(escaped)
    const model = findModel(gateway, caller, id)
    if (!model)
      throw new GatewayError(
        'model-not-found',
        `no model named "${id}" in routes.yaml (GET /v1/models lists what there is)`,
      )
    return Response.json(codec.encodeModel(model))
  } catch (error) {
    return refuse(gateway, codec, request, error)
  }
}

/** `POST /v1/responses/compact` is no response of that name. */
function oneResponse(
  gateway: Gateway,
  request: Request,
  escaped: string,
  work: typeof readResponse,
): Response {
  if (METHODS.has(new URL(request.url).pathname)) return unknownPath(gateway, request)
  try {
    const caller = authenticated(gateway, request)
    return Response.json(work(gateway, caller, unescaped(escaped), queryOf(request)))
  } catch (error) {
    return refuse(gateway, openaiResponses, request, error)
  }
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function greeting(request: Request): Response {
  const { origin } = new URL(request.url)
  return new Response(
    `jackfield is up. Point your agent at ${origin} (Anthropic, Gemini) or ${origin}/v1 (OpenAI).\nWhat it serves: ${origin}/swagger\n`,
    { headers: { 'content-type': 'text/plain; charset=utf-8' } },
  )
}

/** Which methods a path has, for a 405 that says so. */
const METHODS = new Map<string, string>([
  ...clientCodecs.flatMap(codec =>
    codec.endpoints.map(({ path, method }) => [path, method] as const),
  ),
  ['/v1/models', 'GET'],
  ['/v1beta/models', 'GET'],
  ['/healthz', 'GET'],
  ['/swagger', 'GET'],
  ['/swagger/json', 'GET'],
  ['/routes.schema.json', 'GET'],
])

function unknownPath(gateway: Gateway, request: Request): Response {
  const { pathname } = new URL(request.url)
  const allow = METHODS.get(pathname)
  const error = allow
    ? new GatewayError('method-not-allowed', `${request.method} ${pathname}: use ${allow}`)
    : new GatewayError(
        'path-not-found',
        `there is no ${request.method} ${pathname} here; /swagger shows what there is`,
      )
  const response = refuse(gateway, voiceOf(request), request, error)
  if (allow) response.headers.set('allow', allow)
  return response
}

function fault(gateway: Gateway, request: Request, error: unknown): Response {
  return refuse(gateway, voiceOf(request), request, error)
}
