import type { ConversationRequest, Effort, ThinkingIntent } from '../../conversation/index.ts'
import type { JsonObject } from '../../lib/json.ts'
import { number, object, text } from '../../lib/wire.ts'
import type { Addressee, Loss } from '../codec.ts'

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
  if (effort !== undefined && isEffort(effort)) return { effort }
  const budgetTokens = number(reasoning?.max_tokens)
  return budgetTokens === undefined ? undefined : { budgetTokens }
}

function isEffort(text: string): text is Effort {
  return EFFORTS.has(text)
}

/** @see reference tables of the field: 512, 1024, 8192 and 24576 tokens bound the levels. */
function effortFor(budget: number): Effort {
  if (budget <= 0) return 'none'
  if (budget <= 512) return 'minimal'
  if (budget <= 1_024) return 'low'
  if (budget <= 8_192) return 'medium'
  return budget <= 24_576 ? 'high' : 'xhigh'
}

/** Models that refuse a thinking parameter, and those that refuse sampling ones. */
const PLAIN_MODEL = /^(gpt-4|gpt-3\.5|chatgpt-)/
const REASONING_MODEL = /^(o\d|gpt-[5-9])/

export function isReasoningModel(model: string): boolean {
  return REASONING_MODEL.test(model.slice(model.lastIndexOf('/') + 1))
}

/** How this upstream is told how much to think; members to merge into the body. */
export function encodeThinking(
  thinking: ConversationRequest['thinking'],
  to: Addressee,
  losses: Loss[],
): JsonObject {
  if (!thinking) return {}
  const effort = 'effort' in thinking ? thinking.effort : effortFor(thinking.budgetTokens)
  const field = to.quirks.thinkingField ?? 'reasoning_effort'
  if (field === 'none' || (field === 'reasoning_effort' && PLAIN_MODEL.test(to.model))) {
    if (effort !== 'none')
      losses.push({ path: 'thinking', reason: `${to.model} takes no thinking parameter` })
    return {}
  }
  switch (field) {
    case 'reasoning_effort':
      return effort === 'auto' ? {} : { reasoning_effort: effort === 'max' ? 'xhigh' : effort }
    case 'reasoning':
      if ('budgetTokens' in thinking) return { reasoning: { max_tokens: thinking.budgetTokens } }
      return {
        reasoning:
          effort === 'auto' ? { enabled: true } : { effort: effort === 'max' ? 'xhigh' : effort },
      }
    case 'thinking':
      return { thinking: { type: effort === 'none' ? 'disabled' : 'enabled' } }
    case 'enable_thinking':
      return { enable_thinking: effort !== 'none' }
  }
}
