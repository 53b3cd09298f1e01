import { isObject, type JsonObject, type JsonValue } from '../../lib/json/json.ts'
import { text } from '../../lib/json/read-json.ts'
import type { ModelInfo, ModelPage } from '../codec.ts'
import { listedIn, listedModel } from '../shared/listed-models.ts'

export function encodeModel(model: ModelInfo): JsonObject {
  return {
    type: 'model',
    id: model.id,
    display_name: model.displayName ?? model.id,
    created_at: new Date(model.createdAtMs).toISOString().replace('.000Z', 'Z'),
    max_input_tokens: model.contextTokens,
    max_tokens: model.maxOutputTokens,
  }
}

export function encodeModels(models: readonly ModelInfo[]): JsonObject {
  return {
    data: models.map(encodeModel),
    has_more: false,
    first_id: models[0]?.id ?? null,
    last_id: models[models.length - 1]?.id ?? null,
  }
}

/** Services that speak this protocol often have a list like OpenAI's, so its members are read too. */
export function decodeModels(wire: JsonValue): ModelPage | undefined {
  const entries = listedIn(wire)
  if (!entries) return undefined
  const last = isObject(wire) && wire.has_more === true ? text(wire.last_id) : undefined
  return {
    models: entries.flatMap(
      entry => listedModel({ max_output_tokens: entry.max_tokens ?? null, ...entry }) ?? [],
    ),
    next: last ? `after_id=${encodeURIComponent(last)}` : undefined,
  }
}
