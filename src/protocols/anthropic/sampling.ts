import type { ConversationRequest, Sampling } from '../../conversation/index.ts'
import type { JsonObject } from '../../lib/json/json.ts'
import { number, object } from '../../lib/json/read-json.ts'
import { sourceMemory } from '../../lib/json/source-memory.ts'
import type { Loss } from '../codec.ts'

const memory = sourceMemory('anthropic')

export const SAMPLING = ['max_tokens', 'temperature', 'top_p', 'top_k', 'stop_sequences']

export function decodeSampling(body: JsonObject): Sampling {
  const sampling: Sampling = {}
  const maxOutputTokens = number(body.max_tokens)
  if (maxOutputTokens !== undefined) sampling.maxOutputTokens = maxOutputTokens
  const temperature = number(body.temperature)
  if (temperature !== undefined) sampling.temperature = temperature
  const topP = number(body.top_p)
  if (topP !== undefined) sampling.topP = topP
  const topK = number(body.top_k)
  if (topK !== undefined) sampling.topK = topK
  if (Array.isArray(body.stop_sequences))
    sampling.stop = body.stop_sequences.filter(sequence => typeof sequence === 'string')
  return sampling
}

/** What goes with thinking depends on it, so the numbers stay as written only if it does. */
export function asWrittenSampling(
  { thinking, sampling }: ConversationRequest,
  asWritten: boolean,
): JsonObject | undefined {
  return asWritten || !thinking ? object(memory.recall(sampling) ?? null) : undefined
}

export function encodeSampling(sampling: Sampling, thinking: boolean, losses: Loss[]): JsonObject {
  const wire: JsonObject = {}
  const lost = (path: string, reason: string): void => void losses.push({ path, reason })
  const { temperature, topP, topK, stop } = sampling
  if (temperature !== undefined) {
    if (thinking && temperature !== 1) lost('temperature', 'not allowed together with thinking')
    else wire.temperature = Math.min(temperature, 1)
    if (temperature > 1) lost('temperature', 'at most 1 here')
  }
  if (topP !== undefined) {
    if (wire.temperature !== undefined && topP !== 1)
      lost('top_p', 'not allowed together with temperature')
    else if (topP !== 1 && !(thinking && topP < 0.95)) wire.top_p = topP
    else if (topP !== 1) lost('top_p', 'at least 0.95 while thinking')
  }
  if (topK !== undefined) {
    if (thinking) lost('top_k', 'not allowed together with thinking')
    else wire.top_k = topK
  }
  const sequences = stop?.filter(sequence => sequence.trim() !== '')
  if (sequences && sequences.length > 0) wire.stop_sequences = sequences
  for (const name of ['seed', 'presencePenalty', 'frequencyPenalty'] as const) {
    if (sampling[name]) lost(name, 'this protocol has no such parameter')
  }
  return wire
}
