import { ABILITIES, type Ability } from '../../conversation/index.ts'
import { isObject, type JsonObject, type JsonValue } from '../../lib/json/json.ts'
import { count, object, objects, text } from '../../lib/json/read-json.ts'
import type { UpstreamModel } from '../codec.ts'

/** Longer than any model's name. */
const MAX_CHARACTERS = 200

/** The entries of a list: `data` as OpenAI and Anthropic have it, `models`, or bare. */
export function listedIn(wire: JsonValue): JsonObject[] | undefined {
  const entries = isObject(wire) ? (wire.data ?? wire.models) : wire
  return Array.isArray(entries) ? objects(entries) : undefined
}

/** Names that clients ask for and that the log prints: without blanks and invisible characters. */
export function modelName(value: JsonValue | undefined): string | undefined {
  const name = text(value)
  const usable = name && name.length <= MAX_CHARACTERS && /^[^\s\p{C}]+$/u.test(name)
  return usable ? name : undefined
}

/** With the first count that is given; zero and null mean none. */
export function upstreamModel(
  name: string,
  listed: {
    context: readonly (JsonValue | undefined)[]
    output: readonly (JsonValue | undefined)[]
  },
): UpstreamModel {
  const contextTokens = firstCount(listed.context)
  const maxOutputTokens = firstCount(listed.output)
  return {
    name,
    contextTokens,
    maxOutputTokens,
  }
}

function firstCount(values: readonly (JsonValue | undefined)[]): number | undefined {
  return values.map(count).find(value => value !== undefined && value > 0)
}

/**
 * An entry of a list like OpenAI's. OpenAI itself gives no counts; the names others use: OpenRouter,
 * Moonshot `context_length`; Groq, DeepSeek `context_window`; vLLM `max_model_len`; Mistral, LM
 * Studio `max_context_length`. Undefined: it cannot be used.
 */
export function listedModel(entry: JsonObject): UpstreamModel | undefined {
  const name = modelName(entry.id) ?? modelName(entry.name)
  // Groq keeps models in its list that it no longer serves.
  if (name === undefined || entry.active === false) return undefined
  const best = object(entry.top_provider)
  const lacks = lacksIn(entry)
  const model = upstreamModel(name, {
    context: [
      entry.context_length,
      entry.context_window,
      entry.max_model_len,
      entry.max_context_length,
      entry.max_input_tokens,
    ],
    output: [entry.max_completion_tokens, entry.max_output_tokens, best?.max_completion_tokens],
  })
  return lacks.length > 0 ? { ...model, lacks } : model
}

/**
 * What a list states explicitly: OpenRouter by input modalities and supported parameters (documents it
 * reads for every model), Mistral by `capabilities`, Moonshot by members of their own.
 */
function lacksIn(entry: JsonObject): Ability[] {
  const input = object(entry.architecture)?.input_modalities
  const takes = entry.supported_parameters
  const can = object(entry.capabilities)
  const without = (list: JsonValue | undefined, ...words: string[]): boolean =>
    Array.isArray(list) && !words.some(word => list.includes(word))
  const lacks: Record<string, boolean> = {
    tools: without(takes, 'tools') || can?.function_calling === false,
    'structured-output': without(takes, 'structured_outputs', 'response_format'),
    images: without(input, 'image') || can?.vision === false || entry.supports_image_in === false,
    audio: without(input, 'audio'),
    video: without(input, 'video') || entry.supports_video_in === false,
  } satisfies Partial<Record<Ability, boolean>>
  return ABILITIES.filter(ability => lacks[ability])
}
