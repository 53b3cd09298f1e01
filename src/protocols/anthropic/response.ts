import {
  type ConversationResponse,
  type Part,
  type PartOf,
  packCapsule,
  type Seal,
  type ServerStep,
  type Stop,
} from '../../conversation/index.ts'
import type { JsonObject } from '../../lib/json/json.ts'
import { object, objects, text } from '../../lib/json/read-json.ts'
import type { Asked } from '../codec.ts'
import { argumentsObject } from '../shared/arguments.ts'
import { OUR_STEP } from '../shared/gateway-ids.ts'
import { embeddedError } from './error.ts'
import { decodeBlock, encodeMedia, encodeReplyCitation, unread } from './part.ts'
import { decodeStop, encodeStop } from './stop.ts'
import { carriesThinking } from './thinking.ts'
import { decodeUsage, encodeUsage } from './usage.ts'

const UNDERSTOOD = [
  'id',
  'type',
  'role',
  'model',
  'content',
  'stop_reason',
  'stop_sequence',
  'usage',
]

export function decodeResponse(body: JsonObject, issuer: string): ConversationResponse {
  const error = embeddedError(body)
  if (error) throw error
  return {
    id: text(body.id) ?? '',
    model: text(body.model) ?? '',
    parts: objects(body.content).map(block => decodeBlock(block, issuer)),
    stop: decodeStop(text(body.stop_reason) ?? null, text(body.stop_sequence) ?? null),
    usage: decodeUsage(object(body.usage) ?? {}),
    extensions: unread(body, ...UNDERSTOOD),
  }
}

export function encodeResponse(response: ConversationResponse, asked: Asked): JsonObject {
  const silent = createSilent(asked)
  const content = response.parts.flatMap(part =>
    silent.holds(part) ? [] : [...silent.before(part), ...encodeReplyPart(part, asked)],
  )
  silent.end()
  const calling = response.parts.some(part => part.type === 'tool-call' && part.runsOn === 'client')
  return {
    id: messageId(response.id || asked.id),
    type: 'message',
    role: 'assistant',
    model: asked.model,
    content,
    ...encodeStop(calledStop(response.stop, calling)),
    usage: encodeUsage(response.usage),
    ...response.extensions?.anthropic,
  }
}

/** Ids of this protocol begin with `msg_`; others' are kept behind it. */
export function messageId(id: string): string {
  return id.startsWith('msg_') ? id : `msg_${id}`
}

/** A turn with calls stops for them, whichever reason the upstream gave. */
export function calledStop(stop: Stop, calling: boolean): Stop {
  return calling && (stop.reason === 'end' || stop.reason === 'other')
    ? { reason: 'tool-calls', raw: null }
    : stop
}

/** A part as a client of this protocol gets it. */
export function encodeReplyPart(part: Part, asked: Asked): JsonObject[] {
  switch (part.type) {
    case 'text': {
      const citations = (part.citations ?? []).flatMap(encodeReplyCitation)
      const own = part.extensions?.anthropic
      return part.text === '' && !own
        ? []
        : [
            {
              type: 'text',
              text: part.text,
              citations: citations.length > 0 ? citations : undefined,
              ...own,
            },
          ]
    }
    case 'refusal':
      return part.text === '' ? [] : [{ type: 'text', text: part.text }]
    case 'thinking':
      return [
        {
          type: 'thinking',
          thinking: part.text,
          signature: signatureOf(part),
          ...part.extensions?.anthropic,
        },
      ]
    case 'thinking-redacted':
      return [{ type: 'redacted_thinking', data: signatureOf(part) }]
    case 'tool-call':
      if (part.runsOn === 'server') return []
      return [
        {
          type: 'tool_use',
          id: part.id,
          name: part.name,
          input: argumentsObject(part.arguments),
          ...part.extensions?.anthropic,
        },
      ]
    case 'opaque':
      return part.protocol === 'anthropic' ? [part.wire] : encodeStep(part, asked)
    case 'image':
    case 'document':
    case 'audio':
    case 'video': {
      const encoded = encodeMedia(part)
      if ('wire' in encoded) return [encoded.wire]
      return encoded.instead ? [{ type: 'text', text: encoded.instead }] : []
    }
    case 'tool-result':
      return []
  }
}

/** The vendor's own signature, or a capsule of what another upstream thought. */
export function signatureOf(part: PartOf<'thinking'> | PartOf<'thinking-redacted'>): string {
  if (part.seal?.protocol === 'anthropic') return part.seal.value
  return packCapsule({ parts: [part] })
}

/**
 * Seals without text: a call's own seal, or one behind a text. Neither has a block here,
 * so an empty thought in front of the next call carries them. Without a call they are not needed, and
 * clients take the last block of a reply for its answer.
 */
export function createSilent(asked: Asked) {
  let held: PartOf<'thinking'>[] = []
  return {
    /** Whether the part is such a seal; then it is kept for the next call. */
    holds(part: Part): boolean {
      if (part.type !== 'thinking' || part.text !== '') return false
      if (!part.seal?.value || part.seal.protocol === 'anthropic') return false
      held.push(part)
      return true
    },
    /** The blocks in front of a part. */
    before(part: Part): JsonObject[] {
      if (part.type !== 'tool-call' || part.runsOn === 'server') return []
      const parts = held
      const { seal, id } = part
      if (!carriesThinking(asked) || (parts.length === 0 && !seal?.value)) return []
      held = []
      const calls: Record<string, Seal> = seal?.value ? { [id]: seal } : {}
      return [{ type: 'thinking', thinking: '', signature: packCapsule({ parts, calls }) }]
    },
    end(): void {
      if (held.length > 0)
        asked.losses?.push({ path: 'content', reason: 'a seal behind the last text' })
    },
  }
}

/** A step of another upstream in the form of this protocol's own steps. */
function encodeStep({ means, wire }: PartOf<'opaque'>, asked: Asked): JsonObject[] {
  if (means?.does !== 'web-search') {
    asked.losses?.push({
      path: 'content',
      reason: `${text(wire.type) ?? 'a part'} has no equivalent`,
    })
    return []
  }
  const id = `${OUR_STEP}${means.id.replace(/[^a-zA-Z0-9_-]/g, '_')}`
  const use: JsonObject = {
    type: 'server_tool_use',
    id,
    name: 'web_search',
    input: { query: means.query ?? '' },
  }
  return [use, { type: 'web_search_tool_result', tool_use_id: id, content: sourcesOf(means) }]
}

function sourcesOf({ sources }: ServerStep): JsonObject[] {
  return (sources ?? []).map(({ url, title }) => ({
    type: 'web_search_result',
    url,
    title: title ?? url,
    encrypted_content: '',
    page_age: null,
  }))
}
