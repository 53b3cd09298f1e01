import {
  type ConversationRequest,
  type ConversationResponse,
  packCapsule,
} from '../../conversation/index.ts'
import { isObject, type JsonObject } from '../../lib/json.ts'
import type { Asked } from '../codec.ts'
import { itemsOf } from './input.ts'
import { createIds } from './reply-item.ts'
import { encodeUsage } from './usage.ts'

const ASK = `Write a summary of this conversation for yourself: it will replace everything above. Keep what the user wants and has decided, what was done and found out, file names, commands, code and numbers that still matter, what is left to do, and the very next step. Write only the summary.`

/** What an upstream without compaction is asked instead: a summary. */
export function askForSummary(request: ConversationRequest): ConversationRequest {
  const { thinking: _, ...rest } = request
  return {
    ...rest,
    messages: [...request.messages, { role: 'user', parts: [{ type: 'text', text: ASK }] }],
    tools: [],
    toolChoice: { mode: 'auto' },
    format: { type: 'text' },
  }
}

/** The user's own messages, and an item that only we can open with the summary in it. */
export function encodeCompaction(
  response: ConversationResponse,
  asked: Asked,
  body: JsonObject,
): JsonObject {
  const words = response.parts.map(part => (part.type === 'text' ? part.text : '')).join('')
  const ids = createIds(asked)
  const text = `Summary of the conversation so far:\n\n${words}`
  return {
    id: ids.response,
    object: 'response.compaction',
    created_at: Math.floor(asked.atMs / 1000),
    output: [
      ...itemsOf(body.input).filter(isUserMessage),
      {
        id: ids.next('cmp'),
        type: 'compaction',
        encrypted_content: packCapsule({ parts: [{ type: 'text', text }] }),
      },
    ],
    usage: encodeUsage(response.usage),
  }
}

function isUserMessage(item: unknown): item is JsonObject {
  return isObject(item) && item.role === 'user' && (item.type ?? 'message') === 'message'
}
