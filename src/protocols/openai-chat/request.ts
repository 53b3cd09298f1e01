import type { ConversationRequest, Extensions } from '../../conversation/index.ts'
import type { JsonObject, JsonValue } from '../../lib/json/json.ts'
import { flag, object, objects, PROTOTYPE, text, without } from '../../lib/json/read-json.ts'
import type { Addressee, Envelope, Loss, Wire } from '../codec.ts'
import {
  type ForeignRules,
  foreignLosses,
  withRequestExtensions,
} from '../shared/foreign-members.ts'
import { omitUnsupported } from '../shared/omit-members.ts'
import { decodeFormat, encodeFormat } from './format.ts'
import { decodeMessages, decodeSystem, encodeMessages } from './message/message.ts'
import {
  decodeSampling,
  encodeSampling,
  ORIGINAL_SAMPLING,
  PLAIN_SAMPLING,
  SAMPLING,
} from './sampling.ts'
import { spellingOf, unlessEmpty, withSpelling } from './spelling.ts'
import { decodeThinking, encodeThinking, THINKING } from './thinking.ts'
import { CHOICE, decodeToolChoice, decodeTools, encodeToolUse } from './tool.ts'

/** Sent as the client spelled them while they still mean what the conversation holds. */
const ORIGINAL = [
  ...ORIGINAL_SAMPLING,
  ...THINKING,
  ...CHOICE,
  'response_format',
  'stream_options',
  'stream',
]

/** Members whose meaning the conversation holds: only their spelling is the client's own. */
const UNDERSTOOD: ReadonlySet<string> = new Set([
  ...SAMPLING,
  ...THINKING,
  ...CHOICE,
  'tools',
  'functions',
  'parallel_tool_calls',
  'response_format',
  'stream',
  'prompt_cache_key',
  'verbosity',
])

const FOREIGN: ForeignRules = {
  ignorable: [
    'stream_options',
    'store',
    'metadata',
    'user',
    'safety_identifier',
    'service_tier',
    'prompt_cache_retention',
  ],
  unread: members => (members.n === 1 ? without(members, 'n') : members),
}

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
    parallelTools: flag(parallel),
    sampling: decodeSampling(body),
    thinking,
    cacheKey,
    verbosity,
    format: decodeFormat(body),
    ...ownMembers(body),
  }
}

/** All members as the client spelled them in the memory, what the conversation does not hold in the extensions. */
function ownMembers(body: JsonObject): { extensions?: Extensions } {
  const own: JsonObject = {}
  const members: JsonObject = {}
  for (const name in body) {
    const value = body[name]
    if (value === undefined || name === PROTOTYPE || isEncodedAnew(name, value)) continue
    own[name] = value
    if (!UNDERSTOOD.has(name)) members[name] = value
  }
  return {
    ...withRequestExtensions('openai-chat', members, FOREIGN),
    ...withSpelling(members, unlessEmpty('members', own)),
  }
}

/** Whether a member has one spelling, which the conversation alone decides. */
function isEncodedAnew(name: string, value: JsonValue): boolean {
  switch (name) {
    case 'model':
    case 'messages':
      return true
    // An empty list is remembered: no tool of the conversation stands for it.
    case 'tools':
    case 'functions':
      return objects(value).length > 0
    case 'parallel_tool_calls':
      return typeof value === 'boolean'
    default:
      return typeof value === 'number' && PLAIN_SAMPLING.has(name)
  }
}

/** Strict: what the protocol documents and the client's own members, and the rest as losses. */
export function encodeRequest(
  request: ConversationRequest,
  to: Addressee,
): { wire: Wire; losses: Loss[] } {
  const losses: Loss[] = foreignLosses(request, 'openai-chat')
  const members = request.extensions?.['openai-chat']
  const spelling = members && spellingOf(request)
  /** Undefined for a request of another protocol. */
  const own = object(spelling?.members) ?? members
  const body: JsonObject = {
    model: to.model,
    messages: encodeMessages(request, to, losses),
    ...(own && without(own, ...ORIGINAL)),
    ...encodeSampling(request, own, to, losses),
    ...((own || request.thinking) && encodeThinking(request, own, to, losses)),
    ...((own || request.format.type !== 'text') && encodeFormat(request.format, own)),
    ...((own || request.tools.length > 0) && encodeToolUse(request, own, losses)),
    ...encodeStreaming(own, to),
    ...encodeCaching(request, own, to),
  }
  for (const member of lostEarlier(spelling)) {
    losses.push({ path: member, reason: 'the chat protocol has no such parameter' })
  }
  if (to.quirks.unsupported) omitUnsupported(body, to.quirks.unsupported, losses)
  return { wire: { path: '/chat/completions', headers: {}, body }, losses }
}

/** For clients of other protocols usage is requested: their replies always carry it. */
function encodeStreaming(own: JsonObject | undefined, to: Addressee): JsonObject {
  if (!to.stream) return own?.stream === false ? { stream: false } : {}
  const { streamUsage } = to.quirks
  const original = object(own?.stream_options)
  if (streamUsage === false) return { stream: true }
  if (own?.stream === true && !streamUsage) return { stream: true, stream_options: original }
  return { stream: true, stream_options: { ...original, include_usage: true } }
}

/** What groups requests of one session, where the upstream has a member for it. */
function encodeCaching(
  { cacheKey, verbosity }: ConversationRequest,
  own: JsonObject | undefined,
  { quirks, session }: Addressee,
): JsonObject {
  if (!quirks.promptCacheKey) return {}
  const key = cacheKey ?? session
  const written = own ?? {}
  return {
    ...(key && !('prompt_cache_key' in written) ? { prompt_cache_key: key.slice(0, 64) } : {}),
    ...(verbosity && !('verbosity' in written) ? { verbosity } : {}),
  }
}

/** Members of a legacy completion that had no place in the conversation. */
function lostEarlier(spelling: JsonObject | undefined): string[] {
  const lost = spelling?.lost
  return Array.isArray(lost) ? lost.filter(member => typeof member === 'string') : []
}
