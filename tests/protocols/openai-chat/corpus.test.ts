import { describe, expect, test } from 'bun:test'
import {
  type ConversationRequest,
  type ConversationResponse,
  collect,
  type StreamEvent,
} from '../../../src/conversation/index.ts'
import { isObject, type JsonObject } from '../../../src/lib/json/json.ts'
import { decodeSse } from '../../../src/lib/streams/sse.ts'
import { openaiChat } from '../../../src/protocols/openai-chat/index.ts'
import { captures, corpus, sharedMissing } from '../../support/shared.ts'

const recorded = corpus('openai-chat')
const requests = [
  ...recorded.flatMap(({ id, request }) => (request ? [{ id, body: request }] : [])),
  ...captures('/v1/chat/completions').map(({ id, body }) => ({ id, body })),
]

/** With every node copied, as whatever changes a member of one makes it. */
function copied(request: ConversationRequest): ConversationRequest {
  const { system, messages, tools } = request
  return {
    ...request,
    system: system.map(part => ({ ...part })),
    messages: messages.map(message => ({
      ...message,
      parts: message.parts.map(part => ({ ...part })),
    })),
    tools: tools.map(tool => ({ ...tool })),
  }
}

function copiedReply(response: ConversationResponse): ConversationResponse {
  return { ...response, parts: response.parts.map(part => ({ ...part })) }
}

function again(body: JsonObject): JsonObject {
  const model = String(body.model)
  const stream = body.stream === true
  const request = openaiChat.decodeRequest(body, { model, stream, issuer: 'up' })
  const to = { model, stream, issuer: 'up', quirks: {} }
  return openaiChat.encodeRequest(copied(request), to).wire.body
}

describe.skipIf(sharedMissing)('a request goes out as it came in', () => {
  for (const { id, body } of requests) test(id, () => expect(again(body)).toEqual(body))
})

const replies = recorded.flatMap(({ id, status, response }) =>
  response && status === 200 && !response.error ? [{ id, body: response }] : [],
)

/** Replies that left out what clients cannot do without; what they said stays, the rest is added. */
const COMPLETED: Record<string, string> = {
  'azure-opentelemetry-instrumentation-openai-azure-chat-content-61b6df05': 'no message',
  'cloudflare-cloudflare-data-extraction-a5ef6975': 'no usage',
}

describe.skipIf(sharedMissing)('a reply goes out as it came in', () => {
  for (const { id, body } of replies) {
    test(id, () => {
      const response = openaiChat.decodeResponse(body, 'up')
      const asked = { model: String(body.model), id: 'id', atMs: Number(body.created) * 1000 }
      const encoded = openaiChat.encodeResponse(copiedReply(response), asked)
      if (COMPLETED[id]) expect(encoded).toMatchObject(body)
      else expect(encoded).toEqual(body)
    })
  }
})

const streams = recorded.flatMap(({ id, sse }) => (sse === undefined ? [] : [{ id, sse }]))

function decoded(chunks: readonly Uint8Array[]): StreamEvent[] {
  const frames = decodeSse()
  const events = openaiChat.decodeStream('up')
  const fed = [...chunks.flatMap(chunk => frames.feed(chunk)), ...frames.end()]
  return [...fed.flatMap(frame => events.feed(frame)), ...events.end()]
}

describe.skipIf(sharedMissing)('a recorded stream obeys the grammar of events', () => {
  for (const { id, sse } of streams) {
    test(id, () => {
      const events = decoded([new TextEncoder().encode(sse)])
      if (events.some(({ type }) => type === 'error')) {
        expect(events.filter(({ type }) => type === 'response-end')).toEqual([])
        return
      }
      expect(events[0]?.type).toBe('response-start')
      expect(events[events.length - 1]?.type).toBe('response-end')
      const starts = events.flatMap(event => (event.type === 'part-start' ? [event.index] : []))
      const ends = events.flatMap(event => (event.type === 'part-end' ? [event.index] : []))
      expect(starts).toEqual(starts.map((_, index) => index))
      expect(ends.sort((a, b) => a - b)).toEqual(starts)
      for (const part of collect(events).parts) {
        if (part.type === 'tool-call') expect(isObject(JSON.parse(part.arguments))).toBe(true)
      }
    })
  }
})
