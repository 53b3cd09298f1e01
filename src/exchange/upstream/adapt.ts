import {
  type AdaptedTools,
  adaptTools,
  type ConversationRequest,
  fitThinking,
  offeredTo,
  sameIntent,
  type ThinkingIntent,
  type ThinkingSupport,
  thinkingSupport,
  withoutSeals,
  withValidMedia,
} from '../../conversation/index.ts'
import type { Codec, Loss } from '../../protocols/codec.ts'
import type { Target } from '../../routing/table.ts'

/** A conversation as one target can take it, the way back, and what was lost on the way. */
export type AdaptedRequest = { adapted: AdaptedTools; losses: Loss[] }

export function adaptToTarget(
  conversation: ConversationRequest,
  target: Target,
  codec: Codec,
  options: { seals: boolean },
): AdaptedRequest {
  const losses: Loss[] = []
  const asked = target.reasoning ? { ...conversation, thinking: target.reasoning } : conversation
  const offered = offeredTo(codec.protocol, asked)
  const sealed = options.seals ? offered : { ...offered, messages: withoutSeals(offered.messages) }
  const withMedia = withValidMedia(sealed, reason => losses.push({ path: 'messages', reason }))
  const thought = withThinking(withMedia, target, losses)
  return { adapted: adaptTools(withinCap(thought, target, losses), codec.dialect), losses }
}

/** How much to think, as far as the model can. */
function withThinking(
  request: ConversationRequest,
  target: Target,
  losses: Loss[],
): ConversationRequest {
  const { thinking } = request
  if (!thinking) return request
  const fitting = fitThinking(thinking, supportOf(target))
  if (fitting && sameIntent(fitting, thinking)) return request
  if (spelled(thinking) !== 'none') {
    const reason = fitting
      ? `${target.model} was asked for ${spelled(fitting)} instead of ${spelled(thinking)}`
      : `${target.model} does not think on request`
    losses.push({ path: 'thinking', reason })
  }
  const { thinking: _, ...rest } = request
  return fitting ? { ...rest, thinking: fitting } : rest
}

/** What the file says of the model goes before what we know of it. */
function supportOf({ facts, model }: Target): ThinkingSupport | undefined {
  const levels = facts.thinking
  if (!levels) return thinkingSupport(model)
  const known = levels.filter(isEffort)
  return known.length > 0 ? { levels: known, off: known.includes('none') } : { never: true }
}

type Effort = Extract<ThinkingIntent, { effort: unknown }>['effort']
const EFFORTS: readonly string[] = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']

function isEffort(level: string): level is Effort {
  return EFFORTS.includes(level)
}

function spelled(intent: ThinkingIntent): string {
  return 'effort' in intent ? intent.effort : `${intent.budgetTokens} tokens`
}

/** More output than the model has is refused by some upstreams. */
function withinCap(
  request: ConversationRequest,
  { facts, model }: Target,
  losses: Loss[],
): ConversationRequest {
  const most = facts.maxOutputTokens
  const { maxOutputTokens } = request.sampling
  if (most === undefined || maxOutputTokens === undefined || maxOutputTokens <= most) return request
  losses.push({ path: 'max_tokens', reason: `${model} gives at most ${most}` })
  return { ...request, sampling: { ...request.sampling, maxOutputTokens: most } }
}
