import { isObject, type JsonObject, type JsonValue } from '../lib/json.ts'
import { count, object, objects, text } from '../lib/wire.ts'
import type { UpstreamModel } from './codec.ts'

/** Longer than any model's name. */
const MOST_CHARACTERS = 200

/** The entries of a list: `data` as OpenAI and Anthropic have it, `models`, or bare. */
export function listedIn(wire: JsonValue): JsonObject[] | undefined {
  const entries = isObject(wire) ? (wire.data ?? wire.models) : wire
  return Array.isArray(entries) ? objects(entries) : undefined
}

/** Names become what clients ask for and what the log says: no blanks, nothing invisible. */
export function modelName(value: JsonValue | undefined): string | undefined {
  const name = text(value)
  const usable = name && name.length <= MOST_CHARACTERS && /^[^\s\p{C}]+$/u.test(name)
  return usable ? name : undefined
}

/** With the first of the counts that tells anything; zero and null tell nothing. */
export function upstreamModel(
  name: string,
  told: {
    context: readonly (JsonValue | undefined)[]
    output: readonly (JsonValue | undefined)[]
  },
): UpstreamModel {
  const contextTokens = firstCount(told.context)
  const maxOutputTokens = firstCount(told.output)
  return {
    name,
    ...(contextTokens === undefined ? {} : { contextTokens }),
    ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
  }
}

function firstCount(values: readonly (JsonValue | undefined)[]): number | undefined {
  return values.map(count).find(value => value !== undefined && value > 0)
}

/**
 * An entry of a list like OpenAI's. OpenAI itself tells no counts; what others call them: OpenRouter,
 * Moonshot `context_length`; Groq, DeepSeek `context_window`; vLLM `max_model_len`; Mistral, LM
 * Studio `max_context_length`. Undefined: nobody can use it.
 */
export function listedModel(entry: JsonObject): UpstreamModel | undefined {
  const name = modelName(entry.id) ?? modelName(entry.name)
  // Groq keeps models in its list that it no longer serves.
  if (name === undefined || entry.active === false) return undefined
  const best = object(entry.top_provider)
  return upstreamModel(name, {
    context: [
      entry.context_length,
      entry.context_window,
      entry.max_model_len,
      entry.max_context_length,
      entry.max_input_tokens,
    ],
    output: [entry.max_completion_tokens, entry.max_output_tokens, best?.max_completion_tokens],
  })
}
