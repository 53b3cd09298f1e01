import { exchange } from '../../exchange/exchange.ts'
import type { Gateway } from '../../exchange/snapshot.ts'
import { GatewayError } from '../../lib/errors.ts'
import type { Action, ClientCodec, Endpoint } from '../../protocols/codec.ts'
import { endpointOperations } from '../openapi/endpoint.ts'
import { readBody } from './body.ts'
import type { Handler, Params } from './handler.ts'
import { refusal } from './refusal.ts'
import { newRequestId, queryOf, unescaped } from './request.ts'

/** What a request to an endpoint asks for: an action, the relay that is meant, and what its path names. */
type Asked = { action: Action; relay: string | undefined; named: Params | undefined }

/** The handler of one endpoint of a protocol. The body stays bytes: its exchange reads it. */
export function endpointHandler(gateway: Gateway, codec: ClientCodec, endpoint: Endpoint): Handler {
  const verbs = 'verbs' in endpoint ? endpoint.verbs : {}
  const fixed = 'verbs' in endpoint ? undefined : askedAt(endpoint)
  const { services, table } = gateway
  return {
    method: endpoint.method,
    path: endpoint.path,
    access: 'callers',
    protocol: codec.protocol,
    title: titleOf(endpoint),
    openapi: components => endpointOperations(gateway, codec, endpoint, components),
    async handle(request, params) {
      const { headers, signal } = request
      const requestId = newRequestId()
      try {
        const query = request.url.includes('?') ? queryOf(request) : undefined
        const peer = services.peerOf.bind(services, request)
        const caller = gateway.authenticate(headers, peer, query?.get('key') ?? undefined)
        const { action, relay, named } = fixed ?? askedByVerb(verbs, request, params)
        const body = await readBody(request, table.server.bodyLimitBytes, services)
        return await exchange(gateway, {
          codec,
          action,
          inbound: { params: named ?? params, headers, body, signal, query },
          caller,
          requestId,
          requestLine: { method: request.method, url: request.url },
          relay,
        })
      } catch (error) {
        const response = refusal(gateway, codec, error, requestId)
        // The rest of a body that did not come in time is not waited for.
        if (response.status === 408) response.headers.set('connection', 'close')
        return response
      }
    },
  }
}

function titleOf(endpoint: Endpoint): string {
  if ('title' in endpoint) return endpoint.title
  return `A model's name, ":" and ${Object.keys(endpoint.verbs).join(', ')}`
}

/** The same for every request to the path. */
function askedAt({ action, path }: { action: Action; path: string }): Asked {
  return { action, relay: action === 'relay' ? path : undefined, named: undefined }
}

/** Decided by the verb behind the model's name. */
function askedByVerb(
  verbs: Extract<Endpoint, { verbs: unknown }>['verbs'],
  request: Request,
  params: Params,
): Asked {
  const [, model = '', verb = ''] = /^(.*):([A-Za-z]+)$/s.exec(unescaped(params['*'] ?? '')) ?? []
  const action = verbs[verb]?.action
  if (!action) {
    const known = Object.keys(verbs).join(', ')
    throw new GatewayError(
      'path-not-found',
      `there is no ${request.method} ${new URL(request.url).pathname} here; a model is followed by ":" and one of ${known}`,
    )
  }
  return {
    action,
    relay: action === 'relay' ? verb : undefined,
    named: { ...params, model, verb },
  }
}
