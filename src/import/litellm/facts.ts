import { isObject, type JsonObject } from '../../lib/json/json.ts'
import { type Draft, filled, noteDropped, noteUnneeded } from '../draft.ts'
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

/** What a deployment says of its model: the window, what it lacks, what it costs. */
export function readFacts(
  params: TrackedSettings,
  info: TrackedSettings,
  draft: Draft,
): JsonObject {
  const window = [info.number('max_input_tokens'), info.number('max_tokens')]
  return filled({
    context: window.find(one => one !== undefined),
    lacks: Object.entries(ABILITIES).flatMap(([name, ability]) => {
      const able = info.flag(name)
      if (able)
        noteUnneeded(draft, info.path(name), 'is assumed of a model of which nothing else is said')
      return able === false ? [ability] : []
    }),
    price: readPrice(params, info, draft),
  })
}

/** By token there, by a million of them here. */
function readPrice(
  params: TrackedSettings,
  info: TrackedSettings,
  draft: Draft,
): JsonObject | undefined {
  const perMillion = (name: string): number | undefined => {
    const costs = [params.number(name), info.number(name)]
    const cost = costs.find(one => one !== undefined)
    return cost === undefined ? undefined : Number((cost * 1_000_000).toPrecision(12))
  }
  const price = filled({
    input: perMillion('input_cost_per_token'),
    output: perMillion('output_cost_per_token'),
    'cache-read': perMillion('cache_read_input_token_cost'),
    'cache-write': perMillion('cache_creation_input_token_cost'),
  })
  if ('input' in price && 'output' in price) return price
  if (Object.keys(price).length > 0)
    noteDropped(
      draft,
      params.at,
      'its price is not whole; write price: { input, output } under the model',
    )
  return undefined
}

/** Says the facts under the provider, once for each model. */
export function addFacts(
  { routes }: Draft,
  provider: string,
  name: string,
  facts: JsonObject,
): void {
  const models = routes.providers[provider]?.models
  if (!Array.isArray(models) || Object.keys(facts).length === 0 || name.includes('*')) return
  if (models.some(one => isObject(one) && one.name === name)) return
  models.push({ name, ...facts })
}
