import type { JsonObject } from '../../../src/lib/json/json.ts'
import type { Wire } from '../read-reply.ts'
import { readAnthropic } from './anthropic.ts'
import type { Asked } from './asked.ts'
import { readGemini } from './gemini.ts'
import { readOpenaiChat } from './openai-chat.ts'
import { readOpenaiResponses } from './openai-responses.ts'

export type { Asked }

const READERS: Record<Wire, (body: JsonObject) => Asked> = {
  anthropic: readAnthropic,
  'openai-chat': readOpenaiChat,
  'openai-responses': readOpenaiResponses,
  gemini: readGemini,
}

/** What a request asks, read by its own protocol. */
export function readRequest(wire: Wire, body: JsonObject): Asked {
  return READERS[wire](body)
}
