import { isObject, type JsonValue } from '../../lib/json/json.ts'
import type { Draft } from '../draft.ts'
import { names } from '../rows.ts'
import { TrackedSettings } from '../tracked-settings.ts'

/** What is done here anyway, since requests are translated for each upstream. */
const ANYWAY = new Set(
  names(`
    openrouter deepseek gemini groq cerebras vercel openai OpenAI anthropic Anthropic
    openai-responses reasoning streamoptions maxcompletiontokens cleancache enhancetool
    vertex-gemini vertex-claude`),
)

const REASONS: Record<string, string> = {
  maxtoken:
    'nothing is cut short; if the model refuses so many, write set: { max_tokens: … } under models',
  sampling: 'write set: { temperature: … } and the like under models',
  customparams: 'write default: { … } under models, with the paths of the client’s requests',
  tooluse:
    'the client decides whether a tool must be used; write set: { tool_choice.type: any } under models if it always should',
  forcereasoning: 'ask with a suffix, model(high), or take a model that reasons by itself',
}
const UNKNOWN = 'requests are translated here anyway; what else it did is not taken over'

/** What a provider's requests went through, and the options of each; notes on what is not done here. */
export function readTransformers(
  entry: TrackedSettings,
  draft: Draft,
): ReadonlyMap<string, TrackedSettings | undefined> {
  const transformer = entry.mapping('transformer')
  const found = new Map<string, TrackedSettings | undefined>()
  for (const name of transformer.names()) {
    // `use`, or the name of a model that has a `use` of its own.
    const value = transformer.raw(name)
    const list = name === 'use' ? value : isObject(value) ? value.use : undefined
    for (const [used, options] of usesIn(list)) {
      const about = `${transformer.path(name)}: ${used}`
      noteTransformer(about, used, options, draft)
      if (name === 'use')
        found.set(used, isObject(options) ? new TrackedSettings(options, about) : undefined)
    }
  }
  return found
}

function usesIn(list: JsonValue | undefined): [name: string, options: JsonValue | undefined][] {
  if (!Array.isArray(list)) return []
  return list.flatMap((use): [string, JsonValue | undefined][] => {
    const [name, options] = Array.isArray(use) ? use : [use]
    return typeof name === 'string' ? [[name, options]] : []
  })
}

function noteTransformer(
  about: string,
  name: string,
  options: JsonValue | undefined,
  draft: Draft,
): void {
  if (!ANYWAY.has(name)) draft.noteDropped(about, REASONS[name] ?? UNKNOWN)
  else if (name === 'openrouter' && isObject(options))
    draft.noteDropped(
      about,
      `its options (${Object.keys(options).join(', ')}) are not taken over; a client that speaks OpenAI Chat can send them itself`,
    )
  else draft.noteUnneeded(about, 'is done for each upstream by itself')
}
