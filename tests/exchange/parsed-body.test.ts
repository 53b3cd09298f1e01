import { describe, expect, test } from 'bun:test'
import { storeResponse } from '../../src/exchange/history/stored-responses.ts'
import { type BodySource, ParsedBody } from '../../src/exchange/parsed-body.ts'
import type { JsonObject } from '../../src/lib/json/json.ts'
import { anthropic } from '../../src/protocols/anthropic/index.ts'
import type { ClientCodec } from '../../src/protocols/codec.ts'
import { openaiResponses } from '../../src/protocols/openai-responses/index.ts'
import { createMemoryState } from '../../src/store/state/memory.ts'
import { localGateway } from '../support/local-gateway.ts'

const HELLO = { model: 'm', max_tokens: 9, messages: [{ role: 'user', content: 'hello' }] }

/** A body, and how often its codec has decoded it. */
function bodyOf(codec: ClientCodec, json: JsonObject | string, over: Partial<BodySource> = {}) {
  let decoded = 0
  const counting: ClientCodec = {
    ...codec,
    decodeRequest(body, envelope) {
      decoded++
      return codec.decodeRequest(body, envelope)
    },
  }
  const text = typeof json === 'string' ? json : JSON.stringify(json)
  const body = new ParsedBody(new TextEncoder().encode(text), {
    codec: counting,
    action: 'generate',
    envelope: { model: 'm', stream: false },
    caller: { name: 'alice' },
    state: createMemoryState(() => 0),
    ...over,
  })
  return { body, decoded: () => decoded }
}

describe('each form of a body is made at most once', () => {
  test('a condition, a capability, a count and encoding share one conversation', async () => {
    const { body, decoded } = bodyOf(anthropic, HELLO)
    const own = body.ownConversation()
    expect(await body.conversation()).toBe(own)
    expect(await body.readable()).toBe(own)
    expect(await body.needs()).toBe(await body.needs())
    expect(await body.inputTokens()).toBe(await body.ownInputTokens())
    expect(body.json()).toBe(body.json())
    expect(decoded()).toBe(1)
  })

  test('a request that a condition has read is not decoded again for its target', async () => {
    const { codec, count } = counted(anthropic)
    const gateway = localGateway(
      `
providers: { a: { kind: openai-compatible, base-url: "http://a.test/v1", keys: [ k ] } }
models: { m: [ { when: { thinking: true }, to: a/deep }, a/plain ] }
`,
      () => Response.json({ error: { message: 'no' } }, { status: 400 }),
    )
    try {
      await gateway.call('/v1/messages', { json: HELLO })
      expect(JSON.parse(gateway.received[0]?.text ?? '{}').model).toBe('plain')
      expect(count()).toBe(1)
    } finally {
      codec.restore()
    }
  })

  test('a conversation is known to steps that do not wait only once it was read', async () => {
    const { body } = bodyOf(anthropic, HELLO)
    expect(body.loaded).toBeUndefined()
    const conversation = await body.conversation()
    expect(body.loaded).toBe(conversation)
  })
})

describe('a malformed body', () => {
  test.each([
    ['no JSON', '{"model":'],
    ['a member of a wrong type', { ...HELLO, messages: 'hello' }],
    ['no text', { ...HELLO, messages: [{ role: 'user', content: '' }] }],
  ])('%s: is an error of the request, and has no needs', async (_, json) => {
    const { body } = bodyOf(anthropic, json)
    expect(() => body.ownConversation()).toThrow(expect.objectContaining({ status: 400 }))
    await expect(body.conversation()).rejects.toThrow(
      expect.objectContaining({ code: 'invalid-request' }),
    )
    expect(await body.readable()).toBeUndefined()
    expect((await body.needs()).must.size).toBe(0)
    expect(await body.inputTokens()).toBe(0)
    expect(body.loaded).toBeUndefined()
  })
})

describe('what is stored for a client', () => {
  const response = {
    id: 'resp_1',
    status: 'completed',
    output: [
      {
        type: 'message',
        id: 'msg_1',
        role: 'assistant',
        content: [{ type: 'output_text', text: 'the first answer' }],
      },
    ],
  }
  const follows = { model: 'm', previous_response_id: 'resp_1', input: 'and now?' }

  test('is part of the conversation, and not of what the body itself holds', async () => {
    const state = createMemoryState(() => 0)
    storeResponse(state, 'alice', { input: 'the first question' }, response)
    const { body } = bodyOf(openaiResponses, follows, { state })
    const texts = (request: object): string => JSON.stringify(request)
    expect(texts(body.ownConversation())).not.toContain('the first')
    const conversation = texts(await body.conversation())
    expect(conversation).toContain('the first question')
    expect(conversation).toContain('the first answer')
    expect(await body.inputTokens()).toBeGreaterThan(await body.ownInputTokens())
  })

  test('is not given to another caller', async () => {
    const state = createMemoryState(() => 0)
    storeResponse(state, 'alice', { input: 'the first question' }, response)
    const { body } = bodyOf(openaiResponses, follows, { state, caller: { name: 'bob' } })
    await expect(body.conversation()).rejects.toThrow('resp_1')
  })
})

/** Counts how often a registered codec decodes, until it is restored. */
function counted(codec: ClientCodec) {
  const { decodeRequest } = codec
  let count = 0
  Object.assign(codec, {
    decodeRequest(...given: Parameters<ClientCodec['decodeRequest']>) {
      count++
      return decodeRequest(...given)
    },
  })
  return { codec: { restore: () => Object.assign(codec, { decodeRequest }) }, count: () => count }
}
