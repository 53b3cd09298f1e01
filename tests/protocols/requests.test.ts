import { describe, expect, test } from 'bun:test'
import { isObject, type JsonObject, type JsonValue } from '../../src/lib/json.ts'
import { codecFor } from '../../src/protocols/index.ts'
import type { Wire } from '../support/read-reply.ts'
import { captures, corpus, sharedMissing } from '../support/shared.ts'
import { WIRES } from '../support/wires.ts'

/** Which captured requests speak which protocol. */
const ENDINGS: Record<Wire, readonly string[]> = {
  anthropic: ['/v1/messages'],
  'openai-chat': ['/v1/chat/completions'],
  'openai-responses': ['/v1/responses'],
  gemini: [':generateContent', ':streamGenerateContent'],
}

function requestsOf(wire: Wire): { id: string; body: JsonObject; stream: boolean }[] {
  const recorded = corpus(wire).flatMap(({ id, request, op, stream }) =>
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
  return [...recorded, ...captured]
}

/** What goes without saying, and what the path says. */
const DEFAULTS: Record<Wire, readonly string[]> = {
  anthropic: [],
  'openai-chat': [],
  'openai-responses': [],
  gemini: ['model'],
}

describe.skipIf(sharedMissing)('a request of its own protocol goes out as it came in', () => {
  for (const wire of WIRES) {
    const codec = codecFor(wire)
    for (const { id, body, stream } of requestsOf(wire)) {
      test(`${wire} ${id}`, () => {
        if (!codec) throw new Error('no codec')
        const model = String(body.model ?? 'm')
        const request = codec.decodeRequest(structuredClone(body), { model, stream, issuer: 'up' })
        const to = { model, stream, issuer: 'up', quirks: {} }
        const { wire: out, losses } = codec.encodeRequest(request, to)
        expect(normal(wire, out.body)).toEqual(normal(wire, body))
        expect(losses).toEqual([])
      })
    }
  }
})

/** Spellings the service takes for the same: snake case, one part without its list. */
function normal(wire: Wire, body: JsonObject): JsonObject {
  const rest = Object.fromEntries(
    Object.entries(body).filter(
      ([name, value]) => !DEFAULTS[wire].includes(name) && !(name === 'stream' && value === false),
    ),
  )
  if (wire !== 'gemini') return rest
  return camel(rest, 3) as JsonObject
}

/** Member names in camel case, so many levels down: below that they are the client's own words. */
function camel(value: JsonValue, levels: number): JsonValue {
  if (!isObject(value) || levels === 0) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
      camel(inner, name.startsWith('response') ? 0 : levels - 1),
    ]),
  )
}
