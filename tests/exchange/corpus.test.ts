import { describe, expect, test } from 'bun:test'
import { type Exchange, exchanges } from '../support/exchanges.ts'
import { renewedGateway, streamOf } from '../support/local-gateway.ts'
import type { Seen, Wire } from '../support/read-reply.ts'
import { ask, original, ROUTES, seenIn, WIRES } from '../support/wires.ts'

const all = WIRES.flatMap(wire =>
  exchanges(wire)
    .filter(({ op }) => op === 'generate')
    // A stream as one array: we always ask for events.
    .filter(({ response }) => !Array.isArray(response))
    .map(exchange => ({ wire, exchange })),
)
const answered = all.filter(({ exchange }) => exchange.outcome !== 'cut')
const cut = all.filter(({ exchange }) => exchange.outcome === 'cut')

function replay(exchange: Exchange, pieces?: (text: Uint8Array) => Uint8Array[]): () => Response {
  return () => {
    if (exchange.sse === undefined)
      return Response.json(exchange.response, {
        status: exchange.status,
        headers: exchange.response_headers,
      })
    const bytes = new TextEncoder().encode(exchange.sse)
    return streamOf(pieces ? pieces(bytes) : [bytes])
  }
}

/** How thoughts are set apart from one another is not part of them. */
function comparable({ thinking, ...seen }: Seen) {
  return { ...seen, thinking: thinking.replace(/\s+/g, '') }
}

/** What a free-text call becomes where arguments are always an object. */
const SQL = [{ name: 'write_sql', arguments: { input: 'SELECT * FROM users WHERE age > 25' } }]

/**
 * Every difference between what the upstream said and what the client sees, and why its protocol
 * cannot say it.
 */
const UNSAYABLE: Record<string, Partial<Record<Wire, Partial<Seen>>>> = {
  // Only Responses answers before it has begun to work (`background`); elsewhere a reply has ended.
  'openai-background-mode-with-tool-vcr-7809ce01': {
    anthropic: { stop: 'end' },
    'openai-chat': { stop: 'end' },
    gemini: { stop: 'OTHER' },
  },
  // The request declared no such tool, so nothing says how to unwrap it for these two.
  'openai-openai-openai-custom-tool-1-d9c9c8e2': {
    anthropic: { calls: SQL },
    gemini: { calls: SQL },
  },
  // No spoken replies: the client is told that there was one, and the loss is counted.
  'google-speech-basic-functionality-gemini-gemini-2-5-flash-preview-tts-11b067da': {
    anthropic: { text: '[audio]' },
    'openai-responses': { text: '[audio]' },
  },
}

/** A call cut off in the middle of its arguments: half of an object is no object. */
const CUT_OFF = 'openai-refusal-openai-responses-handles-refusal-for-stream-e515b8b6'

/** A reply that was paid for and says nothing: where it has to be translated it is an error. */
const EMPTY = 'openai-openai-v2-tool-image-5a6c1e7a'
const isEmpty = ({ id, outcome }: Exchange): boolean => id === EMPTY || outcome === 'empty'

describe('every reply reaches clients of every protocol', () => {
  for (const { wire, exchange } of answered) {
    for (const client of WIRES) {
      test(`${exchange.id} to ${client}`, async () => {
        const gateway = renewedGateway(ROUTES, replay(exchange))
        const response = await ask(gateway, client, wire, exchange.stream)
        const expected = original(wire, exchange)
        const got = await seenIn(client, response)
        if (isEmpty(exchange) && client !== wire) {
          expect([response.status, got.error]).toEqual([
            502,
            expect.stringContaining('empty reply'),
          ])
          return
        }
        if (exchange.id === CUT_OFF && client === 'gemini')
          expected.calls = expected.calls.map(({ name, arguments: half }) => ({
            name,
            arguments: { input: half },
          }))
        if (expected.error) {
          expect(got.error).toContain(expected.error.replace(/\.$/, ''))
          // A key that the upstream refuses is ours, not the client's; Gemini's repeat every 5xx.
          const ours = got.error?.includes('refused the credential that the gateway uses')
          const status = ours ? (client === 'gemini' ? 400 : 502) : exchange.status
          if (exchange.status !== 200) expect(response.status).toBe(status)
          return
        }
        expect(response.status).toBe(200)
        expect(comparable(got)).toEqual({
          ...comparable(expected),
          ...UNSAYABLE[exchange.id]?.[client],
        })
      })
    }
  }
})

describe('an upstream that streams only, or never, serves everyone', () => {
  for (const { wire, exchange } of answered) {
    const expected = original(wire, exchange)
    if (exchange.status !== 200 || expected.error) continue
    if (exchange.id === CUT_OFF || isEmpty(exchange)) continue
    for (const client of WIRES) {
      test(`${exchange.id} to ${client}, who asked for ${exchange.sse ? 'one body' : 'a stream'}`, async () => {
        const gateway = renewedGateway(ROUTES, replay(exchange))
        const response = await ask(gateway, client, wire, exchange.sse === undefined)
        expect(response.status).toBe(200)
        expect(comparable(await seenIn(client, response))).toEqual({
          ...comparable(expected),
          ...UNSAYABLE[exchange.id]?.[client],
        })
      })
    }
  }
})

describe('the same protocol gets the same bytes', () => {
  for (const { wire, exchange } of answered.filter(({ exchange }) => exchange.status === 200)) {
    test(exchange.id, async () => {
      const gateway = renewedGateway(ROUTES, replay(exchange))
      const text = await (await ask(gateway, wire, wire, exchange.stream)).text()
      const sent = exchange.sse ?? JSON.stringify(exchange.response)
      // The upstream's model gives way to the asked one; a name in a nested place stays.
      const unnamed = (body: string): string =>
        body.replace(/"(model|modelVersion)":\s*"[^"]*"/g, '"$1":"?"')
      if (original(wire, exchange).error)
        expect(text).toContain(original(wire, exchange).error ?? '')
      else expect(unnamed(text)).toBe(unnamed(sent))
      expect(`${gateway.received[0]?.path} ${gateway.received[0]?.text}`).toMatch(
        /"model":"served"|models\/served:/,
      )
    })
  }
})

describe('a stream gives the same wherever it is cut', () => {
  for (const { wire, exchange } of answered.filter(({ exchange }) => exchange.sse !== undefined)) {
    for (const client of WIRES) {
      test(`${exchange.id} to ${client}`, async () => {
        const whole = await (
          await ask(renewedGateway(ROUTES, replay(exchange)), client, wire, true)
        ).text()
        const length = new TextEncoder().encode(exchange.sse).length
        // A sample here; the codecs' own tests cut at every byte.
        const step = Math.max(1, Math.floor(length / 3))
        const unstamped = (text: string): string => text.replace(/(req|_jf)_[0-9a-f]{32}/g, '$1')
        for (let at = 1; at < length; at += step) {
          const cut = renewedGateway(
            ROUTES,
            replay(exchange, bytes => [bytes.subarray(0, at), bytes.subarray(at)]),
          )
          expect(unstamped(await (await ask(cut, client, wire, true)).text())).toBe(
            unstamped(whole),
          )
        }
        const small = renewedGateway(
          ROUTES,
          replay(exchange, bytes =>
            Array.from({ length: Math.ceil(bytes.length / 7) }, (_, i) =>
              bytes.subarray(i * 7, i * 7 + 7),
            ),
          ),
        )
        expect(unstamped(await (await ask(small, client, wire, true)).text())).toBe(
          unstamped(whole),
        )
      }, 30_000)
    }
  }
})

describe('a stream that ends too early is an error for clients of every protocol', () => {
  for (const { wire, exchange } of cut) {
    for (const client of WIRES) {
      test.each([true, false])(`${exchange.id} to ${client}, streamed: %p`, async stream => {
        const gateway = renewedGateway(ROUTES, replay(exchange))
        const response = await ask(gateway, client, wire, stream)
        const got = await seenIn(client, response)
        expect(got.error).toMatch(/.+/)
        expect(response.status).toBe(stream ? 200 : 502)
        if (stream) expect(got.text).toBe('One, two')
      })
    }
  }
})
