import type { JsonObject } from '../../lib/json/json.ts'
import type { Codec } from '../../protocols/codec.ts'
import type { Documented } from '../handlers/handler.ts'
import { errorResponses } from './errors.ts'
import { replyContent } from './reply.ts'
import { schemaLike } from './schema.ts'

const DELETED: JsonObject = { id: 'resp_1', object: 'response', deleted: true }

/** A method of a response that is kept here, by its id. */
export function storedResponseOperation(
  codec: Codec,
  path: string,
  method: 'get' | 'delete',
  summary: string,
): Documented {
  const content =
    method === 'get'
      ? replyContent(codec, { action: 'generate', title: summary, examples: {} }, 'echo')
      : { 'application/json': { schema: schemaLike(DELETED), example: DELETED } }
  return {
    path: path.replace(/:(\w+)/g, '{$1}'),
    method,
    operation: {
      tags: [codec.protocol],
      summary,
      parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }],
      responses: { 200: { description: 'The answer', content }, ...errorResponses(codec) },
    },
  }
}
