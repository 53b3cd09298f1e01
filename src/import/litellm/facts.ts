import { isObject, type JsonObject } from '../../lib/json/json.ts'
import type { Draft, Importing } from '../draft.ts'
import { applyRows, number, type Read, type Row } from '../rows.ts'
import type { TrackedSettings } from '../tracked-settings.ts'

/** `supports_…: false`, and what the model then lacks. */
const ABILITIES: Record<string, string> = {
  supports_vision: 'images',
  supports_function_calling: 'tools',
  supports_parallel_function_calling: 'parallel-tools',
  supports_response_schema: 'structured-output',
  supports_pdf_input: 'documents',
  supports_audio_input: 'audio',
  supports_web_search: 'server-tools',
}

const lacks: Read = (entry, name, { draft }) => {
  const info = entry.mapping(name)
  return Object.entries(ABILITIES).flatMap(([flag, ability]) => {
    const able = info.flag(flag)
    if (able)
      draft.noteUnneeded(
        info.path(flag),
        'is assumed of a model unless the file has something else',
      )
    return able === false ? [ability] : []
  })
}

/** By token there, by a million of them here. */
const perMillion: Read = (settings, name) => {
  const cost = settings.number(name)
  return cost === undefined ? undefined : Number((cost * 1_000_000).toPrecision(12))
}

const price = (from: string, to: string): Row => ({
  from: [`litellm_params.${from}`, `model_info.${from}`],
  to: `price.${to}`,
  read: perMillion,
})

const FACTS: readonly Row[] = [
  { from: ['model_info.max_input_tokens', 'model_info.max_tokens'], to: 'context', read: number },
  { from: 'model_info', to: 'lacks', read: lacks },
  price('input_cost_per_token', 'input'),
  price('output_cost_per_token', 'output'),
  price('cache_read_input_token_cost', 'cache-read'),
  price('cache_creation_input_token_cost', 'cache-write'),
]

/** A deployment's facts about its model: the context window, what it lacks, what it costs. */
export function readFacts(entry: TrackedSettings, importing: Importing): JsonObject {
  const facts = applyRows(FACTS, entry, importing, {} as JsonObject)
  const { price, ...others } = facts
  if (!isObject(price) || ('input' in price && 'output' in price)) return facts
  importing.draft.noteDropped(
    entry.mapping('litellm_params').at,
    'its price is not whole; write price: { input, output } under the model',
  )
  return others
}

/** Writes the facts under the provider, once for each model. */
export function addFacts(
  { routes }: Draft,
  provider: string,
  name: string,
  facts: JsonObject,
): void {
  const models = routes.providers[provider]?.models
  if (!Array.isArray(models) || Object.keys(facts).length === 0 || name.includes('*')) return
  if (models.some(model => isObject(model) && model.name === name)) return
  models.push({ name, ...facts })
}
