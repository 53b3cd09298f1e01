import type { JsonObject } from '../../../src/lib/json/json.ts'
import { failure, list, number, object, type Reader, type Seen, words } from './seen.ts'

export const gemini: Reader = { read, assemble }

const STOPS: Record<string, string> = {
  STOP: 'end',
  MAX_TOKENS: 'length',
  SAFETY: 'refusal',
  RECITATION: 'refusal',
  BLOCKLIST: 'refusal',
  PROHIBITED_CONTENT: 'refusal',
  SPII: 'refusal',
  IMAGE_SAFETY: 'refusal',
}

function read(body: JsonObject): Seen {
  const candidate = list(body.candidates)[0] ?? {}
  const parts = list(object(candidate.content).parts)
  const usage = object(body.usageMetadata)
  const calls = parts.filter(part => part.functionCall).map(callOf)
  return {
    text: parts.map(part => (part.thought === true ? '' : words(part.text))).join(''),
    thinking: parts.map(part => (part.thought === true ? words(part.text) : '')).join(''),
    calls,
    stop: stopOf(body, candidate, calls.length > 0),
    usage: {
      input: number(usage.promptTokenCount) + number(usage.toolUsePromptTokenCount),
      cached: number(usage.cachedContentTokenCount),
      output: number(usage.candidatesTokenCount) + number(usage.thoughtsTokenCount),
    },
    ...failure(words(object(body.error).message)),
  }
}

function callOf(part: JsonObject): Seen['calls'][number] {
  const call = object(part.functionCall)
  return { name: words(call.name), arguments: call.args ?? {} }
}

/** STOP is also said where the model waits for its tools; a blocked prompt has no candidate. */
function stopOf(body: JsonObject, candidate: JsonObject, called: boolean): string | null {
  if (object(body.promptFeedback).blockReason) return 'refusal'
  const reason = words(candidate.finishReason)
  if (reason === 'STOP' && called) return 'tools'
  return STOPS[reason] ?? (reason || null)
}

/** Parts in a row; counts grow from chunk to chunk, the last word counts. */
function assemble(chunks: JsonObject[]): JsonObject {
  const whole: JsonObject = {}
  const parts: JsonObject[] = []
  let candidate: JsonObject = {}
  let usageMetadata: JsonObject = {}
  for (const chunk of chunks) {
    const first = list(chunk.candidates).find(candidate => number(candidate.index) === 0) ?? {}
    parts.push(...list(object(first.content).parts))
    candidate = { ...candidate, ...first }
    usageMetadata = { ...usageMetadata, ...object(chunk.usageMetadata) }
    Object.assign(whole, chunk)
  }
  const content = { ...object(candidate.content), parts }
  return { ...whole, candidates: [{ ...candidate, content }], usageMetadata }
}
