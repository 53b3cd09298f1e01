import {
  type ConversationRequest,
  type Effort,
  effortOf,
  type ThinkingIntent,
  thinkingSupport,
} from '../../conversation/index.ts'
import type { JsonObject } from '../../lib/json/json.ts'
import { number, object, text } from '../../lib/json/read-json.ts'
import type { Addressee, Loss, Quirks } from '../codec.ts'
import { unknownWord } from '../shared/foreign-members.ts'
import { originalSpelling } from './spelling.ts'

/** Models of OpenAI's own line that refuse a thinking parameter; a maker may stand in front. */
const PLAIN_MODEL = /(?:^|\/)(gpt-4|gpt-3\.5|chatgpt-)[^/]*$/

/** Every member that sets some service's amount of thinking. */
export const THINKING = ['reasoning_effort', 'reasoning', 'thinking', 'enable_thinking']

const EFFORTS = new Set<string>([
  'none',
  'auto',
  'minimal',
  'low',
  'medium',
  'high',
  'xhigh',
  'max',
])

export function decodeThinking(wire: JsonObject): ThinkingIntent | undefined {
  const reasoning = object(wire.reasoning)
  const effort = text(wire.reasoning_effort) ?? text(reasoning?.effort)
  if (effort !== undefined) return intentOf(effort)
  const budgetTokens = number(reasoning?.max_tokens) ?? number(object(wire.thinking)?.budget_tokens)
  if (budgetTokens !== undefined) return { budgetTokens }
  const on = reasoning?.enabled ?? wire.enable_thinking ?? switchOf(object(wire.thinking)?.type)
  return typeof on === 'boolean' ? { effort: on ? 'auto' : 'none' } : undefined
}

/** An unknown level asks for thinking, so it counts as `high`. */
function intentOf(effort: string): ThinkingIntent {
  if (isEffort(effort)) return { effort }
  const high: ThinkingIntent = { effort: 'high' }
  return unknownWord(high, 'openai-chat', 'reasoning_effort', { word: effort, taken: 'high' })
}

function switchOf(type: unknown): boolean | undefined {
  if (type === 'disabled') return false
  return type === 'enabled' || type === 'auto' || type === 'adaptive' ? true : undefined
}

function isEffort(text: string): text is Effort {
  return EFFORTS.has(text)
}

/** The members that set this upstream's amount of thinking, to merge into the body. */
export function encodeThinking(
  { thinking }: Pick<ConversationRequest, 'thinking'>,
  own: JsonObject | undefined,
  to: Addressee,
  losses: Loss[],
): JsonObject {
  const original = own && originalSpelling(own, THINKING, decodeThinking, thinking)
  const field = to.quirks.thinkingField
  if (original && (!field || Object.keys(original).every(name => name === field))) {
    if (!('reasoning_effort' in original && PLAIN_MODEL.test(to.model))) return original
  }
  if (!thinking) return {}
  const effort = effortOf(thinking)
  if (
    field === 'none' ||
    ((!field || field === 'reasoning_effort') && PLAIN_MODEL.test(to.model))
  ) {
    if (effort !== 'none')
      losses.push({ path: 'thinking', reason: `${to.model} takes no thinking parameter` })
    return {}
  }
  return spelled(thinking, known(effort, to.model), field ?? 'reasoning_effort')
}

/** The highest level is new: only models known to have it are asked for it. */
function known(effort: Effort, model: string): Effort {
  if (effort !== 'max') return effort
  const support = thinkingSupport(model)
  return support && !support.never && support.levels?.includes('max') ? 'max' : 'xhigh'
}

function spelled(
  thinking: ThinkingIntent,
  effort: Effort,
  field: Exclude<NonNullable<Quirks['thinkingField']>, 'none'>,
): JsonObject {
  switch (field) {
    case 'reasoning_effort':
      return effort === 'auto' ? {} : { reasoning_effort: effort }
    case 'reasoning':
      if ('budgetTokens' in thinking && thinking.budgetTokens > 0) {
        return { reasoning: { max_tokens: thinking.budgetTokens } }
      }
      return { reasoning: effort === 'auto' ? { enabled: true } : { effort } }
    case 'thinking':
      return { thinking: { type: effort === 'none' ? 'disabled' : 'enabled' } }
    case 'enable_thinking':
      return { enable_thinking: effort !== 'none' }
  }
}
