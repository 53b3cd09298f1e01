import type { Caller } from '../../exchange/admission/caller.ts'
import { forgetResponse, storedResponse } from '../../exchange/history/stored-responses.ts'
import type { Gateway } from '../../exchange/snapshot.ts'
import { GatewayError } from '../../lib/errors.ts'
import type { JsonObject } from '../../lib/json/json.ts'
import { openaiResponses } from '../../protocols/openai-responses/index.ts'
import { storedResponseOperation } from '../openapi/stored-responses.ts'
import { guarded } from './guarded.ts'
import type { Handler, Params } from './handler.ts'
import { queryOf, unescaped } from './request.ts'

const PATH = '/v1/responses/:id'

/** Reads and deletes responses that are kept here. */
export function storedResponseHandlers(gateway: Gateway): Handler[] {
  const common = {
    path: PATH,
    access: 'callers',
    protocol: openaiResponses.protocol,
    codec: openaiResponses,
  } as const
  return [
    guarded(gateway, {
      ...common,
      method: 'GET',
      title: READ,
      openapi: () => [storedResponseOperation(openaiResponses, PATH, 'get', READ)],
      answer: async ({ request, params, caller }) =>
        Response.json(await readResponse(gateway, caller, idOf(params), queryOf(request))),
    }),
    guarded(gateway, {
      ...common,
      method: 'DELETE',
      title: DELETE,
      openapi: () => [storedResponseOperation(openaiResponses, PATH, 'delete', DELETE)],
      answer: async ({ params, caller }) =>
        Response.json(await deleteResponse(gateway, caller, idOf(params))),
    }),
  ]
}

const READ = 'A response that is kept here'
const DELETE = 'Deletes a response that is kept here'

function idOf({ id = '' }: Params): string {
  return unescaped(id)
}

/**
 * `GET /v1/responses/{id}`: a response as it ended. Only the caller that asked for it finds it.
 * Throws `invalid-request` with status 404 where it is not kept here.
 */
async function readResponse(
  gateway: Gateway,
  caller: Caller,
  id: string,
  query?: URLSearchParams,
): Promise<JsonObject> {
  if (query?.get('stream') === 'true')
    throw new GatewayError(
      'invalid-request',
      'stream: a kept response is whole and is not streamed again; ask without stream',
      { param: 'stream' },
    )
  return found(gateway, caller, id)
}

/** `DELETE /v1/responses/{id}`: neither it nor its items can be named from here on. Throws likewise. */
async function deleteResponse(gateway: Gateway, caller: Caller, id: string): Promise<JsonObject> {
  const response = await found(gateway, caller, id)
  if (!(await forgetResponse(gateway.services.state, caller.name, response)))
    throw new GatewayError(
      'internal',
      `the response '${id}' could not be deleted: kept.sqlite cannot be written just now; try again`,
      { status: 503 },
    )
  return { id, object: 'response', deleted: true }
}

async function found({ services }: Gateway, caller: Caller, id: string): Promise<JsonObject> {
  const response = await storedResponse(services.state, caller.name, id)
  if (response) return response
  throw new GatewayError(
    'invalid-request',
    `Response with id '${id}' not found. Kept here is what the gateway itself answered your key with, unless store was false; what an upstream keeps, ask of the upstream`,
    { status: 404, param: 'response_id' },
  )
}
