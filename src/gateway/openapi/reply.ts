import type { OpenAPIV3 } from 'openapi-types'
import type { ConversationResponse, StreamEvent } from '../../conversation/index.ts'
import { type JsonObject, parseObject } from '../../lib/json/json.ts'
import { encodeSse } from '../../lib/streams/sse.ts'
import type { Asked, ClientCodec, Operation } from '../../protocols/codec.ts'
import { schemaLike } from './schema.ts'

const TEXT = 'Hello! How can I help?'
const USAGE = { fresh: 8, output: 7 }

const asked = (model: string): Asked => ({ model, id: 'req_1', atMs: Date.UTC(2026, 0, 1) })

const response = (model: string): ConversationResponse => ({
  id: 'req_1',
  model,
  parts: [{ type: 'text', text: TEXT }],
  stop: { reason: 'end', raw: null },
  usage: USAGE,
})

const events = (model: string): StreamEvent[] => [
  { type: 'response-start', id: 'req_1', model, usage: USAGE },
  { type: 'part-start', index: 0, part: { type: 'text', text: '' } },
  { type: 'part-delta', index: 0, delta: { text: TEXT } },
  { type: 'part-end', index: 0 },
  { type: 'response-end', stop: { reason: 'end', raw: null }, usage: USAGE },
]

/** The replies of an operation, each as the codec writes it: the documentation cannot differ from it. */
export function replyContent(
  codec: ClientCodec,
  { action, replies = ['application/json'] }: Operation,
  model: string,
): OpenAPIV3.ResponseObject['content'] {
  return Object.fromEntries(
    replies.map(type => {
      if (type === 'text/event-stream') return [type, stream(codec, action, model)]
      if (type !== 'application/json') return [type, bytes(type)]
      const example = reply(codec, action, model)
      // A relay's reply is the upstream's.
      return [type, example ? { schema: schemaLike(example), example } : { schema: ANYTHING }]
    }),
  )
}

const ANYTHING: OpenAPIV3.SchemaObject = { type: 'object', additionalProperties: true }

function bytes(type: string): OpenAPIV3.MediaTypeObject {
  return { schema: { type: 'string', ...(type.startsWith('text/') ? {} : { format: 'binary' }) } }
}

function reply(
  codec: ClientCodec,
  action: Operation['action'],
  model: string,
): JsonObject | undefined {
  if (action === 'generate') return defined(codec.encodeResponse(response(model), asked(model)))
  if (action === 'count-tokens') return codec.encodeTokenCount(8)
  if (action === 'compact') {
    const compacted = codec.compaction?.encode(response(model), asked(model), {})
    return compacted && defined(compacted)
  }
  return undefined
}

function stream(
  codec: ClientCodec,
  action: Operation['action'],
  model: string,
): OpenAPIV3.MediaTypeObject {
  const schema: OpenAPIV3.SchemaObject = {
    type: 'string',
    description: 'Server-sent events; each data line is a JSON object',
  }
  if (action !== 'generate') return { schema }
  const encoder = codec.encodeStream(asked(model))
  const frames = [...events(model).flatMap(event => encoder.feed(event)), ...encoder.end()]
  return { schema, example: frames.map(encodeSse).join('') }
}

/** As it is sent: members without a value are not. */
function defined(value: JsonObject): JsonObject {
  return parseObject(JSON.stringify(value)) ?? {}
}
