import { describe, expect, test } from 'bun:test'
import type { ProtocolId } from '../../src/conversation/index.ts'
import type { JsonObject } from '../../src/lib/json/json.ts'
import { codecs } from '../../src/protocols/index.ts'

/** The least that a client of each protocol can ask. */
const LEAST: Record<ProtocolId, JsonObject> = {
  anthropic: { model: 'm', messages: [{ role: 'user', content: 'hi' }] },
  'openai-chat': { model: 'm', messages: [{ role: 'user', content: 'hi' }] },
  'openai-responses': { model: 'm', input: 'hi' },
  gemini: { contents: [{ role: 'user', parts: [{ text: 'hi' }] }] },
}

/** The members that each protocol's upstream gets for it from the clients of the others. */
const SENT: Record<ProtocolId, string[]> = {
  anthropic: ['max_tokens', 'messages', 'model'],
  'openai-chat': ['messages', 'model'],
  'openai-responses': ['include', 'input', 'model', 'store'],
  gemini: ['contents'],
}

describe.each(codecs.map(codec => [codec.protocol, codec] as const))(
  'the least that a client of %s asks',
  (protocol, client) => {
    for (const upstream of codecs) {
      if (upstream === client) continue
      test(`adds nothing empty to a request to ${upstream.protocol}`, () => {
        const envelope = { model: 'm', stream: false }
        const request = client.decodeRequest(LEAST[protocol], envelope)
        const to = { ...envelope, issuer: 'up', quirks: {} }
        const body = JSON.stringify(upstream.encodeRequest(request, to).wire.body)
        expect(Object.keys(JSON.parse(body)).sort()).toEqual(SENT[upstream.protocol])
      })
    }
  },
)
