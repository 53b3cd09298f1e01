import type { JsonObject } from '../../src/lib/json/json.ts'
import type { LocalGateway } from './local-gateway.ts'
import { readJson, readStream, type Seen, type Wire } from './read-reply.ts'
import type { Recorded } from './shared.ts'

export const WIRES: readonly Wire[] = ['anthropic', 'openai-chat', 'openai-responses', 'gemini']

/** One upstream of each protocol, and a model of each. */
export const ROUTES = `
version: 1
providers:
  up-anthropic: { kind: anthropic-compatible, base-url: "http://upstream.test", keys: [ k ] }
  up-chat: { kind: openai-compatible, base-url: "http://upstream.test/v1", keys: [ k ] }
  up-responses: { kind: openai-responses-compatible, base-url: "http://upstream.test/v1", keys: [ k ] }
  up-gemini: { kind: gemini, base-url: "http://upstream.test", keys: [ k ] }
models:
  of-anthropic: up-anthropic/served
  of-chat: up-chat/served
  of-responses: up-responses/served
  of-gemini: up-gemini/served
policy: { request-retry: 0 }
logging: { level: error }
`

export const MODELS: Record<Wire, string> = {
  anthropic: 'of-anthropic',
  'openai-chat': 'of-chat',
  'openai-responses': 'of-responses',
  gemini: 'of-gemini',
}

export const PROVIDERS: Record<Wire, string> = {
  anthropic: 'up-anthropic',
  'openai-chat': 'up-chat',
  'openai-responses': 'up-responses',
  gemini: 'up-gemini',
}

/** Where a client of a protocol asks for a model. */
export function pathOf(wire: Wire, model: string, stream: boolean): string {
  switch (wire) {
    case 'anthropic':
      return '/v1/messages'
    case 'openai-chat':
      return '/v1/chat/completions'
    case 'openai-responses':
      return '/v1/responses'
    case 'gemini':
      return `/v1beta/models/${encodeURIComponent(model)}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`
  }
}

/** A small request, as a client of the protocol writes it. */
export function question(wire: Wire, model: string, stream: boolean): JsonObject {
  const flag = stream ? { stream } : {}
  switch (wire) {
    case 'anthropic':
      return { model, max_tokens: 100, messages: [{ role: 'user', content: 'hi' }], ...flag }
    case 'openai-chat':
      return {
        model,
        messages: [{ role: 'user', content: 'hi' }],
        ...flag,
        ...(stream ? { stream_options: { include_usage: true } } : {}),
      }
    case 'openai-responses':
      return { model, input: 'hi', ...flag }
    case 'gemini':
      return { contents: [{ role: 'user', parts: [{ text: 'hi' }] }] }
  }
}

export function ask(
  gateway: LocalGateway,
  client: Wire,
  upstream: Wire,
  stream: boolean,
): Promise<Response> {
  const model = MODELS[upstream]
  return gateway.call(pathOf(client, model, stream), { json: question(client, model, stream) })
}

export async function seenIn(client: Wire, response: Response): Promise<Seen> {
  const text = await response.text()
  const streamed = response.headers.get('content-type')?.startsWith('text/event-stream')
  return streamed ? readStream(client, text) : readJson(client, JSON.parse(text))
}

/** What the recorded upstream said. */
export function original(wire: Wire, { sse, response }: Recorded): Seen {
  return sse === undefined ? readJson(wire, response ?? {}) : readStream(wire, sse)
}
