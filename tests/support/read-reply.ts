import { isObject, type JsonObject, type JsonValue } from '../../src/lib/json/json.ts'
import { framesOf } from './frames.ts'
import { anthropic } from './readers/anthropic.ts'
import { gemini } from './readers/gemini.ts'
import { openaiChat } from './readers/openai-chat.ts'
import { openaiResponses } from './readers/openai-responses.ts'
import { list, type Reader, type Seen } from './readers/seen.ts'

export type { Seen }

export type Wire = 'anthropic' | 'openai-chat' | 'openai-responses' | 'gemini'

const READERS: Record<Wire, Reader> = {
  anthropic,
  'openai-chat': openaiChat,
  'openai-responses': openaiResponses,
  gemini,
}

/** Reads a JSON body; an array is a Gemini stream without `alt=sse`. */
export function readJson(wire: Wire, body: JsonValue): Seen {
  const { read, assemble } = READERS[wire]
  return read(isObject(body) ? body : assemble(list(body)))
}

/** Reads a stream's whole text: server-sent events, or the JSON array that Gemini streams. */
export function readStream(wire: Wire, text: string): Seen {
  if (/^\s*[[{]/.test(text)) return readJson(wire, JSON.parse(text) as JsonValue)
  const { read, assemble } = READERS[wire]
  return read(assemble(payloadsOf(text)))
}

function payloadsOf(sse: string): JsonObject[] {
  return framesOf(sse)
    .filter(({ data }) => data.startsWith('{'))
    .map(({ data }) => JSON.parse(data) as JsonObject)
}
