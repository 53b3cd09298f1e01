import type { ConversationRequest, Sampling } from '../../conversation/index.ts'
import type { JsonObject } from '../../lib/json/json.ts'
import { number } from '../../lib/json/read-json.ts'
import type { Addressee, Loss } from '../codec.ts'
import { originalSpelling } from './spelling.ts'

/** Numbers with the same meaning on every side. */
const PLAIN = [
  ['temperature', 'temperature'],
  ['top_p', 'topP'],
  ['seed', 'seed'],
  ['presence_penalty', 'presencePenalty'],
  ['frequency_penalty', 'frequencyPenalty'],
] as const

/** What a thinking model refuses, unless it is the value it has anyway. */
const REFUSED_UNLESS: Record<string, number> = {
  temperature: 1,
  top_p: 1,
  presence_penalty: 0,
  frequency_penalty: 0,
}

/**
 * Models of OpenAI's own line that think: they refuse sampling parameters and `max_tokens`.
 * Aggregators put the maker in front: `openai/gpt-5`.
 */
const REASONING_MODEL = /(?:^|\/)(o\d|gpt-[5-9])(?!.*-chat)[^/]*$/

const CAPS = ['max_completion_tokens', 'max_tokens']
const MAX_STOPS = 4

/** Members that may be spelled in several ways. */
export const ORIGINAL_SAMPLING = [...CAPS, 'stop', 'top_k']
/** Numbers that have one spelling. */
export const PLAIN_SAMPLING: ReadonlySet<string> = new Set(PLAIN.map(([name]) => name))
/** Every member of which the conversation holds the meaning. */
export const SAMPLING = [...ORIGINAL_SAMPLING, ...PLAIN_SAMPLING]

export function decodeSampling(body: JsonObject): Sampling {
  const sampling: Sampling = {}
  for (const [name, meaning] of PLAIN) {
    const value = number(body[name])
    if (value !== undefined) sampling[meaning] = value
  }
  const cap = decodeCap(body)
  if (cap !== undefined) sampling.maxOutputTokens = cap
  const topK = number(body.top_k)
  if (topK !== undefined) sampling.topK = topK
  const stop = decodeStops(body)
  if (stop) sampling.stop = stop
  return sampling
}

function decodeCap(wire: JsonObject): number | undefined {
  return number(wire.max_completion_tokens) ?? number(wire.max_tokens)
}

function decodeStops({ stop }: JsonObject): string[] | undefined {
  if (typeof stop === 'string') return [stop]
  return Array.isArray(stop) ? stop.filter(sequence => typeof sequence === 'string') : undefined
}

export function encodeSampling(
  { sampling }: Pick<ConversationRequest, 'sampling'>,
  own: JsonObject | undefined,
  to: Addressee,
  losses: Loss[],
): JsonObject {
  const reasoning = REASONING_MODEL.test(to.model)
  const cap = to.quirks.maxTokensField ?? (reasoning ? 'max_completion_tokens' : 'max_tokens')
  return {
    ...encodeNumbers(sampling, reasoning, to, losses),
    ...encodeCap(sampling.maxOutputTokens, own, cap, to),
    ...encodeStops(sampling.stop, own, losses),
    ...encodeTopK(sampling.topK, own, losses),
  }
}

function encodeNumbers(
  sampling: Sampling,
  reasoning: boolean,
  to: Addressee,
  losses: Loss[],
): JsonObject {
  const wire: JsonObject = {}
  for (const [name, meaning] of PLAIN) {
    const value = sampling[meaning]
    if (value === undefined) continue
    const only = REFUSED_UNLESS[name]
    if (!reasoning || only === undefined || value === only) wire[name] = value
    else losses.push({ path: name, reason: `${to.model} does not take it` })
  }
  return wire
}

function encodeCap(
  cap: number | undefined,
  own: JsonObject | undefined,
  field: string,
  to: Addressee,
): JsonObject {
  const original = own && !to.quirks.maxTokensField && originalSpelling(own, CAPS, decodeCap, cap)
  if (original) return original
  return cap === undefined ? {} : { [field]: cap }
}

function encodeStops(
  stop: string[] | undefined,
  own: JsonObject | undefined,
  losses: Loss[],
): JsonObject {
  const original = own && originalSpelling(own, ['stop'], decodeStops, stop)
  if (original) return original
  if (!stop || stop.length === 0) return {}
  if (stop.length > MAX_STOPS)
    losses.push({ path: 'stop', reason: 'only four stop sequences can be sent' })
  return { stop: stop.slice(0, MAX_STOPS) }
}

/** Not of this protocol, though some services take it: sent where the client itself sent it. */
function encodeTopK(
  topK: number | undefined,
  own: JsonObject | undefined,
  losses: Loss[],
): JsonObject {
  if (topK === undefined) return {}
  if (own && 'top_k' in own) return { top_k: topK }
  losses.push({ path: 'top_k', reason: 'the protocol has no such parameter' })
  return {}
}
