import type { Effort, ThinkingIntent } from '../request.ts'

/**
 * How a model can be asked to think. `range`: budgets in tokens; `levels`: efforts, from least to
 * most; `off`: thinking can be switched off; `dynamic`: the model can decide itself.
 */
export type ThinkingSupport =
  | { never: true }
  | {
      never?: false
      range?: readonly [least: number, most: number]
      levels?: readonly Effort[]
      off?: boolean
      dynamic?: boolean
    }

const LOW_TO_HIGH: readonly Effort[] = ['low', 'medium', 'high']
const LOW_TO_XHIGH: readonly Effort[] = [...LOW_TO_HIGH, 'xhigh']
const LOW_TO_MAX: readonly Effort[] = [...LOW_TO_XHIGH, 'max']
const MINIMAL_TO_HIGH: readonly Effort[] = ['minimal', ...LOW_TO_HIGH]

/** By the model's name without its maker's; the first that matches. Others are not checked. */
const TABLE: readonly (readonly [RegExp, ThinkingSupport])[] = [
  [/^claude-(opus|sonnet|haiku)-5/, { levels: LOW_TO_MAX, off: true, dynamic: true }],
  [
    /^claude-(opus-4-[78]|fable-5)/,
    { range: [1_024, 128_000], levels: LOW_TO_MAX, off: true, dynamic: true },
  ],
  [
    /^claude-(opus|sonnet)-4-6/,
    { range: [1_024, 128_000], levels: [...LOW_TO_HIGH, 'max'], off: true, dynamic: true },
  ],
  [/^claude-(opus|sonnet|haiku)-4/, { range: [1_024, 128_000], off: true }],
  [/^claude-3-7/, { range: [1_024, 128_000], off: true }],
  [/^claude-(3-5|3-haiku|3-opus|3-sonnet|2|instant)/, { never: true }],
  [/^gpt-(4|3)|^chatgpt-|^gpt-5.*-chat/, { never: true }],
  [/^gpt-5\.1-codex-max/, { levels: LOW_TO_XHIGH }],
  [/^gpt-5\.1-codex|^gpt-5-codex/, { levels: LOW_TO_HIGH }],
  [/^gpt-5\.1/, { levels: ['none', ...LOW_TO_HIGH], off: true }],
  [/^gpt-5\.2-codex|^gpt-5\.3/, { levels: LOW_TO_XHIGH }],
  [/^gpt-5\.[245]/, { levels: ['none', ...LOW_TO_XHIGH], off: true }],
  [/^gpt-(5\.[6-9]|[6-9])/, { levels: LOW_TO_MAX }],
  [/^gpt-5/, { levels: MINIMAL_TO_HIGH }],
  [/^o\d/, { levels: LOW_TO_HIGH }],
  [/^gemini-2\.5-flash-lite/, { range: [512, 24_576], off: true, dynamic: true }],
  [/^gemini-2\.5-flash-image/, { never: true }],
  [/^gemini-2\.5-flash/, { range: [1, 24_576], off: true, dynamic: true }],
  [/^gemini-2\.5/, { range: [128, 32_768], dynamic: true }],
  [/^gemini-(1|2\.0)/, { never: true }],
  [/^gemini-3-pro/, { levels: ['low', 'high'], dynamic: true }],
  [/^gemini-3\.1-flash-(lite|image)/, { levels: ['minimal', 'high'], dynamic: true }],
  [/^gemini-3\.1-pro/, { levels: LOW_TO_HIGH, dynamic: true }],
  [/^gemini-3/, { levels: MINIMAL_TO_HIGH, dynamic: true }],
  [/^grok-4\.6/, { levels: LOW_TO_XHIGH }],
  [/^grok-4\.5|^grok-3-mini/, { levels: LOW_TO_HIGH }],
  [/^grok-4\.3/, { levels: ['none', ...LOW_TO_HIGH], off: true }],
  [/^kimi-k3/, { levels: ['low', 'high', 'max'] }],
  [/^kimi-k2(-thinking|\.[56])/, { levels: ['low', 'high'], off: true }],
]

/** What was found before, by model: a request asks several times. Bounded, as clients may name models. */
const found = new Map<string, ThinkingSupport | undefined>()
const MAX_FOUND = 500

/** Undefined: the model is unknown, so what the client asks goes out as it is. */
export function thinkingSupport(model: string): ThinkingSupport | undefined {
  const known = found.get(model)
  if (known || found.has(model)) return known
  const bare = model.slice(model.lastIndexOf('/') + 1).toLowerCase()
  const support = TABLE.find(([name]) => name.test(bare))?.[1]
  if (found.size >= MAX_FOUND) found.clear()
  found.set(model, support)
  return support
}

const ORDER: readonly Effort[] = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']
const BUDGETS: Record<Exclude<Effort, 'auto'>, number> = {
  none: 0,
  minimal: 512,
  low: 1_024,
  medium: 8_192,
  high: 24_576,
  xhigh: 32_768,
  max: 128_000,
}

/** Tokens an effort is worth. `auto` has none: −1, as upstreams spell "decide yourself". */
export function budgetFor(effort: Effort): number {
  return effort === 'auto' ? -1 : BUDGETS[effort]
}

export function effortFor(budgetTokens: number): Effort {
  if (budgetTokens < 0) return 'auto'
  if (budgetTokens === 0) return 'none'
  if (budgetTokens <= 512) return 'minimal'
  if (budgetTokens <= 1_024) return 'low'
  if (budgetTokens <= 8_192) return 'medium'
  return budgetTokens <= 24_576 ? 'high' : 'xhigh'
}

export function effortOf(intent: ThinkingIntent): Effort {
  return 'effort' in intent ? intent.effort : effortFor(intent.budgetTokens)
}

/** What of an intent a model can do; undefined: no thinking parameter may be sent. */
export function fitThinking(
  intent: ThinkingIntent,
  support: ThinkingSupport | undefined,
): ThinkingIntent | undefined {
  if (!support) return intent
  if (support.never) return undefined
  const effort = effortOf(intent)
  const { range, levels } = support
  if (effort === 'none') return switchedOff(support)
  if (effort === 'auto') return dynamic(support)
  if ('budgetTokens' in intent && range) return { budgetTokens: clamp(intent.budgetTokens, range) }
  if (levels) return { effort: nearest(effort, levels) }
  return range ? { budgetTokens: clamp(budgetFor(effort), range) } : intent
}

type Able = Exclude<ThinkingSupport, { never: true }>

function switchedOff({ off, range, levels }: Able): ThinkingIntent {
  if (off) return { effort: 'none' }
  if (levels?.[0]) return { effort: levels[0] }
  return range ? { budgetTokens: range[0] } : { effort: 'none' }
}

function dynamic({ dynamic: decides, range, levels }: Able): ThinkingIntent {
  if (decides) return { effort: 'auto' }
  if (levels) return { effort: nearest('medium', levels) }
  return range
    ? { budgetTokens: Math.round((range[0] + Math.min(range[1], 32_768)) / 2) }
    : { effort: 'auto' }
}

function clamp(budget: number, [least, most]: readonly [number, number]): number {
  return Math.min(Math.max(budget, least), most)
}

/** The nearest level that is listed; the lower of two. */
function nearest(effort: Effort, levels: readonly Effort[]): Effort {
  const at = ORDER.indexOf(effort)
  let best = levels[0] ?? effort
  let distance = Infinity
  for (const level of levels) {
    if (level === 'none') continue
    const away = Math.abs(ORDER.indexOf(level) - at)
    if (away < distance) {
      best = level
      distance = away
    }
  }
  return best
}

export function sameIntent(a: ThinkingIntent, b: ThinkingIntent): boolean {
  return 'effort' in a
    ? 'effort' in b && a.effort === b.effort
    : 'budgetTokens' in b && a.budgetTokens === b.budgetTokens
}
