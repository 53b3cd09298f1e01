import type { JsonObject } from '../../src/lib/json/json.ts'
import { exchanges } from './exchanges.ts'
import type { Wire } from './read-reply.ts'
import { captures } from './shared.ts'

/** Which captured requests speak which protocol. */
const ENDINGS: Record<Wire, readonly string[]> = {
  anthropic: ['/v1/messages'],
  'openai-chat': ['/v1/chat/completions'],
  'openai-responses': ['/v1/responses'],
  gemini: [':generateContent', ':streamGenerateContent'],
}

/** Every request of a protocol: made up, recorded or captured. */
export function requestsOf(wire: Wire): { id: string; body: JsonObject; stream: boolean }[] {
  const requests = exchanges(wire).flatMap(({ id, request, op, stream }) =>
    request && op === 'generate' ? [{ id, body: request, stream }] : [],
  )
  const captured = ENDINGS[wire].flatMap(ending =>
    captures(ending).map(({ id, body, path }) => ({
      id,
      // Code Assist wraps the request in an envelope of its own.
      body: (path.includes('v1internal') ? body.request : body) as JsonObject,
      stream: wire === 'gemini' ? ending.includes('stream') : body.stream === true,
    })),
  )
  return [...requests, ...captured]
}
