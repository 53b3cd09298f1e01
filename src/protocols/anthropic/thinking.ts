import {
  budgetFor,
  type Effort,
  effortFor,
  type ThinkingIntent,
  thinkingSupport,
} from '../../conversation/index.ts'
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
