import {
  budgetFor,
  type ConversationRequest,
  type Effort,
  effortFor,
  type Message,
  type ThinkingIntent,
  thinkingSupport,
} from '../../conversation/index.ts'
import type { JsonObject } from '../../lib/json.ts'
import { number, object, objects, text } from '../../lib/wire.ts'
import type { Loss } from '../codec.ts'
import { memory } from './memory.ts'

export function decodeThinking(body: JsonObject): ThinkingIntent | undefined {
  const thinking = object(body.thinking)
  const effort = effortOf(text(object(body.output_config)?.effort))
  switch (thinking?.type) {
    case 'disabled':
      return { effort: 'none' }
    case 'adaptive':
      return { effort: effort ?? 'auto' }
    case 'enabled': {
      const budgetTokens = number(thinking.budget_tokens)
      return budgetTokens === undefined ? { effort: effort ?? 'auto' } : { budgetTokens }
    }
    default:
      return undefined
  }
}

function effortOf(told: string | undefined): Effort | undefined {
  return told === 'low' ||
    told === 'medium' ||
    told === 'high' ||
    told === 'xhigh' ||
    told === 'max'
    ? told
    : undefined
}

const LEAST_BUDGET = 1_024
/** What "decide yourself" is worth to a model that wants a number. */
const MIDDLE_BUDGET = 16_384

/**
 * Members that say how much to think, with the output cap they need: a budget must be at least
 * 1,024 and below `max_tokens`. Models with effort levels take those and decide adaptively.
 * @see https://docs.anthropic.com/en/docs/build-with-claude/extended-thinking
 */
export function encodeThinking(
  thinking: ThinkingIntent,
  model: string,
  maxTokens: number,
  losses: Loss[],
): JsonObject {
  if ('effort' in thinking && thinking.effort === 'none') return { thinking: { type: 'disabled' } }
  const support = thinkingSupport(model)
  if (support && !support.never && support.levels) {
    const effort =
      'effort' in thinking
        ? adaptiveEffort(thinking.effort)
        : adaptiveEffort(effortFor(thinking.budgetTokens))
    return { thinking: { type: 'adaptive' }, ...(effort ? { output_config: { effort } } : {}) }
  }
  const wanted = 'effort' in thinking ? budgetFor(thinking.effort) : thinking.budgetTokens
  if (wanted === 0) return { thinking: { type: 'disabled' } }
  const asked = wanted < 0 ? MIDDLE_BUDGET : wanted
  const budget = Math.min(Math.max(asked, LEAST_BUDGET), maxTokens - 1)
  if (budget < LEAST_BUDGET) {
    losses.push({
      path: 'thinking',
      reason: `an output cap of ${maxTokens} leaves no room to think`,
    })
    return {}
  }
  return { thinking: { type: 'enabled', budget_tokens: budget } }
}

function adaptiveEffort(effort: Effort): string | undefined {
  if (effort === 'auto' || effort === 'none') return undefined
  return effort === 'minimal' ? 'low' : effort
}

/** The client's own members while nobody changed what they mean. */
export function asWrittenThinking({
  thinking,
  format,
}: ConversationRequest): JsonObject | undefined {
  const written = thinking && object(memory.recall(thinking))
  return written && memory.recall(format) !== undefined ? written : undefined
}

/** Foreign clients say whether they want to see thoughts; here that is a member of the parameter. */
export function showThinking(
  body: JsonObject,
  { thinking, showThinking: shown }: ConversationRequest,
) {
  const written = object(body.thinking)
  if (!written || written.type === 'disabled' || written.display !== undefined) return
  if (shown === undefined || (thinking && memory.recall(thinking))) return
  body.thinking = { ...written, display: shown ? 'summarized' : 'omitted' }
}

export function isOn(thinking: JsonObject): boolean {
  const type = object(thinking.thinking)?.type
  return type === 'enabled' || type === 'adaptive'
}

/**
 * Thinking needs a free choice of tools, and a sealed thinking block in front of the calls it is to
 * continue from. Without one the model answers without thinking rather than not at all.
 */
export function mayThink(
  request: ConversationRequest,
  messages: readonly JsonObject[],
  losses: Loss[],
): boolean {
  if (!request.thinking) return false
  if ('effort' in request.thinking && request.thinking.effort === 'none') return true
  const { mode } = request.toolChoice
  if (request.tools.length > 0 && (mode === 'required' || mode === 'tool')) {
    losses.push({ path: 'thinking', reason: 'not allowed together with a forced tool' })
    return false
  }
  const last = messages.findLast(message => message.role === 'assistant')
  const blocks = objects(last?.content)
  const continuing =
    messages[messages.length - 1]?.role === 'user' &&
    objects(messages[messages.length - 1]?.content)[0]?.type === 'tool_result'
  if (
    continuing &&
    !isAsWritten(request.messages) &&
    blocks.some(({ type }) => type === 'tool_use') &&
    !blocks.some(({ type }) => type === 'thinking' || type === 'redacted_thinking')
  ) {
    losses.push({
      path: 'thinking',
      reason: 'the turn to continue has no reasoning sealed by this upstream',
    })
    return false
  }
  return true
}

/** What a client of this protocol sends unchanged is between it and the upstream. */
function isAsWritten(messages: readonly Message[]): boolean {
  const last = messages.findLast(({ role }) => role === 'assistant')
  return last?.origin === 'anthropic' && memory.recall(last.parts) !== undefined
}
