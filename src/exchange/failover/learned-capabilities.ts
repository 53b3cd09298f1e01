import type { Ability, Needs } from '../../conversation/index.ts'
import type { GatewayError } from '../../lib/errors.ts'

/** What targets have refused for want of an ability, as long as that is worth believing. */
export interface LearnedCapabilities {
  note(target: string, ability: Ability): void
  /** Something was noted: while nothing was, no target need be looked up. */
  readonly any: boolean
  /** Undefined: nothing. */
  lacks(target: string): ReadonlySet<Ability> | undefined
}

/** Models are exchanged behind their names now and then. */
const BELIEVED_MS = 12 * 3_600_000
const MAX_TARGETS = 1_000

export function createLearnedCapabilities(now: () => number): LearnedCapabilities {
  const known = new Map<string, { lacks: Set<Ability>; atMs: number }>()
  const learned = {
    /** A member and no getter: every request reads it. */
    any: false,
    note(target: string, ability: Ability): void {
      learned.any = true
      if (known.size >= MAX_TARGETS) known.clear()
      const lacks = known.get(target)?.lacks ?? new Set()
      known.set(target, { lacks: lacks.add(ability), atMs: now() })
    },
    lacks(target: string): ReadonlySet<Ability> | undefined {
      const entry = known.get(target)
      if (!entry) return undefined
      if (now() - entry.atMs < BELIEVED_MS) return entry.lacks
      known.delete(target)
      return undefined
    },
  }
  return learned
}

const NOT =
  "(not (currently )?(support|accept|allow|available|enabled)|n't support|unsupported|unavailable|no endpoints found that support|does not have|is not a multimodal)"

function refusing(what: string): RegExp {
  return new RegExp(`(${NOT}.{0,60}\\b(${what}))|(\\b(${what}).{0,60}${NOT})`, 'i')
}

/** How upstreams refuse what a model cannot take. */
const WORDS: readonly (readonly [Ability, RegExp])[] = [
  ['documents', refusing('documents?|pdfs?|files?')],
  ['audio', refusing('audio')],
  ['video', refusing('videos?')],
  ['images', refusing('images?|image_url|vision|multimodal')],
  ['structured-output', refusing('response_format|json_schema|structured outputs?|output_format')],
  ['server-tools', refusing('web_search|web search|code_execution|url_context|server tools?')],
  ['parallel-tools', refusing('parallel_tool_calls|parallel tool')],
  ['tools', refusing('tools?|tool use|tool calling|functions?|function calling')],
  ['tools', /enable-auto-tool-choice/i], // vLLM
]

/** Which of its needs a request was refused for, if the upstream's message names one. */
export async function refusedFor(
  error: GatewayError,
  needs: () => Promise<Needs>,
): Promise<Ability | undefined> {
  if (error.code !== 'invalid-request' && error.code !== 'upstream-not-found') return undefined
  const matching = WORDS.filter(([, words]) => words.test(error.message))
  if (matching.length === 0) return undefined
  const { must, wish } = await needs()
  return matching.find(([ability]) => must.has(ability) || wish.has(ability))?.[0]
}
