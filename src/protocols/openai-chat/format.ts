import type { ConversationRequest } from '../../conversation/index.ts'
import type { JsonObject, JsonValue } from '../../lib/json/json.ts'
import { flag, object, text } from '../../lib/json/read-json.ts'
import { unknownWord } from '../shared/foreign-members.ts'
import { originalSpelling } from './spelling.ts'

type Format = ConversationRequest['format']

export function decodeFormat(body: JsonObject): Format {
  const wire = object(body.response_format)
  if (wire?.type === 'json_object') return { type: 'json' }
  const declared = object(wire?.json_schema)
  if (wire?.type !== 'json_schema' || !declared) return textFormat(wire?.type)
  const schema = object(declared.schema)
  const name = text(declared.name)
  return {
    type: 'json',
    schema,
    name,
    strict: flag(declared.strict),
  }
}

function textFormat(word: JsonValue = 'text'): Format {
  const format: Format = { type: 'text' }
  if (word === 'text') return format
  return unknownWord(format, 'openai-chat', 'response_format.type', { word, taken: 'text' })
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
