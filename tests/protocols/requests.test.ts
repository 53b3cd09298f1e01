import { describe, expect, test } from 'bun:test'
import { isObject, type JsonObject, type JsonValue, jsonEntries } from '../../src/lib/json/json.ts'
import { codecFor } from '../../src/protocols/index.ts'
import type { Wire } from '../support/read-reply.ts'
import { requestsOf } from '../support/requests.ts'
import { WIRES } from '../support/wires.ts'

/** What goes without saying, and what the path says. */
const DEFAULTS: Record<Wire, readonly string[]> = {
  anthropic: [],
  'openai-chat': [],
  'openai-responses': [],
  gemini: ['model'],
}

describe('a request of its own protocol goes out as it came in', () => {
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
    jsonEntries(value).map(([name, inner]) => [
      name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
      camel(inner, name.startsWith('response') ? 0 : levels - 1),
    ]),
  )
}
