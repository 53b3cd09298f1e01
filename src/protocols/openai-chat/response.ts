import type { ConversationResponse, Part, PartOf } from '../../conversation/index.ts'
import { isObject, type JsonObject } from '../../lib/json/json.ts'
import { object, objects, text, without } from '../../lib/json/read-json.ts'
import type { Asked } from '../codec.ts'
import { callId } from '../shared/call-id.ts'
import { embeddedError } from './error.ts'
import { decodeCalls, encodeCalls, readCalls } from './message/call.ts'
import { decodeCitation, encodeCitation } from './message/citation.ts'
import { decodeContent } from './message/part.ts'
import {
  contentThinking,
  decodeReasoning,
  encodeReasoning,
  membersReadFrom,
  readFrom,
  sealOf,
} from './message/reasoning.ts'
import { decodeReplyImages, encodeReplyMedia, lost } from './message/reply-media.ts'
import { spellingOf, withSpelling } from './spelling.ts'
import { decodeStop, encodeStop } from './stop.ts'
import { decodeUsage, encodeUsage } from './usage.ts'

const READ = ['id', 'object', 'created', 'model', 'choices', 'usage']

/** The first choice; others stay in the extensions, since a conversation has one answer. */
export function decodeResponse(body: JsonObject, issuer: string): ConversationResponse {
  const error = embeddedError(body)
  if (error) throw error
  const [choice = {}, ...more] = objects(body.choices)
  // A choice that a content filter emptied has no message at all.
  const message = object(choice.message) ?? {}
  const id = text(body.id) ?? ''
  const { parts, rest, calling } = decodeReply(message, issuer, index => callId(id, index))
  const shape: JsonObject = { choice: without(choice, 'message', 'finish_reason'), message: rest }
  if (more.length > 0) shape.more = more
  return {
    id,
    model: text(body.model) ?? '',
    parts,
    stop: decodeStop(text(choice.finish_reason) ?? null, calling),
    usage: decodeUsage(object(body.usage) ?? {}),
    ...withSpelling(without(body, ...READ), shape),
  }
}

/** The parts of a reply, and the members of its message that are in none of them. */
function decodeReply(message: JsonObject, issuer: string, idFor: (index: number) => string) {
  const content = decodeReplyContent(message, issuer)
  const { parts: thoughts, rest } = decodeReasoning(message, issuer)
  const parts = thoughts.map((part): Part => ({ ...part, seal: part.seal ?? sealOf(issuer, '') }))
  const annotations = objects(message.annotations)
  const read = ['role']
  if (message.content && typeof message.content === 'string') read.push('content')
  if (annotations.length > 0) {
    const first = content.findIndex(part => part.type === 'text')
    const cited = content[first]
    if (cited?.type === 'text') {
      content[first] = { ...cited, citations: annotations.map(decodeCitation) }
      read.push('annotations')
    }
  }
  parts.push(...content)
  const refusal = text(message.refusal)
  if (refusal) {
    parts.push({ type: 'refusal', text: refusal })
    read.push('refusal')
  }
  const images = message.images ? decodeReplyImages(message) : []
  if (images.length > 0) read.push('images')
  const calls = decodeCalls(message, idFor)
  return {
    parts: [...parts, ...images, ...calls],
    rest: without(rest, ...read, ...readCalls(calls)),
    calling: calls.length > 0,
  }
}

/** Mistral thinks inside the content. */
function decodeReplyContent({ content }: JsonObject, issuer: string): Part[] {
  // One service answers with the object that its JSON mode was asked for.
  if (isObject(content)) return [{ type: 'text', text: JSON.stringify(content) }]
  if (!Array.isArray(content)) return decodeContent(content)
  return objects(content).flatMap(wire => {
    if (wire.type !== 'thinking') return decodeContent([wire])
    const part: Part = {
      type: 'thinking',
      text: contentThinking(wire),
      seal: sealOf(issuer, ''),
      ...readFrom([]),
    }
    return [part]
  })
}

export function encodeResponse(response: ConversationResponse, asked: Asked): JsonObject {
  const shape = spellingOf(response)
  const own = object(shape.message)
  const reply = { ...(own ? {} : { refusal: null }), ...encodeReply(response.parts, asked) }
  const message: JsonObject = { role: 'assistant', ...reply, ...own }
  return {
    id: response.id || `chatcmpl-${asked.id}`,
    object: 'chat.completion',
    created: Math.floor(asked.atMs / 1000),
    model: asked.model,
    ...response.extensions?.['openai-chat'],
    choices: [
      {
        index: 0,
        message,
        ...(object(shape.choice) ?? { logprobs: null }),
        finish_reason: encodeStop(response.stop),
      },
      ...objects(shape.more),
    ],
    usage: encodeUsage(response.usage),
  }
}

/** The reply's parts as members of its message, without the calls that the upstream ran itself. */
function encodeReply(parts: readonly Part[], asked: Asked): JsonObject {
  const calls: PartOf<'tool-call'>[] = []
  const annotations: JsonObject[] = []
  const images: JsonObject[] = []
  let content = ''
  let refusal = ''
  let reasoning: JsonObject = {}
  let audio: JsonObject = {}
  for (const part of parts) {
    switch (part.type) {
      case 'text':
        content += part.text
        annotations.push(...(part.citations ?? []).flatMap(encodeCitation))
        break
      case 'thinking':
        reasoning = joined(reasoning, encodeReplyReasoning(part))
        break
      case 'refusal':
        refusal += part.text
        break
      case 'tool-call':
        if (part.runsOn === 'client') calls.push(part)
        break
      case 'image':
      case 'audio':
      case 'document':
      case 'video': {
        const media = encodeReplyMedia(part, asked)
        images.push(...objects(media.images))
        if (media.audio) audio = { audio: media.audio }
        content += text(media.content) ?? ''
        break
      }
      case 'opaque':
        lost(part, asked)
        break
      // Sealed reasoning without words is kept for this client; results are never in a reply.
      case 'thinking-redacted':
      case 'tool-result':
        break
    }
  }
  return {
    content: content === '' && (calls.length > 0 || refusal !== '') ? null : content,
    ...(refusal ? { refusal } : {}),
    ...reasoning,
    ...(annotations.length > 0 ? { annotations } : {}),
    ...(images.length > 0 ? { images } : {}),
    ...audio,
    ...encodeCalls(calls),
  }
}

function encodeReplyReasoning(part: PartOf<'thinking'>): JsonObject {
  return encodeReasoning(part, membersReadFrom(part) ? undefined : 'reasoning_content')
}

/** Several thinking parts are one text here. */
function joined(before: JsonObject, after: JsonObject): JsonObject {
  const both = { ...before, ...after }
  for (const [name, value] of Object.entries(after)) {
    const earlier = before[name]
    if (typeof value === 'string' && typeof earlier === 'string')
      both[name] = `${earlier}\n\n${value}`
  }
  return both
}
