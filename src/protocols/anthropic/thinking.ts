import {
  budgetFor,
  type ConversationRequest,
  type Effort,
  effortFor,
  type Message,
  type ThinkingIntent,
  thinkingSupport,
} from '../../conversation/index.ts'
import type { JsonObject } from '../../lib/json/json.ts'
import { number, object, objects, text, without } from '../../lib/json/read-json.ts'
import { sourceMemory } from '../../lib/json/source-memory.ts'
import type { Asked, Loss } from '../codec.ts'
import { unknownWord } from '../shared/foreign-members.ts'
import { endsAsWritten, isPrefilled, startsWithThought } from './prefill.ts'

const memory = sourceMemory('anthropic')

export function decodeThinking(body: JsonObject): ThinkingIntent | undefined {
  const thinking = object(body.thinking)
  const asked = intentOf(text(object(body.output_config)?.effort))
  switch (thinking?.type) {
    case 'disabled':
      return { effort: 'none' }
    case 'adaptive':
      return asked ?? { effort: 'auto' }
    case 'enabled': {
      const budgetTokens = number(thinking.budget_tokens)
      return budgetTokens === undefined ? (asked ?? { effort: 'auto' }) : { budgetTokens }
    }
    default:
      // An effort without `thinking` asks for as much, and to be shown none of it.
      return thinking ? undefined : asked
  }
}

/** Without the parameter this protocol shows no thoughts, whatever the effort. */
export function wantsShown(body: JsonObject): boolean | undefined {
  const display = object(body.thinking)?.display
  if (display !== undefined) return display !== 'omitted'
  const effort = object(body.output_config)?.effort
  return body.thinking === undefined && effort !== undefined ? false : undefined
}

const EFFORTS = new Set<string>(['low', 'medium', 'high', 'xhigh', 'max'])

/** An unknown level asks for thinking, so it counts as `high`. */
function intentOf(level: string | undefined): ThinkingIntent | undefined {
  if (level === undefined) return undefined
  if (EFFORTS.has(level)) return { effort: level as Effort }
  const high: ThinkingIntent = { effort: 'high' }
  return unknownWord(high, 'anthropic', 'output_config.effort', { word: level, taken: 'high' })
}

/** Whether a client's history brings back thinking blocks: it sent the parameter that allows them. */
export function carriesThinking({ thinking: on, request }: Asked): boolean {
  if (on !== true) return false
  const written = request?.thinking && object(memory.recall(request.thinking))
  return !written || written.thinking !== undefined
}

const LEAST_BUDGET = 1_024
/** The budget of "decide yourself" for a model that demands a number. */
const MIDDLE_BUDGET = 16_384

/**
 * Members that set the amount of thinking, with the output cap they need: a budget must be at least
 * 1,024 and below `max_tokens`. Models with effort levels take those and decide adaptively.
 * @see https://docs.anthropic.com/en/docs/build-with-claude/extended-thinking
 */
function encodeThinking(
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
    losses.push(noRoom(maxTokens))
    return {}
  }
  if ('budgetTokens' in thinking && budget < wanted) losses.push(lessBudget(wanted, budget))
  return { thinking: { type: 'enabled', budget_tokens: budget } }
}

function adaptiveEffort(effort: Effort): string | undefined {
  if (effort === 'auto' || effort === 'none') return undefined
  return effort === 'minimal' ? 'low' : effort
}

/** Whether a model decides itself when to think; others must begin a turn with thinking. */
function isAdaptive(model: string): boolean {
  const support = thinkingSupport(model)
  return support !== undefined && !support.never && support.levels !== undefined
}

/** The client's own members while what they mean is unchanged. */
function asWrittenThinking({ thinking, format }: ConversationRequest): JsonObject | undefined {
  const written = thinking && object(memory.recall(thinking))
  return written && memory.recall(format) !== undefined ? written : undefined
}

/** Whether a client of another protocol wants to see thoughts is a member of the parameter here. */
export function showThoughts(
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

/** How thinking may be asked for; `adaptive`: only so that the model decides itself when to. */
type Allowed = 'no' | 'adaptive' | 'yes'

/**
 * Thinking needs a free choice of tools and, of models with budgets, a sealed thinking block in
 * front of the calls it is to continue from. Without one the model answers without thinking rather
 * than not at all.
 */
function allowedThinking(
  request: ConversationRequest,
  messages: readonly JsonObject[],
  model: string,
  losses: Loss[],
): Allowed {
  if (!request.thinking) return 'no'
  if ('effort' in request.thinking && request.thinking.effort === 'none') return 'yes'
  const { mode } = request.toolChoice
  if (request.tools.length > 0 && (mode === 'required' || mode === 'tool')) {
    losses.push({ path: 'thinking', reason: 'not allowed together with a forced tool' })
    return 'no'
  }
  if (isPrefilled(messages) && !startsWithThought(messages) && !endsAsWritten(request.messages)) {
    losses.push({ path: 'thinking', reason: 'not allowed in front of an answer that has begun' })
    return 'no'
  }
  if (isLoopAsWritten(request.messages) || !callsWithoutThinking(messages)) return 'yes'
  if (isAdaptive(model)) return 'adaptive'
  losses.push({
    path: 'thinking',
    reason: 'the turn to continue has no reasoning sealed by this upstream',
  })
  return 'no'
}

/** The members about thinking: as the client wrote them, or as this model takes them. */
export function thinkingMembers(
  request: ConversationRequest,
  messages: readonly JsonObject[],
  to: { model: string; maxTokens: number },
  losses: Loss[],
): { wire: JsonObject; asWritten: boolean } {
  const written = asWrittenThinking(request)
  // An effort alone does not switch thinking on, so it is allowed wherever the client sends it.
  if (written && written.thinking === undefined) return { wire: written, asWritten: true }
  const allowed = allowedThinking(request, messages, to.model, losses)
  if (allowed === 'no' || !request.thinking) return { wire: {}, asWritten: false }
  const budgeted = object(written?.thinking)?.type === 'enabled'
  if (written && !(allowed === 'adaptive' && budgeted))
    return { wire: withinCap(written, to.maxTokens, losses), asWritten: true }
  return {
    wire: encodeThinking(request.thinking, to.model, to.maxTokens, losses),
    asWritten: false,
  }
}

/** The client's own budget, unless the cap that goes with it leaves less: that is refused. */
function withinCap(written: JsonObject, maxTokens: number, losses: Loss[]): JsonObject {
  const thinking = object(written.thinking)
  const budget = number(thinking?.budget_tokens)
  if (!thinking || budget === undefined || budget < maxTokens) return written
  if (maxTokens <= LEAST_BUDGET) {
    losses.push(noRoom(maxTokens))
    return without(written, 'thinking')
  }
  losses.push(lessBudget(budget, maxTokens - 1))
  return { ...written, thinking: { ...thinking, budget_tokens: maxTokens - 1 } }
}

function noRoom(maxTokens: number): Loss {
  return { path: 'thinking', reason: `an output cap of ${maxTokens} leaves no room to think` }
}

function lessBudget(asked: number, budget: number): Loss {
  const reason = `${budget} tokens instead of ${asked}: a budget must be below the output cap`
  return { path: 'thinking', reason }
}

/**
 * Whether a message of the running tool loop calls without a thought. The loop goes back to what
 * follows words of the user alone; messages of the user in a row are one turn to the upstream. Once thinking was left out in
 * a loop it stays out until the user speaks again: the next message has no thought either.
 */
function callsWithoutThinking(messages: readonly JsonObject[]): boolean {
  let answers = false
  for (let at = messages.length - 1; at >= 0; at--) {
    const { role, content } = messages[at] ?? {}
    const blocks = objects(content)
    const has = (...types: string[]) => blocks.some(({ type }) => types.includes(text(type) ?? ''))
    if (role === 'user') answers = blocks[0]?.type === 'tool_result'
    if (role !== 'assistant') continue
    if (!answers) return false
    if (has('tool_use') && !has('thinking', 'redacted_thinking')) return true
  }
  return false
}

/** What a client of this protocol sends unchanged is between it and the upstream. */
function isLoopAsWritten(messages: readonly Message[]): boolean {
  let answers = false
  for (const { role, parts, origin } of messages.toReversed()) {
    if (role === 'user') answers = parts[0]?.type === 'tool-result'
    if (role !== 'assistant') continue
    if (!answers) return true
    if (origin !== 'anthropic' || memory.recall(parts) === undefined) return false
  }
  return true
}
