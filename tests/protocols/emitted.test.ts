import { describe, expect, test } from 'bun:test'
import Anthropic from '@anthropic-ai/sdk'
import { GoogleGenAI } from '@google/genai'
import OpenAI from 'openai'
import { replay, type StreamEvent } from '../../src/conversation/index.ts'
import type { JsonObject } from '../../src/lib/json/json.ts'
import { decodeSse, encodeSse } from '../../src/lib/streams/sse.ts'
import { codecFor } from '../../src/protocols/index.ts'
import { exchanges } from '../support/exchanges.ts'
import { streamFaults } from '../support/grammar.ts'
import { readStream, type Seen, type Wire } from '../support/read-reply.ts'
import { schemaFaults, schemasMissing } from '../support/schemas.ts'
import { WIRES } from '../support/wires.ts'

const ASKED = {
  model: 'asked',
  id: 'req_0123456789abcdef',
  atMs: Date.UTC(2026, 0, 1),
  thinking: true,
  extensions: { 'openai-chat': { stream_options: { include_usage: true } } },
}

function codecOf(wire: Wire) {
  const codec = codecFor(wire)
  if (!codec) throw new Error(`no codec for ${wire}`)
  return codec
}

/** What every stream and reply of a protocol says. */
function told(wire: Wire): { id: string; events: StreamEvent[] }[] {
  const codec = codecOf(wire)
  return exchanges(wire).flatMap(({ id, sse, response, status, op }) => {
    if (op !== 'generate' || status !== 200) return []
    if (sse !== undefined) {
      const frames = decodeSse()
      const events = codec.decodeStream('up')
      const fed = [...frames.feed(new TextEncoder().encode(sse)), ...frames.end()]
      return [{ id, events: [...fed.flatMap(frame => events.feed(frame)), ...events.end()] }]
    }
    if (!response || Array.isArray(response) || response.error) return []
    return [{ id, events: [...replay(codec.decodeResponse(response, 'up'))] }]
  })
}

/** The stream, as the client's official SDK understands it. */
async function throughSdk(wire: Wire, text: string): Promise<Pick<Seen, 'text' | 'calls'>> {
  const fetch = async (): Promise<Response> =>
    new Response(text, { headers: { 'content-type': 'text/event-stream' } })
  const options = { apiKey: 'k', baseURL: 'http://sdk.test/v1', fetch, maxRetries: 0 }
  switch (wire) {
    case 'anthropic': {
      const client = new Anthropic({ ...options, baseURL: 'http://sdk.test' })
      const stream = client.messages.stream({ model: 'm', max_tokens: 1, messages: [] })
      const { content } = await stream.finalMessage()
      return {
        text: content.map(block => (block.type === 'text' ? block.text : '')).join(''),
        calls: content.flatMap(block =>
          block.type === 'tool_use' ? [{ name: block.name, arguments: block.input }] : [],
        ),
      }
    }
    case 'openai-chat': {
      const client = new OpenAI(options)
      const stream = client.chat.completions.stream({ model: 'm', messages: [] })
      const [choice] = (await stream.finalChatCompletion()).choices
      return {
        text: (choice?.message.content ?? '') + (choice?.message.refusal ?? ''),
        calls: (choice?.message.tool_calls ?? []).flatMap(call =>
          call.type === 'function'
            ? [{ name: call.function.name, arguments: parsed(call.function.arguments) }]
            : [{ name: call.custom.name, arguments: call.custom.input }],
        ),
      }
    }
    case 'openai-responses': {
      const client = new OpenAI(options)
      const stream = client.responses.stream({ model: 'm', input: 'x' })
      const { output, error } = await stream.finalResponse()
      // This SDK hands a failed response on; its user looks at the status.
      if (error) throw new Error(error.message)
      return {
        text: output
          .flatMap(item => (item.type === 'message' ? item.content : []))
          .map(part => (part.type === 'output_text' ? part.text : part.refusal))
          .join(''),
        calls: output.flatMap(item =>
          item.type === 'function_call'
            ? [{ name: item.name, arguments: parsed(item.arguments) }]
            : item.type === 'custom_tool_call'
              ? [{ name: item.name, arguments: item.input }]
              : [],
        ),
      }
    }
    case 'gemini':
      return throughGenai(fetch)
  }
}

/** This SDK takes no fetch of its own, so the process lends it one. */
async function throughGenai(fetch: () => Promise<Response>): Promise<Pick<Seen, 'text' | 'calls'>> {
  const before = globalThis.fetch
  globalThis.fetch = Object.assign(fetch, { preconnect() {} })
  try {
    const client = new GoogleGenAI({ apiKey: 'k', httpOptions: { baseUrl: 'http://sdk.test' } })
    const stream = await client.models.generateContentStream({ model: 'm', contents: 'x' })
    const seen: Pick<Seen, 'text' | 'calls'> = { text: '', calls: [] }
    for await (const chunk of stream) {
      for (const part of chunk.candidates?.[0]?.content?.parts ?? []) {
        if (part.text && !part.thought) seen.text += part.text
        if (part.functionCall)
          seen.calls.push({
            name: part.functionCall.name ?? '',
            arguments: part.functionCall.args,
          })
      }
    }
    return seen
  } finally {
    globalThis.fetch = before
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** A call cut off in the middle of its arguments. */
const CUT_OFF = 'openai-refusal-openai-responses-handles-refusal-for-stream-e515b8b6'

type Known = {
  /** Faults that are the upstream's own words. */
  grammar?: string[]
  /** Newer than the schema we have. */
  schema?: boolean
  /** The SDK's helper does not know it. */
  sdk?: boolean
}

/** What is said so by the upstream itself, and goes out as it said it. */
const KNOWN: Record<string, Known> = {
  'anthropic-anthropic-anthropic-fallback-a1c025c6 to anthropic': { schema: true },
  'openai-openai-responses-model-web-search-tool-stream-384b7560 to openai-responses': {
    schema: true,
  },
  // xAI counts reasoning beside the completion.
  'xai-testopenaicompatiblecommon-xai-grok-code-fast-multi-tool-b7d5907d to openai-chat': {
    grammar: ['total_tokens is 897, not 843'],
  },
  'openai-background-mode-with-tool-vcr-7809ce01 to openai-responses': {
    grammar: ['response.completed has the status queued'],
  },
  // Nor does it gather the calls of old that had no ids.
  'openai-opentelemetry-instrumentation-langchain-llms-openai-functions-1441899b to openai-chat': {
    sdk: true,
  },
  'openai-opentelemetry-instrumentation-openai-functions-open-ai-function-d532ae13 to openai-chat':
    { sdk: true },
  // The chat helper of the SDK leaves out the names of free-text tools.
  'openai-openai-openai-custom-tool-1-d9c9c8e2 to openai-chat': { sdk: true },
}

describe('every stream that goes out is legal, and its SDK takes it', () => {
  for (const from of WIRES) {
    for (const { id, events } of told(from)) {
      for (const client of WIRES) {
        test(`${from} ${id} to ${client}`, async () => {
          const machine = codecOf(client).encodeStream(ASKED)
          const frames = [...events.flatMap(event => machine.feed(event)), ...machine.end()]
          const known = KNOWN[`${id} to ${client}`]
          expect(streamFaults(client, frames).map(fault => fault.replace(/^.*?: /, ''))).toEqual(
            id === CUT_OFF && client === 'openai-responses'
              ? [expect.anything()]
              : (known?.grammar ?? []),
          )
          const text = frames.map(encodeSse).join('')
          const failed = events.some(({ type }) => type === 'error')
          if (failed) {
            expect(throughSdk(client, text)).rejects.toThrow()
            return
          }
          const seen = readStream(client, text)
          const sdk = await throughSdk(client, text)
          expect(sdk.text).toBe(seen.text)
          if (known?.sdk) return
          expect(sdk.calls.map(({ name }) => name)).toEqual(seen.calls.map(({ name }) => name))
          if (!schemasMissing && !known?.schema)
            for (const { data } of frames)
              if (data.startsWith('{'))
                expect(schemaFaults(client, 'event', JSON.parse(data) as JsonObject)).toEqual([])
        })
      }
    }
  }
})
