import { afterAll, describe, expect, test } from 'bun:test'
import { adaptTools, type ConversationResponse, collect } from '../../src/conversation/index.ts'
import type { JsonObject } from '../../src/lib/json/json.ts'
import { decodeSse } from '../../src/lib/streams/sse.ts'
import type { Codec } from '../../src/protocols/codec.ts'
import { codecFor } from '../../src/protocols/index.ts'
import { differences } from '../support/asked/differences.ts'
import { type Asked, readRequest } from '../support/asked/index.ts'
import { exchanges } from '../support/exchanges.ts'
import { readJson, type Wire } from '../support/read-reply.ts'
import { resultOf, STYLES } from '../support/second-turns.ts'
import type { Recorded } from '../support/shared.ts'
import { original, WIRES } from '../support/wires.ts'

/** A model of each protocol that can do all that is asked for. */
const SERVED: Record<Wire, string> = {
  anthropic: 'claude-opus-4-6',
  'openai-chat': 'gpt-5.2',
  'openai-responses': 'gpt-5.2',
  gemini: 'gemini-3-flash',
}

function codecOf(wire: Wire): Codec {
  const codec = codecFor(wire)
  if (!codec) throw new Error(`no codec for ${wire}`)
  return codec
}

/** The reply, if it is one and calls a tool of the client. */
function callingReply(wire: Wire, { sse, response }: Recorded): ConversationResponse | undefined {
  if (sse === undefined && Array.isArray(response)) return undefined
  const reply = decoded(codecOf(wire), sse, response ?? {})
  const calls = reply?.parts.some(part => part.type === 'tool-call' && part.runsOn === 'client')
  return calls ? reply : undefined
}

function decoded(codec: Codec, sse: string | undefined, response: JsonObject) {
  try {
    if (sse === undefined) return codec.decodeResponse(response, 'up')
    const frames = decodeSse()
    const events = codec.decodeStream('up')
    const all = [...frames.feed(new TextEncoder().encode(sse)), ...frames.end()]
    return collect([...all.flatMap(frame => events.feed(frame)), ...events.end()])
  } catch {
    // The recording is of an error.
    return undefined
  }
}

/** The second request as it goes up. */
function sentUp(client: Codec, upstream: Codec, body: JsonObject): JsonObject {
  const envelope = { model: 'm', stream: false, issuer: 'up' }
  const request = client.decodeRequest(structuredClone(body), envelope)
  const addressee = {
    model: SERVED[upstream.protocol],
    stream: false,
    issuer: 'another',
    quirks: {},
  }
  return upstream.encodeRequest(adaptTools(request, upstream.dialect).request, addressee).wire.body
}

/** What the gateway writes in the place of a result or a call that it could not pair. */
const UNPAIRED = /No result was recorded|result of an earlier tool call/

function faultsOf(sent: Asked, wire: JsonObject, to: Wire): string[] {
  const got = readRequest(to, wire)
  const faults = differences({ ...sent, cap: undefined }, got)
  if (UNPAIRED.test(JSON.stringify(wire))) faults.push('a call or a result is left alone')
  return faults
}

/** Replies whose calls cannot go on as if the client had run them, and why. */
const EXCEPTIONS: Record<string, { on?: readonly Wire[]; why: string }> = {
  'google-chats-tests-sendmessage-multiple-messages-with-server-side-mcp-66b7a300': {
    why: 'the vendor ran the call itself, and its own result stands in the reply',
  },
  'google-chats-tests-sendmessage-multiple-messages-with-server-side-mcp-e2ac9e27': {
    why: 'the vendor ran the call itself, and its own result stands in the reply',
  },
  'openai-refusal-openai-responses-handles-refusal-for-stream-e515b8b6': {
    on: ['anthropic', 'gemini'],
    why: 'the call was cut off, and half of an object is no object, which these two demand',
  },
}

const tally = { turns: 0, excepted: 0, faulty: 0 }

describe('every call goes on with its result', () => {
  for (const wire of WIRES)
    for (const exchange of exchanges(wire)) {
      if (exchange.status !== 200 || exchange.op !== 'generate' || exchange.outcome) continue
      const reply = callingReply(wire, exchange)
      if (!reply) continue
      const { calls } = original(wire, exchange)
      for (const from of WIRES)
        test(`${exchange.id} in the history of a client of ${from}`, () => {
          const client = codecOf(from)
          const asked = { model: 'm', id: 'req_1', atMs: 0, thinking: true }
          const seen = client.encodeResponse(structuredClone(reply), asked)
          expect(readJson(from, seen).calls).toHaveLength(calls.length)
          const faults: string[] = []
          for (const { title, body } of STYLES[from]) {
            const second = body(seen)
            const sent = readRequest(from, second)
            expect(sent.calls.map(({ result }) => result)).toEqual(
              calls.map((_, at) => resultOf(at)),
            )
            for (const to of WIRES) {
              const exception = EXCEPTIONS[exchange.id]
              tally.turns++
              if (exception && (exception.on?.includes(to) ?? true)) {
                tally.excepted++
                continue
              }
              const found = faultsOf(sent, sentUp(client, codecOf(to), second), to)
              if (found.length > 0) tally.faulty++
              faults.push(...found.map(fault => `${title}, to ${to}: ${fault}`))
            }
          }
          expect(faults).toEqual([])
        })
    }

  afterAll(() => {
    const { turns, excepted, faulty } = tally
    const share = ((100 * (turns - faulty)) / turns).toFixed(2)
    const whole = turns - excepted - faulty
    console.log(
      `second turns: ${whole} of ${turns} whole, ${excepted} with a reason, ${faulty} without (${share} %)`,
    )
  })
})
