import type { Message } from '../../conversation/index.ts'
import type { JsonObject } from '../../lib/json/json.ts'
import { objects } from '../../lib/json/read-json.ts'
import { sourceMemory } from '../../lib/json/source-memory.ts'
import type { Loss } from '../codec.ts'

const memory = sourceMemory('anthropic')

/**
 * Models that refuse a conversation which ends with the assistant, as of 2026-09.
 * @see https://platform.claude.com/docs/en/about-claude/models/migration-guide
 */
const NO_PREFILL =
  /claude-(opus|sonnet|haiku)-4[-.][6-9](?!\d)|claude-(opus|sonnet|haiku|fable|mythos)-[5-9]/i

/** Whether the answer has begun: the assistant's message comes last. */
export function isPrefilled(messages: readonly JsonObject[]): boolean {
  return messages[messages.length - 1]?.role === 'assistant'
}

/** Whether the last message begins with a thought, as it must while thinking is on. */
export function startsWithThought(messages: readonly JsonObject[]): boolean {
  const type = objects(messages[messages.length - 1]?.content)[0]?.type
  return type === 'thinking' || type === 'redacted_thinking'
}

/** Whether the last message goes out as a client of this protocol wrote it. */
export function endsAsWritten(messages: readonly Message[]): boolean {
  const last = messages[messages.length - 1]
  return last?.origin === 'anthropic' && memory.recall(last.parts) !== undefined
}

/**
 * The messages without an answer that has begun, where the model would refuse one: it answers the
 * user afresh. What a client of this protocol wrote is between it and the upstream.
 */
export function fitPrefill(
  wires: JsonObject[],
  messages: readonly Message[],
  model: string,
  losses: Loss[],
): JsonObject[] {
  if (!isPrefilled(wires) || !NO_PREFILL.test(model) || endsAsWritten(messages)) return wires
  // Without them none of the client's messages would be left.
  if (messages.every(({ role }) => role !== 'user')) return wires
  losses.push({
    path: `messages[${wires.length - 1}]`,
    reason: `${model} cannot go on from an answer that has begun, so it was left out`,
  })
  return wires.slice(0, -1)
}
