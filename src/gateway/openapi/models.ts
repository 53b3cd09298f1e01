import type { Gateway } from '../../exchange/snapshot.ts'
import type { JsonObject } from '../../lib/json/json.ts'
import type { Codec, ModelInfo } from '../../protocols/codec.ts'
import type { Documented } from '../handlers/handler.ts'
import { errorResponses } from './errors.ts'
import { listedNames } from './listed-names.ts'
import { schemaLike } from './schema.ts'

/** A path under which clients of `codecs` find models, each in the shape of its own protocol. */
export function modelOperation(
  { table }: Gateway,
  path: string,
  summary: string,
  codecs: readonly Codec[],
  encode: (codec: Codec, model: ModelInfo) => JsonObject,
): Documented[] {
  const [id = 'echo'] = listedNames(table).shown
  const model: ModelInfo = { id, ownedBy: 'jackfield', createdAtMs: Date.UTC(2026, 0, 1) }
  const shapes = codecs.map(codec => [codec.protocol, encode(codec, model)] as const)
  const [fallback] = codecs
  return [
    {
      path,
      method: 'get',
      operation: {
        tags: ['models'],
        summary,
        ...(codecs.length > 1
          ? { description: `Clients get the shape of their protocol: ${spokenText(codecs)}.` }
          : {}),
        responses: {
          200: {
            description: 'The answer',
            content: {
              'application/json': {
                schema: { anyOf: shapes.map(([, body]) => schemaLike(body)) },
                examples: Object.fromEntries(shapes.map(([name, value]) => [name, { value }])),
              },
            },
          },
          ...(fallback ? errorResponses(fallback) : {}),
        },
      },
    },
  ]
}

function spokenText(codecs: readonly Codec[]): string {
  return codecs.map(({ protocol }) => protocol).join(', ')
}
