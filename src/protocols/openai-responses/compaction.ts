import {
  type ConversationRequest,
  type ConversationResponse,
  packCapsule,
} from '../../conversation/index.ts'
import { GatewayError } from '../../lib/errors.ts'
import { isObject, type JsonObject } from '../../lib/json/json.ts'
import type { ClientCodec } from '../codec.ts'
import { itemsOf } from './input.ts'
import { createIds } from './reply-item.ts'
import { encodeUsage } from './usage.ts'

/** The last input item of a request that asks for a compaction (Codex 0.169, 2026-11). */
const TRIGGER = 'compaction_trigger'

const ASK = `Write a summary of this conversation for yourself: it will replace everything above. Keep what the user wants and has decided, what was done and found out, file names, commands, code and numbers that still matter, what is left to do, and the very next step. Write only the summary.`

/**
 * Compaction by upstreams that have none: they are asked for a summary, which goes to the client in
 * an item that only we can open. Clients ask by an endpoint of its own or by the last input item,
 * and then want exactly that item.
 */
export const compaction: NonNullable<ClientCodec['compaction']> = {
  mark: TRIGGER,
  wanted: ({ input }) => itemsOf(input).at(-1)?.type === TRIGGER,
  ask: askForSummary,
  encode(response, asked, body) {
    const ids = createIds(asked)
    return {
      id: ids.response,
      object: 'response.compaction',
      created_at: Math.floor(asked.atMs / 1000),
      output: [
        ...itemsOf(body.input).filter(isUserMessage),
        compactionItem(response, ids.next('cmp')),
      ],
      usage: encodeUsage(response.usage),
    }
  },
  reply(response, asked) {
    const wire = compactionItem(response, createIds(asked).next('cmp'))
    return {
      id: response.id,
      model: response.model,
      parts: [{ type: 'opaque', protocol: 'openai-responses', wire }],
      stop: { reason: 'end', raw: null },
      usage: response.usage,
    }
  },
}

function askForSummary(request: ConversationRequest): ConversationRequest {
  const { thinking: _, ...rest } = request
  return {
    ...rest,
    messages: [...request.messages, { role: 'user', parts: [{ type: 'text', text: ASK }] }],
    tools: [],
    toolChoice: { mode: 'auto' },
    format: { type: 'text' },
  }
}

function compactionItem({ parts }: ConversationResponse, id: string): JsonObject {
  const words = parts.map(part => (part.type === 'text' ? part.text : '')).join('')
  // An empty summary would erase the conversation.
  if (words.trim() === '')
    throw new GatewayError(
      'upstream-failed',
      'the upstream wrote no summary of the conversation; please retry your request',
    )
  const text = `Summary of the conversation so far:\n\n${words}`
  return {
    id,
    type: 'compaction',
    encrypted_content: packCapsule({ parts: [{ type: 'text', text }] }),
  }
}

/** Input items without those that are only instructions for the others. */
export function conversationItems(items: readonly JsonObject[]): JsonObject[] {
  return items.filter(({ type }) => type !== TRIGGER)
}

function isUserMessage(item: unknown): item is JsonObject {
  return isObject(item) && item.role === 'user' && (item.type ?? 'message') === 'message'
}
