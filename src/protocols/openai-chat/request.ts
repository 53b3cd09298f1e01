import type { ConversationRequest } from '../../conversation/index.ts'
import type { JsonObject } from '../../lib/json/json.ts'
import { object, objects, text, without } from '../../lib/json/read-json.ts'
import type { Addressee, Envelope, Loss, Wire } from '../codec.ts'
import { nothingToSend } from '../shared/first-words.ts'
import { leaveOut } from '../shared/omit-members.ts'
import { foreignLosses } from '../shared/unsupported-members.ts'
import { extended, membersOf, shapeOf } from './extended.ts'
import { decodeFormat, encodeFormat } from './format.ts'
import {
  decodeMessages,
  decodeSystem,
  encodeOwnMessage,
  encodeOwnSystem,
  isOwnMessage,
} from './message/message.ts'
import { encodeTurns, systemMessage, systemRole } from './message/turn.ts'
import { asSaid } from './original-spelling.ts'
import { decodeSampling, encodeSampling, SPELLED, understoodSampling } from './sampling.ts'
import { decodeThinking, encodeThinking, THINKING } from './thinking.ts'
import { decodeToolChoice, decodeTools, encodeToolChoice, encodeTools } from './tool.ts'

const CHOICE = ['tool_choice', 'function_call']
/** Remembered as spelled, and sent so while it still means what the conversation says. */
const REMEMBERED = [
  ...SPELLED,
  ...THINKING,
  ...CHOICE,
  'response_format',
  'stream_options',
  'stream',
]

export function decodeRequest(body: JsonObject, envelope: Envelope): ConversationRequest {
  const wires = objects(body.messages)
  const after = wires.findIndex(({ role }) => role !== 'system' && role !== 'developer')
  const leading = after === -1 ? wires.length : after
  const thinking = decodeThinking(body)
  const parallel = body.parallel_tool_calls
  const cacheKey = text(body.prompt_cache_key)
  const verbosity = text(body.verbosity)
  return {
    system: decodeSystem(wires.slice(0, leading)),
    messages: decodeMessages(wires.slice(leading), envelope.issuer ?? ''),
    tools: decodeTools(body),
    toolChoice: decodeToolChoice(body),
    ...(typeof parallel === 'boolean' ? { parallelTools: parallel } : {}),
    sampling: decodeSampling(body),
    ...(thinking ? { thinking } : {}),
    cacheKey,
    verbosity,
    format: decodeFormat(body),
    ...extended(without(body, ...understood(body))),
  }
}

function understood(body: JsonObject): string[] {
  return [
    'model',
    'messages',
    // An empty list is remembered: no tool of the conversation stands for it.
    ...['tools', 'functions'].filter(name => objects(body[name]).length > 0),
    ...understoodSampling(body),
    ...(typeof body.parallel_tool_calls === 'boolean' ? ['parallel_tool_calls'] : []),
  ]
}

/** Strict: what the protocol documents and the client's own members, and the rest as losses. */
export function encodeRequest(
  request: ConversationRequest,
  to: Addressee,
): { wire: Wire; losses: Loss[] } {
  const losses: Loss[] = foreignLosses(request, 'openai-chat')
  const own = membersOf(request)
  const body: JsonObject = {
    model: to.model,
    messages: encodeMessages(request, to, losses),
    ...without(own, ...REMEMBERED),
    ...encodeSampling(request, own, to, losses),
    ...encodeThinking(request, own, to, losses),
    ...encodeFormat(request.format, own),
    ...encodeToolUse(request, own, losses),
    ...encodeStreaming(own, to),
    ...encodeCaching(request, own, to),
  }
  for (const member of lostEarlier(request)) {
    losses.push({ path: member, reason: 'the chat protocol has no such parameter' })
  }
  leaveOut(body, to, losses)
  return { wire: { path: '/chat/completions', headers: {}, body }, losses }
}

/** One for one where every message is this protocol's own; else in the strictest form. */
function encodeMessages(request: ConversationRequest, to: Addressee, losses: Loss[]): JsonObject[] {
  const role = systemRole(request, to)
  const system = encodeOwnSystem(request.system, to) ?? systemMessage(request.system, role)
  if (!request.messages.every(isOwnMessage)) {
    const messages = [...system, ...encodeTurns(request.messages, to, role, losses)]
    if (messages.length === 0) throw nothingToSend()
    return messages
  }
  const own = request.messages.map((message, index) =>
    encodeOwnMessage(message, to, `messages[${index + system.length}]`, losses),
  )
  return [...system, ...own]
}

/**
 * Without a tool the members about tools are refused, so they are left out with them, unless that
 * is what the client wrote.
 */
function encodeToolUse(request: ConversationRequest, own: JsonObject, losses: Loss[]): JsonObject {
  const tools = encodeTools(request.tools, losses)
  if (Object.keys(tools).length === 0 && !('tools' in own)) return {}
  return {
    ...tools,
    ...encodeChoice(request.toolChoice, own),
    ...(request.parallelTools === undefined ? {} : { parallel_tool_calls: request.parallelTools }),
  }
}

function encodeChoice(choice: ConversationRequest['toolChoice'], own: JsonObject): JsonObject {
  const said = asSaid(own, CHOICE, decodeToolChoice, choice)
  if (said) return said
  return choice.mode === 'auto' ? {} : { tool_choice: encodeToolChoice(choice) }
}

/** For clients of other protocols usage is asked for: theirs always tell what was spent. */
function encodeStreaming(own: JsonObject, to: Addressee): JsonObject {
  if (!to.stream) return own.stream === false ? { stream: false } : {}
  const { streamUsage } = to.quirks
  const said = object(own.stream_options)
  if (streamUsage === false) return { stream: true }
  if (own.stream === true && !streamUsage)
    return { stream: true, ...(said ? { stream_options: said } : {}) }
  return { stream: true, stream_options: { ...said, include_usage: true } }
}

/** What groups requests of one session, where the upstream has a member for it. */
function encodeCaching(
  { cacheKey, verbosity }: ConversationRequest,
  own: JsonObject,
  { quirks, session }: Addressee,
): JsonObject {
  const key = cacheKey ?? session
  return {
    ...(quirks.promptCacheKey && key && !('prompt_cache_key' in own)
      ? { prompt_cache_key: key.slice(0, 64) }
      : {}),
    ...(quirks.promptCacheKey && verbosity && !('verbosity' in own) ? { verbosity } : {}),
  }
}

/** Members of a legacy completion that had no place in the conversation. */
function lostEarlier(request: ConversationRequest): string[] {
  const { lost } = shapeOf(request)
  return Array.isArray(lost) ? lost.filter(member => typeof member === 'string') : []
}
