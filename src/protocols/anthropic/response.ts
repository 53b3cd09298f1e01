import {
  type ConversationResponse,
  type Part,
  type PartOf,
  packCapsule,
  type Seal,
  type ServerStep,
  type Stop,
} from '../../conversation/index.ts'
import type { JsonObject } from '../../lib/json.ts'
import { object, objects, text, without } from '../../lib/wire.ts'
import { argumentsObject } from '../arguments.ts'
import type { Asked } from '../codec.ts'
import { OUR_STEP } from '../ours.ts'
import { errorInside } from './error.ts'
import { extended } from './extended.ts'
import { decodeBlock, encodeMedia, encodeReplyCitation } from './part.ts'
import { decodeStop, encodeStop } from './stop.ts'
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
  const error = object(body.error)
  if (body.type === 'error' && error) throw errorInside(error)
  return {
    id: text(body.id) ?? '',
    model: text(body.model) ?? '',
    parts: objects(body.content).map(block => decodeBlock(block, issuer)),
    stop: decodeStop(text(body.stop_reason) ?? null, text(body.stop_sequence) ?? null),
    usage: decodeUsage(object(body.usage) ?? {}),
    ...extended(without(body, ...UNDERSTOOD)),
  }
}

export function encodeResponse(response: ConversationResponse, asked: Asked): JsonObject {
  const content = response.parts.flatMap(part => encodeReplyPart(part, asked))
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

/** A turn with calls ends in calls, whatever the upstream called its end. */
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
              ...(citations.length > 0 ? { citations } : {}),
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
        ...carrierOf(part, asked),
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

/** A call's own seal has no place in its block: an empty thought in front of it carries it. */
export function carrierOf(call: PartOf<'tool-call'>, asked: Asked): JsonObject[] {
  const { seal } = call
  if (!seal?.value || asked.thinking !== true) return []
  const calls: Record<string, Seal> = { [call.id]: seal }
  return [{ type: 'thinking', thinking: '', signature: packCapsule({ parts: [], calls }) }]
}

/** A step of another upstream as clients of this protocol know it. */
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
