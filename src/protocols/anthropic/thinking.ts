import type { Effort, ThinkingIntent } from '../../conversation/index.ts'
import type { JsonObject } from '../../lib/json.ts'
import { number, object, text } from '../../lib/wire.ts'
import type { Loss } from '../codec.ts'

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

/** Models that take adaptive thinking with an effort, instead of a budget. */
const ADAPTIVE = /claude-(opus-4-[6-9]|sonnet-4-[6-9]|(opus|sonnet|haiku|fable)-[5-9])/
const LEAST_BUDGET = 1_024
const BUDGETS = {
  minimal: 1_024,
  low: 1_024,
  medium: 8_192,
  high: 24_576,
  xhigh: 32_768,
  max: 128_000,
  auto: 16_384,
} satisfies Record<Exclude<Effort, 'none'>, number>

/**
 * Members that say how much to think, with the output cap they need: a budget must be at least
 * 1,024 and below `max_tokens`.
 * @see https://docs.anthropic.com/en/docs/build-with-claude/extended-thinking
 */
export function encodeThinking(
  thinking: ThinkingIntent,
  model: string,
  maxTokens: number,
  losses: Loss[],
): JsonObject {
  if ('effort' in thinking && thinking.effort === 'none') return { thinking: { type: 'disabled' } }
  if (ADAPTIVE.test(model)) {
    const effort =
      'effort' in thinking ? adaptiveEffort(thinking.effort) : effortFor(thinking.budgetTokens)
    return { thinking: { type: 'adaptive' }, ...(effort ? { output_config: { effort } } : {}) }
  }
  const wanted =
    'effort' in thinking
      ? thinking.effort === 'none'
        ? 0
        : BUDGETS[thinking.effort]
      : thinking.budgetTokens
  if (wanted <= 0) return { thinking: { type: 'disabled' } }
  const budget = Math.min(Math.max(wanted, LEAST_BUDGET), maxTokens - 1)
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

function effortFor(budget: number): string {
  if (budget <= 1_024) return 'low'
  if (budget <= 8_192) return 'medium'
  return budget <= 24_576 ? 'high' : 'xhigh'
}
