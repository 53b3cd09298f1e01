import { type ConversationResponse, type Part, replay } from '../../conversation/index.ts'
import type { JsonObject } from '../../lib/json/json.ts'
import { object, objects, text, without } from '../../lib/json/read-json.ts'
import { sourceMemory } from '../../lib/json/source-memory.ts'
import type { Asked } from '../codec.ts'
import { withExtensions } from '../shared/extensions.ts'
import { decodePart } from './content.ts'
import { embeddedError } from './error.ts'
import { decodeCall, decodeReasoning, opaque } from './item.ts'
import { decodeStop } from './stop.ts'
import { ResponseWriter } from './stream/encode.ts'
import { decodeUsage } from './usage.ts'

const memory = sourceMemory('openai-responses')

const READ = [
  'id',
  'object',
  'model',
  'status',
  'incomplete_details',
  'output',
  'usage',
  'error',
  'output_text',
]

export function decodeResponse(body: JsonObject, issuer: string): ConversationResponse {
  const error = embeddedError(body)
  if (error) throw error
  const items = objects(body.output)
  const parts = items.flatMap(item => decodeOutputItem(item, issuer))
  return {
    id: text(body.id) ?? '',
    model: text(body.model) ?? '',
    parts: memory.remember(parts, items),
    stop: decodeStop(body, parts),
    usage: decodeUsage(object(body.usage) ?? {}),
    ...withExtensions('openai-responses', restOf(body)),
  }
}

/** What of a response stands in no other place of the conversation. */
export function restOf(body: JsonObject): JsonObject {
  return without(body, ...READ)
}

export function decodeOutputItem(item: JsonObject, issuer: string): Part[] {
  switch (item.type) {
    case 'message':
      return objects(item.content).map((content, index) => ({
        ...decodePart(content),
        ...withExtensions('openai-responses', index === 0 ? { item: messageMembers(item) } : {}),
      }))
    case 'reasoning': {
      const part = decodeReasoning(item, issuer)
      return part.type === 'carrier' ? part.capsule.parts : [part]
    }
    case 'function_call':
    case 'custom_tool_call':
      return [{ ...decodeCall(item), ...withExtensions('openai-responses', callMembers(item)) }]
    default:
      return [opaque(item)]
  }
}

export function messageMembers(item: JsonObject): JsonObject {
  return without(item, 'type', 'role', 'content', 'status')
}

export function callMembers(item: JsonObject): JsonObject {
  return without(item, 'type', 'status', 'call_id', 'name', 'namespace', 'arguments', 'input')
}

export function encodeResponse(response: ConversationResponse, asked: Asked): JsonObject {
  const { finished, ...quietly } = asked
  const writer = new ResponseWriter(quietly)
  for (const event of replay(response)) writer.feed(event)
  const written = memory.recall(response.parts)
  const body: JsonObject = {
    ...writer.body(response.stop, response.usage),
    ...(written === undefined ? {} : { output: written }),
    ...response.extensions?.['openai-responses'],
  }
  finished?.(body)
  return body
}
