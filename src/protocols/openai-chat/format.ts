import type { ConversationRequest } from '../../conversation/index.ts'
import type { JsonObject } from '../../lib/json/json.ts'
import { object } from '../../lib/json/read-json.ts'
import { decodeReplyFormat } from '../shared/openai/request-words.ts'
import { originalSpelling } from './spelling.ts'

type Format = ConversationRequest['format']

export function decodeFormat(body: JsonObject): Format {
  const wire = object(body.response_format)
  const declared = object(wire?.json_schema)
  return decodeReplyFormat(wire?.type, declared, 'openai-chat', 'response_format.type')
}

export function encodeFormat(format: Format, own: JsonObject | undefined): JsonObject {
  const original = own && originalSpelling(own, ['response_format'], decodeFormat, format)
  if (original) return original
  if (format.type === 'text') return {}
  if (!format.schema) return { response_format: { type: 'json_object' } }
  const { schema, name, strict } = format
  return {
    response_format: {
      type: 'json_schema',
      json_schema: { name: name ?? 'reply', schema, strict },
    },
  }
}
