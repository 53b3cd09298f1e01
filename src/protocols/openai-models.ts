import type { JsonObject } from '../lib/json.ts'
import type { ModelInfo } from './codec.ts'

export function encodeModel(model: ModelInfo): JsonObject {
  return {
    id: model.id,
    object: 'model',
    created: Math.floor(model.createdAtMs / 1000),
    owned_by: model.ownedBy,
    ...(model.contextTokens === undefined ? {} : { context_length: model.contextTokens }),
  }
}

export function encodeModels(models: readonly ModelInfo[]): JsonObject {
  return { object: 'list', data: models.map(encodeModel) }
}
