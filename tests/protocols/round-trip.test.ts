import { describe, test } from 'bun:test'
import { deepStrictEqual } from 'node:assert'
import fc from 'fast-check'
import {
  adaptTools,
  type ConversationRequest,
  type ConversationResponse,
  collect,
  type Message,
  type Part,
  replay,
  type StreamEvent,
  type Tool,
} from '../../src/conversation/index.ts'
import type { JsonObject } from '../../src/lib/json/json.ts'
import { codecFor } from '../../src/protocols/index.ts'
import type { Wire } from '../support/read-reply.ts'
import { WIRES } from '../support/wires.ts'

/** The same conversations every time; a failure is shrunk to the smallest that still fails. */
const RUNS = { seed: 20_261_121, numRuns: 150 }

const words = fc
  .string({ minLength: 1, maxLength: 40, unit: 'grapheme' })
  .map(text => text.replace(/\s+/g, ' ').trim())
  .filter(text => text !== '')
const name = fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,20}$/)
const callId = fc.stringMatching(/^call_[a-z0-9]{6,20}$/)
const args = fc
  .dictionary(
    fc.stringMatching(/^[a-z]{1,8}$/),
    fc.oneof(words, fc.integer(), fc.boolean(), fc.array(words, { maxLength: 3 })),
    { maxKeys: 4, noNullPrototype: true },
  )
  .map(value => JSON.stringify(value))
const text: fc.Arbitrary<Part> = words.map(said => ({ type: 'text', text: said }))
const image: fc.Arbitrary<Part> = fc.uint8Array({ minLength: 8, maxLength: 40 }).map(bytes => ({
  type: 'image',
  source: {
    from: 'base64',
    mediaType: 'image/png',
    data: Buffer.from(bytes).toString('base64'),
  },
}))

const property = fc.oneof(
  words.map((description): JsonObject => ({ type: 'string', description })),
  fc.constant<JsonObject>({ type: 'integer' }),
  fc.constant<JsonObject>({ type: 'boolean' }),
  fc.constant<JsonObject>({ type: 'array', items: { type: 'string' } }),
)
const tool: fc.Arbitrary<Tool> = fc.record({
  type: fc.constant('function' as const),
  name,
  description: words,
  parameters: fc
    .dictionary(fc.stringMatching(/^[a-z]{1,8}$/), property, {
      minKeys: 1,
      maxKeys: 4,
      noNullPrototype: true,
    })
    .map(properties => ({ type: 'object', properties, required: Object.keys(properties) })),
})

type Call = { id: string; name: string; arguments: string; result: string }
const call: fc.Arbitrary<Call> = fc.record({ id: callId, name, arguments: args, result: words })

/** One exchange: what the user says and shows, and what the assistant says and calls. */
const turn = fc.record({
  said: words,
  shown: fc.option(image, { nil: undefined }),
  answer: words,
  calls: fc.uniqueArray(call, { maxLength: 3, selector: ({ id }) => id }),
})
type Turn = typeof turn extends fc.Arbitrary<infer Value> ? Value : never

function messagesOf(turns: readonly Turn[]): Message[] {
  const messages: Message[] = []
  for (const [at, { said, shown, answer, calls }] of turns.entries()) {
    messages.push({
      role: 'user',
      parts: [{ type: 'text', text: said }, ...(shown ? [shown] : [])],
    })
    // Ids are unique over the whole conversation.
    const own = calls.map(one => ({ ...one, id: `${one.id}_${at}` }))
    messages.push({
      role: 'assistant',
      parts: [
        { type: 'text', text: answer },
        ...own.map(
          (one): Part => ({
            type: 'tool-call',
            id: one.id,
            name: one.name,
            arguments: one.arguments,
            runsOn: 'client',
          }),
        ),
      ],
    })
    if (own.length > 0)
      messages.push({
        role: 'user',
        parts: own.map(
          (one): Part => ({
            type: 'tool-result',
            callId: one.id,
            parts: [{ type: 'text', text: one.result }],
            failed: false,
            runsOn: 'client',
          }),
        ),
      })
  }
  return [...messages, { role: 'user', parts: [{ type: 'text', text: 'and now?' }] }]
}

const conversation: fc.Arbitrary<ConversationRequest> = fc
  .record({
    system: fc.array(text, { maxLength: 1 }),
    turns: fc.array(turn, { maxLength: 4 }),
    tools: fc.uniqueArray(tool, { maxLength: 3, selector: one => ('name' in one ? one.name : '') }),
    choice: fc.constantFrom('auto', 'none', 'required') as fc.Arbitrary<
      'auto' | 'none' | 'required'
    >,
    maxOutputTokens: fc.integer({ min: 16, max: 4_000 }),
    temperature: fc.constantFrom(0, 0.5, 1),
    json: fc.boolean(),
  })
  .map(({ system, turns, tools, choice, maxOutputTokens, temperature, json }) => ({
    system,
    messages: messagesOf(turns),
    tools,
    toolChoice: { mode: tools.length > 0 ? choice : 'auto' },
    sampling: { maxOutputTokens, temperature },
    format: json
      ? {
          type: 'json',
          schema: { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] },
        }
      : { type: 'text' },
  }))

function codecOf(wire: Wire) {
  const codec = codecFor(wire)
  if (!codec) throw new Error(`no codec for ${wire}`)
  return codec
}

/** Over the wire of a protocol and back. */
function over(wire: Wire, request: ConversationRequest): ConversationRequest {
  const codec = codecOf(wire)
  const { wire: out } = codec.encodeRequest(adaptTools(request, codec.dialect).request, {
    model: 'some-model',
    stream: false,
    issuer: 'up',
    quirks: {},
  })
  const sent = JSON.parse(JSON.stringify(out.body)) as JsonObject
  return codec.decodeRequest(sent, { model: 'some-model', stream: false })
}

/** What every protocol can say, however it cuts it into messages. */
function meaning(request: ConversationRequest): unknown {
  const said: unknown[] = []
  for (const { role, parts } of request.messages)
    for (const part of parts) said.push(plain(role, part))
  return {
    system: request.system.map(part => (part.type === 'text' ? part.text : part.type)),
    said,
    tools: request.tools.map(one =>
      one.type === 'function' ? [one.name, one.description, one.parameters] : one,
    ),
    choice: request.tools.length > 0 ? request.toolChoice.mode : 'auto',
    cap: request.sampling.maxOutputTokens,
    temperature: request.sampling.temperature,
    format: request.format.type === 'json' ? request.format.schema : undefined,
  }
}

function plain(role: string, part: Part): unknown {
  switch (part.type) {
    case 'text':
      return [role, part.text]
    case 'image':
      return [role, part.source]
    case 'tool-call':
      return ['call', part.id, part.name, JSON.parse(part.arguments)]
    case 'tool-result':
      return ['result', part.callId, part.parts.map(one => plain('', one))]
    default:
      return [role, part.type]
  }
}

describe('a conversation survives the way through two protocols', () => {
  for (const one of WIRES) {
    for (const other of WIRES) {
      test(`${one}, ${other} and back`, () => {
        fc.assert(
          fc.property(conversation, request => {
            const first = over(one, request)
            deepStrictEqual(meaning(first), meaning(request))
            deepStrictEqual(meaning(over(one, over(other, first))), meaning(first))
          }),
          RUNS,
        )
      })
    }
  }
})

const reply: fc.Arbitrary<ConversationResponse> = fc
  .record({
    thinking: fc.option(words, { nil: undefined }),
    said: words,
    calls: fc.uniqueArray(call, { maxLength: 3, selector: ({ id }) => id }),
    fresh: fc.nat(10_000),
    cacheRead: fc.nat(10_000),
    output: fc.integer({ min: 100, max: 10_000 }),
    length: fc.boolean(),
  })
  .map(({ thinking, said, calls, fresh, cacheRead, output, length }) => {
    const parts: Part[] = [
      ...(thinking === undefined ? [] : [{ type: 'thinking' as const, text: thinking }]),
      { type: 'text', text: said },
      ...calls.map(
        (one): Part => ({
          type: 'tool-call',
          id: one.id,
          name: one.name,
          arguments: one.arguments,
          runsOn: 'client',
        }),
      ),
    ]
    return {
      id: 'x',
      model: 'm',
      parts,
      stop: {
        reason: length ? 'length' : calls.length > 0 ? 'tool-calls' : 'end',
        raw: null,
      },
      usage: { fresh, cacheRead, output },
    }
  })

function saidBy({ parts, stop, usage }: ConversationResponse): unknown {
  return {
    // An empty thought at the end is where a Gemini client is handed a capsule.
    parts: parts
      .filter(part => !(part.type === 'thinking' && part.text === ''))
      .map(part => (part.type === 'thinking' ? ['thinking', part.text] : plain('', part))),
    stop: stop.reason,
    usage: [usage.fresh, usage.cacheRead, usage.output],
  }
}

const ASKED = {
  model: 'm',
  id: 'req_1',
  atMs: 0,
  extensions: { 'openai-chat': { stream_options: { include_usage: true } } },
}

/** Deltas of any size, and parts that grow at the same time. */
function* shuffled(
  events: readonly StreamEvent[],
  sizes: readonly number[],
): Generator<StreamEvent> {
  let at = 0
  for (const event of events) {
    if (event.type !== 'part-delta' || !('text' in event.delta || 'arguments' in event.delta)) {
      yield event
      continue
    }
    const whole = 'text' in event.delta ? event.delta.text : event.delta.arguments
    for (let from = 0; from < whole.length; ) {
      const piece = whole.slice(from, from + (sizes[at++ % sizes.length] ?? 1))
      from += piece.length
      yield {
        ...event,
        delta: 'text' in event.delta ? { text: piece } : { arguments: piece },
      }
    }
  }
}

describe('a reply says the same in every protocol, as a stream or whole', () => {
  for (const wire of WIRES) {
    test(wire, () => {
      const codec = codecOf(wire)
      fc.assert(
        fc.property(
          reply,
          fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }),
          (response, sizes) => {
            const whole = codec.decodeResponse(
              JSON.parse(JSON.stringify(codec.encodeResponse(response, ASKED))) as JsonObject,
              'up',
            )
            deepStrictEqual(saidBy(whole), saidBy(response))
            const encoder = codec.encodeStream(ASKED)
            const decoder = codec.decodeStream('up')
            const frames = [...shuffled([...replay(response)], sizes)].flatMap(event =>
              encoder.feed(event),
            )
            const events = [...frames, ...encoder.end()].flatMap(frame => decoder.feed(frame))
            deepStrictEqual(saidBy(collect([...events, ...decoder.end()])), saidBy(response))
          },
        ),
        RUNS,
      )
    })
  }
})
