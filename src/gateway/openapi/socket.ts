import type { ClientCodec } from '../../protocols/codec.ts'
import type { Documented } from '../handlers/handler.ts'
import { errorResponses } from './errors.ts'

/** OpenAPI has no word for a WebSocket: what is described is the request that upgrades to one. */
export function socketOperation(codec: ClientCodec, path: string, summary: string): Documented {
  return {
    path,
    method: 'get',
    operation: {
      tags: [codec.protocol],
      summary,
      description:
        'Each frame that is sent is a JSON object of type "response.create" with the members of a POST to this path; each event of its stream comes back as a frame. One that follows names the response before it as previous_response_id.',
      parameters: [
        {
          name: 'upgrade',
          in: 'header',
          required: true,
          schema: { type: 'string', enum: ['websocket'] },
        },
      ],
      responses: {
        101: { description: 'The connection is a WebSocket now' },
        ...errorResponses(codec),
      },
    },
  }
}
