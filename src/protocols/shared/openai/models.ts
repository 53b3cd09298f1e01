import type { JsonObject, JsonValue } from '../../../lib/json/json.ts'
import type { ModelInfo, ModelPage } from '../../codec.ts'
import { listedIn, listedModel } from '../listed-models.ts'

export function encodeModel(model: ModelInfo): JsonObject {
  return {
    id: model.id,
    object: 'model',
    created: Math.floor(model.createdAtMs / 1000),
    owned_by: model.ownedBy,
    description: model.description,
    context_length: model.contextTokens,
  }
}

export function encodeModels(models: readonly ModelInfo[]): JsonObject {
  return { object: 'list', data: models.map(encodeModel) }
}

/** OpenAI's list, and those like it, come whole. */
export function decodeModels(wire: JsonValue): ModelPage | undefined {
  const entries = listedIn(wire)
  return entries && { models: entries.flatMap(entry => listedModel(entry) ?? []) }
}
