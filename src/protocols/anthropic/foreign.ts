import { GatewayError } from '../../lib/errors.ts'
import type { JsonObject } from '../../lib/json/json.ts'
import { object, text, without } from '../../lib/json/read-json.ts'
import type { ForeignRules } from '../shared/foreign-members.ts'

/** Anthropic's error type for a conversation that the service does not hold; its SDK then sends all of it. */
export const THREAD_NOT_FOUND = 'thread_not_found'

/** What becomes of this protocol's own members elsewhere. */
export const FOREIGN: ForeignRules = {
  ignorable: ['metadata', 'context_management', 'service_tier', 'betas'],
  unread,
  refusal: refuseRestOfThread,
}

/** `output_config` by its members: its effort and format are understood, others are not. */
function unread(members: JsonObject): JsonObject {
  const config = object(members.output_config)
  const others = without(members, 'output_config')
  for (const [name, value] of Object.entries(without(config ?? {}, 'effort', 'format')))
    others[`output_config.${name}`] = value
  return others
}

/**
 * `thread` of Anthropic's beta message-threads-2026-08-12, which the tool runner of its SDK (1.11)
 * uses unasked: a turn that goes on from an earlier reply has neither history nor tools in it, so
 * for any service but the one that holds them it would be another question.
 */
function refuseRestOfThread(members: JsonObject): GatewayError | undefined {
  const thread = object(members.thread)
  if (thread?.type !== 'continue') return undefined
  const id = text(thread.previous_message_id) ?? ''
  return new GatewayError(
    'invalid-request',
    `no thread with the message "${id}" is kept here, since another protocol's upstream answers; send the whole history in messages`,
    { param: 'thread.previous_message_id', type: THREAD_NOT_FOUND },
  )
}
