import type { JsonObject } from '../../lib/json.ts'
import type { ModelInfo } from '../codec.ts'

const METHODS = ['generateContent', 'streamGenerateContent', 'countTokens']

export function encodeModel(model: ModelInfo): JsonObject {
  return {
    name: `models/${model.id}`,
    version: '001',
    displayName: model.displayName ?? model.id,
    description: `${model.id}, served by ${model.ownedBy}`,
    inputTokenLimit: model.contextTokens ?? 1_048_576,
    outputTokenLimit: model.maxOutputTokens ?? 65_536,
    supportedGenerationMethods: METHODS,
  }
}

export function encodeModels(models: readonly ModelInfo[]): JsonObject {
  return { models: models.map(encodeModel) }
}
