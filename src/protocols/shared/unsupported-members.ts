import type { ConversationRequest, ProtocolId } from '../../conversation/index.ts'
import { GatewayError } from '../../lib/errors.ts'
import type { JsonObject } from '../../lib/json/json.ts'
import { object, text, without } from '../../lib/json/read-json.ts'
import type { Loss } from '../codec.ts'
import { misreadLosses } from './misread.ts'

/**
 * Members that ask for nothing another protocol would do differently: how the reply is delivered,
 * who asks, what the vendor may keep.
 */
const HARMLESS: Record<ProtocolId, readonly string[]> = {
  anthropic: ['metadata', 'context_management', 'output_config', 'service_tier', 'betas'],
  'openai-chat': [
    'stream_options',
    'store',
    'metadata',
    'user',
    'safety_identifier',
    'service_tier',
    'prompt_cache_retention',
    'prompt_cache_key',
    'verbosity',
    // Understood, and kept beside only as they were spelled.
    'tools',
    'functions',
    'tool_choice',
    'function_call',
    'parallel_tool_calls',
    'response_format',
    'stream',
    'reasoning_effort',
    'reasoning',
    'thinking',
    'enable_thinking',
    'max_tokens',
    'max_completion_tokens',
    'temperature',
    'top_p',
    'top_k',
    'seed',
    'stop',
    'presence_penalty',
    'frequency_penalty',
  ],
  'openai-responses': [
    'store',
    'include',
    'metadata',
    'user',
    'safety_identifier',
    'service_tier',
    'client_metadata',
    'stream_options',
    'prompt_cache_retention',
    'prompt_cache_options',
    'truncation',
    'previous_response_id',
    'generate',
    'background',
    'reasoning',
  ],
  gemini: ['session_id', 'safetySettings', 'labels', 'model'],
}

/** Values that say what holds anyway. */
function saysNothing(value: unknown): boolean {
  return (
    value === null ||
    value === undefined ||
    value === false ||
    (Array.isArray(value) && value.length === 0)
  )
}

/** `output_config` of Anthropic by its members: its effort and format are understood, others are not. */
function unread(members: JsonObject): JsonObject {
  const config = object(members.output_config)
  if (!config) return members
  const rest = Object.entries(without(config, 'effort', 'format'))
  const { output_config: _, ...others } = members
  return {
    ...others,
    ...Object.fromEntries(rest.map(([name, value]) => [`output_config.${name}`, value])),
  }
}

/** Anthropic's word for a conversation that the service does not hold; its SDK then sends all of it. */
export const THREAD_NOT_FOUND = 'thread_not_found'

/**
 * What a client of another protocol asked for that this one has no word for, or that was not
 * understood. Throws
 * `invalid-request` where the request holds the last turn only, because a service of its own
 * protocol was to hold the rest: without the rest it would be another question.
 */
export function foreignLosses(request: ConversationRequest, protocol: ProtocolId): Loss[] {
  refuseRestOfThread(request, protocol)
  const losses: Loss[] = misreadLosses(request, protocol)
  for (const [from, members] of Object.entries(request.extensions ?? {})) {
    if (from === protocol) continue
    for (const [name, value] of Object.entries(unread(members))) {
      if (name === '.' || HARMLESS[from as ProtocolId].includes(name) || saysNothing(value))
        continue
      if (name === 'n' && value === 1) continue
      losses.push({ path: name, reason: `${protocol} has no such parameter` })
    }
  }
  return losses
}

/**
 * `thread` of Anthropic's beta message-threads-2026-08-12, which the tool runner of its SDK (1.11)
 * uses unasked: a turn that goes on from an earlier reply has neither history nor tools in it.
 */
function refuseRestOfThread({ extensions }: ConversationRequest, protocol: ProtocolId): void {
  const thread = protocol === 'anthropic' ? undefined : object(extensions?.anthropic?.thread)
  if (thread?.type !== 'continue') return
  const id = text(thread.previous_message_id) ?? ''
  throw new GatewayError(
    'invalid-request',
    `no thread with the message "${id}" is kept here, since another protocol's upstream answers; send the whole history in messages`,
    { param: 'thread.previous_message_id', type: THREAD_NOT_FOUND },
  )
}
