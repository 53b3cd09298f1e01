import { describe, expect, test } from 'bun:test'
import { type ConversationResponse, collect } from '../../src/conversation/index.ts'
import { isObject, type JsonValue } from '../../src/lib/json/json.ts'
import { decodeSse } from '../../src/lib/streams/sse.ts'
import { codecFor } from '../../src/protocols/index.ts'
import { type Exchange, exchanges, payloadsIn } from '../support/exchanges.ts'
import type { Wire } from '../support/read-reply.ts'
import { WIRES } from '../support/wires.ts'

/** The member that holds a seal, by protocol. Chat has none. */
const MEMBERS: Record<Wire, string | undefined> = {
  anthropic: 'signature',
  gemini: 'thoughtSignature',
  'openai-responses': 'encrypted_content',
  'openai-chat': undefined,
}

/** Every value of the member, wherever it stands. */
function valuesOf(member: string, value: JsonValue | undefined): string[] {
  if (Array.isArray(value)) return value.flatMap(item => valuesOf(member, item))
  if (!isObject(value)) return []
  return Object.entries(value).flatMap(([name, inner]) =>
    name === member && typeof inner === 'string' && inner !== ''
      ? [inner]
      : valuesOf(member, inner),
  )
}

/** An item of Responses is sealed anew whenever it is sent; the one that is done is read. */
function finalPayloads({ sse, response }: Exchange): JsonValue | undefined {
  if (sse === undefined) return response
  const again = ['response.output_item.added', 'response.completed']
  return payloadsIn(sse).filter(({ type }) => !again.includes(String(type)))
}

const short = (seal: string): string => seal.slice(0, 24)

function decoded(wire: Wire, { sse, response }: Exchange): ConversationResponse {
  const codec = codecFor(wire)
  if (!codec) throw new Error(`no codec for ${wire}`)
  if (sse === undefined) return codec.decodeResponse(response ?? {}, 'up')
  const frames = decodeSse()
  const events = codec.decodeStream('up')
  const all = [...frames.feed(new TextEncoder().encode(sse)), ...frames.end()]
  return collect([...all.flatMap(frame => events.feed(frame)), ...events.end()])
}

describe('every seal of a reply is read, and goes back to who made it', () => {
  for (const wire of WIRES)
    for (const exchange of exchanges(wire)) {
      const member = MEMBERS[wire]
      if (!member || exchange.status !== 200 || Array.isArray(exchange.response)) continue
      const seals = [...new Set(valuesOf(member, finalPayloads(exchange)))]
      if (seals.length === 0) continue
      test(exchange.id, () => {
        const { parts } = decoded(wire, exchange)
        const read = JSON.stringify(parts)
        expect(seals.filter(seal => !read.includes(seal)).map(short)).toEqual([])
        const { wire: sent } = codecFor(wire)?.encodeRequest(
          {
            system: [],
            messages: [{ role: 'assistant', parts }],
            tools: [],
            toolChoice: { mode: 'auto' },
            sampling: {},
            format: { type: 'text' },
          },
          { model: exchange.model ?? 'm', stream: false, issuer: 'up', quirks: {} },
        ) ?? { wire: undefined }
        const again = JSON.stringify(sent?.body)
        expect(seals.filter(seal => !again.includes(seal)).map(short)).toEqual([])
      })
    }
})
