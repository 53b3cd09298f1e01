import type { Citation, ConversationResponse, Part } from '../../conversation/index.ts'
import { GatewayError } from '../../lib/errors.ts'
import type { JsonObject } from '../../lib/json.ts'
import { number, object, objects, text, without } from '../../lib/wire.ts'
import type { Asked } from '../codec.ts'
import { errorInside } from './error.ts'
import { extended } from './extended.ts'
import { decodeContent } from './part.ts'
import { decodeCalls, decodeReasoning } from './request.ts'
import { decodeStop, encodeStop } from './stop.ts'
import { decodeUsage, encodeUsage } from './usage.ts'

const MESSAGE = [
  'role',
  'content',
  'refusal',
  'tool_calls',
  'function_call',
  'annotations',
  'reasoning_content',
  'reasoning',
  'reasoning_details',
]

/** The first choice; others stay in the extensions, since a conversation has one answer. */
export function decodeResponse(body: JsonObject, issuer: string): ConversationResponse {
  if (body.error !== undefined && body.error !== null) throw errorInside(body.error)
  const [choice, ...others] = objects(body.choices)
  // A choice that a content filter emptied has no message at all.
  const message = object(choice?.message) ?? {}
  if (!choice)
    throw new GatewayError('upstream-failed', 'the upstream sent a completion without a choice')
  const parts = decodeReply(message, issuer)
  const stop = decodeStop(text(choice.finish_reason) ?? null)
  const calling = parts.some(part => part.type === 'tool-call')
  return {
    id: text(body.id) ?? '',
    model: text(body.model) ?? '',
    parts,
    // Some services stop a turn that calls with "stop".
    stop:
      calling && (stop.reason === 'end' || stop.reason === 'other')
        ? { reason: 'tool-calls', raw: stop.raw }
        : stop,
    usage: decodeUsage(object(body.usage) ?? {}),
    ...extended({
      ...without(body, 'id', 'object', 'model', 'choices', 'usage', 'created'),
      ...(others.length > 0 ? { 'more.choices': others } : {}),
      ...(choice.logprobs ? { 'choice.logprobs': choice.logprobs } : {}),
      ...message_(without(message, ...MESSAGE)),
    }),
  }
}

/** What a message holds beyond the conversation's words, kept apart from the body's own members. */
function message_(rest: JsonObject): JsonObject {
  return Object.keys(rest).length > 0 ? { 'choice.message': rest } : {}
}

function decodeReply(message: JsonObject, issuer: string): Part[] {
  const parts = decodeReasoning(message, { issuer })
  const content = decodeContent(message.content)
  const citations = objects(message.annotations).flatMap(decodeCitation)
  const [first] = content
  if (citations.length > 0 && first?.type === 'text') content[0] = { ...first, citations }
  parts.push(...content)
  const refusal = text(message.refusal)
  if (refusal) parts.push({ type: 'refusal', text: refusal })
  parts.push(...decodeCalls(message))
  return parts
}

export function decodeCitation(annotation: JsonObject): Citation[] {
  const cited = object(annotation.url_citation)
  if (!cited) return []
  const title = text(cited.title)
  const url = text(cited.url)
  const from = number(cited.start_index)
  const to = number(cited.end_index)
  return [
    {
      ...(title === undefined ? {} : { title }),
      ...(url === undefined ? {} : { url }),
      ...(from !== undefined && to !== undefined ? { range: [from, to] } : {}),
      ...extended(annotation),
    },
  ]
}

export function encodeCitation(citation: Citation): JsonObject | undefined {
  const own = citation.extensions?.['openai-chat']
  if (own) return own
  if (!citation.url) return undefined
  const [start_index, end_index] = citation.range ?? [0, 0]
  return {
    type: 'url_citation',
    url_citation: { url: citation.url, title: citation.title ?? '', start_index, end_index },
  }
}

export function encodeResponse(response: ConversationResponse, asked: Asked): JsonObject {
  const own = response.extensions?.['openai-chat'] ?? {}
  const message: JsonObject = {
    role: 'assistant',
    ...encodeReply(response.parts),
    ...object(own['choice.message']),
  }
  const finish = encodeStop(response.stop)
  return {
    id: response.id || `chatcmpl-${asked.id}`,
    object: 'chat.completion',
    created: Math.floor(asked.atMs / 1000),
    model: asked.model,
    ...without(own, 'more.choices', 'choice.logprobs', 'choice.message'),
    choices: [
      { index: 0, message, logprobs: own['choice.logprobs'] ?? null, finish_reason: finish },
      ...objects(own['more.choices']),
    ],
    usage: encodeUsage(response.usage),
  }
}

function encodeReply(parts: readonly Part[]): JsonObject {
  let content = ''
  let reasoning = ''
  let refusal: string | null = null
  const calls: JsonObject[] = []
  const annotations: JsonObject[] = []
  let carried: JsonObject = {}
  for (const part of parts) {
    if (part.type === 'text') {
      content += part.text
      for (const citation of part.citations ?? []) {
        const annotation = encodeCitation(citation)
        if (annotation) annotations.push(annotation)
      }
    } else if (part.type === 'thinking') {
      reasoning += part.text
      carried = { ...carried, ...part.extensions?.['openai-chat'] }
    } else if (part.type === 'refusal') refusal = (refusal ?? '') + part.text
    else if (part.type === 'tool-call' && part.runsOn === 'client')
      calls.push(encodeReplyCall(part))
  }
  return {
    content: content === '' && (calls.length > 0 || refusal !== null) ? null : content,
    refusal,
    ...(reasoning && Object.keys(carried).length === 0 ? { reasoning_content: reasoning } : {}),
    ...carried,
    ...(annotations.length > 0 ? { annotations } : {}),
    ...(calls.length > 0 ? { tool_calls: calls } : {}),
  }
}

/** Towards a client names stay as the model said them. */
function encodeReplyCall(part: Extract<Part, { type: 'tool-call' }>): JsonObject {
  if (part.extensions?.['openai-chat']?.custom === true) {
    return { id: part.id, type: 'custom', custom: { name: part.name, input: part.arguments } }
  }
  return {
    id: part.id,
    type: 'function',
    function: { name: part.name, arguments: part.arguments || '{}' },
  }
}
