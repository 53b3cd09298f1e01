import { isObject, type JsonObject, type JsonValue } from '../../lib/json/json.ts'
import { objects, text } from '../../lib/json/read-json.ts'
import type { ModelInfo, ModelPage, UpstreamModel } from '../codec.ts'
import { modelName, upstreamModel } from '../shared/listed-models.ts'

const METHODS = ['generateContent', 'streamGenerateContent', 'countTokens']

export function encodeModel(model: ModelInfo): JsonObject {
  return {
    name: `models/${model.id}`,
    version: '001',
    displayName: model.displayName ?? model.id,
    description: model.description ?? `${model.id}, served by ${model.ownedBy}`,
    inputTokenLimit: model.contextTokens ?? 1_048_576,
    outputTokenLimit: model.maxOutputTokens ?? 65_536,
    supportedGenerationMethods: METHODS,
  }
}

export function encodeModels(models: readonly ModelInfo[]): JsonObject {
  return { models: models.map(encodeModel) }
}

/** Methods by which a model can be asked through us; Imagen and Live models have none of them. */
const SERVED = ['generateContent', 'embedContent']

/** @see https://ai.google.dev/api/models#method:-models.list */
export function decodeModels(wire: JsonValue): ModelPage | undefined {
  if (!isObject(wire) || !Array.isArray(wire.models)) return undefined
  const next = text(wire.nextPageToken)
  return {
    models: objects(wire.models).flatMap(entry => decodeModel(entry) ?? []),
    next: next ? `pageToken=${encodeURIComponent(next)}` : undefined,
  }
}

function decodeModel(entry: JsonObject): UpstreamModel | undefined {
  const name = modelName(text(entry.name)?.replace(/^models\//, ''))
  const methods = entry.supportedGenerationMethods
  if (name === undefined) return undefined
  if (Array.isArray(methods) && !SERVED.some(method => methods.includes(method))) return undefined
  return upstreamModel(name, {
    context: [entry.inputTokenLimit],
    output: [entry.outputTokenLimit],
  })
}
