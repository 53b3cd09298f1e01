import { describe, expect, test } from 'bun:test'
import { type LocalGateway, localGateway, streamOf } from '../support/local-gateway.ts'
import { type Wire as AnyWire, readJson, readStream, type Seen } from '../support/read-reply.ts'
import { corpus, type Recorded, sharedMissing } from '../support/shared.ts'

const ROUTES = `
version: 1
providers:
  up-anthropic: { kind: anthropic-compatible, base-url: "http://upstream.test", keys: [ k ] }
  up-chat: { kind: openai-compatible, base-url: "http://upstream.test/v1", keys: [ k ] }
models:
  of-anthropic: up-anthropic/served
  of-chat: up-chat/served
policy: { request-retry: 0 }
logging: { level: error }
`

type Wire = Extract<AnyWire, 'anthropic' | 'openai-chat'>

const WIRES: Wire[] = ['anthropic', 'openai-chat']
const PATHS = { anthropic: '/v1/messages', 'openai-chat': '/v1/chat/completions' }
const MODELS = { anthropic: 'of-anthropic', 'openai-chat': 'of-chat' }

const recorded = WIRES.flatMap(wire =>
  corpus(wire)
    .filter(({ op }) => op === 'generate')
    .map(exchange => ({ wire, exchange })),
)

function replay(exchange: Recorded, pieces?: (text: Uint8Array) => Uint8Array[]): () => Response {
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

function ask(
  gateway: LocalGateway,
  client: Wire,
  upstream: Wire,
  stream: boolean,
): Promise<Response> {
  const options =
    client === 'openai-chat' && stream ? { stream_options: { include_usage: true } } : {}
  return gateway.call(PATHS[client], {
    json: {
      model: MODELS[upstream],
      max_tokens: 100,
      messages: [{ role: 'user', content: 'hi' }],
      ...(stream ? { stream } : {}),
      ...options,
    },
  })
}

async function seen(client: Wire, response: Response): Promise<Seen> {
  const text = await response.text()
  const streamed = response.headers.get('content-type')?.startsWith('text/event-stream')
  return streamed ? readStream(client, text) : readJson(client, JSON.parse(text))
}

function original(wire: Wire, { sse, response }: Recorded): Seen {
  return sse === undefined ? readJson(wire, response ?? {}) : readStream(wire, sse)
}

describe.skipIf(sharedMissing)('every recorded reply reaches clients of both protocols', () => {
  for (const { wire, exchange } of recorded) {
    for (const client of WIRES) {
      test(`${exchange.id} to ${client}`, async () => {
        const gateway = localGateway(ROUTES, replay(exchange))
        const response = await ask(gateway, client, wire, exchange.stream)
        const expected = original(wire, exchange)
        const got = await seen(client, response)
        if (expected.error) {
          expect(got.error).toContain(expected.error)
          if (exchange.status !== 200) expect(response.status).toBe(exchange.status)
          return
        }
        expect(response.status).toBe(200)
        expect(got).toEqual(expected)
      })
    }
  }
})

describe.skipIf(sharedMissing)('the same protocol gets the same bytes', () => {
  for (const { wire, exchange } of recorded.filter(({ exchange }) => exchange.status === 200)) {
    test(exchange.id, async () => {
      const gateway = localGateway(ROUTES, replay(exchange))
      const text = await (await ask(gateway, wire, wire, exchange.stream)).text()
      const sent = exchange.sse ?? JSON.stringify(exchange.response)
      // The upstream's model gives way to the asked one; a name in a nested place stays.
      const unnamed = (body: string): string => body.replace(/"model":\s*"[^"]*"/g, '"model":"?"')
      if (original(wire, exchange).error)
        expect(text).toContain(original(wire, exchange).error ?? '')
      else expect(unnamed(text)).toBe(unnamed(sent))
      expect(gateway.received[0]?.text).toContain('"model":"served"')
    })
  }
})

describe.skipIf(sharedMissing)('a stream gives the same wherever it is cut', () => {
  for (const { wire, exchange } of recorded.filter(({ exchange }) => exchange.sse !== undefined)) {
    for (const client of WIRES) {
      test(`${exchange.id} to ${client}`, async () => {
        const whole = await (
          await ask(localGateway(ROUTES, replay(exchange)), client, wire, true)
        ).text()
        const length = new TextEncoder().encode(exchange.sse).length
        // A sample here; the codecs' own tests cut at every byte.
        const step = Math.max(1, Math.floor(length / 12))
        const unstamped = (text: string): string => text.replace(/req_[0-9a-f]+/g, 'req')
        for (let at = 1; at < length; at += step) {
          const cut = localGateway(
            ROUTES,
            replay(exchange, bytes => [bytes.subarray(0, at), bytes.subarray(at)]),
          )
          expect(unstamped(await (await ask(cut, client, wire, true)).text())).toBe(
            unstamped(whole),
          )
        }
        const small = localGateway(
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
