import { describe, expect, test } from 'bun:test'
import type { JsonObject } from '../../src/lib/json/json.ts'
import { type Frame, framesOf } from '../support/frames.ts'
import { streamFaults } from '../support/grammar.ts'
import { readStream, type Wire } from '../support/read-reply.ts'
import { corpus, type Recorded, sharedMissing } from '../support/shared.ts'
import { LEGAL, sseOf } from './legal-streams.ts'

const WIRES: Wire[] = ['anthropic', 'openai-chat', 'openai-responses', 'gemini']
const OWN: Record<Wire, string[]> = {
  anthropic: ['anthropic'],
  'openai-chat': ['openai'],
  'openai-responses': ['openai', 'azure'],
  gemini: ['google', 'google-vertex'],
}

const SEALED_ANEW = /the output is not the done items/

/** Providers break their own rules here: the faults, all of them, and why. */
const LIBERTIES: Record<string, { faults: RegExp; because: string }> = {
  'openai-openai-azure-model-router-1-7607791e': {
    faults: /^frame 0: |: created was 0/,
    because: 'Azure sends what it thinks of the prompt ahead',
  },
  'openai-openai-moderation-stream-7daf942d': {
    faults: /^frame 5: /,
    because: 'the moderation of the whole comes in a chunk without choices',
  },
  'openai-openai-openai-shell-skills-1-a1036096': {
    faults: /response\.shell_call_\S+ of undefined/,
    because: 'the events of a shell name no item',
  },
  'openai-openai-programmatic-tool-calling-1-ff1e869d': {
    faults: /in.progress|the output is not the done items/,
    because: 'a call made by a program is done while it waits; sealed anew',
  },
  'openai-openai-responses-code-execution-return-image-stream-2e9c1497': {
    faults: SEALED_ANEW,
    because: 'encrypted_content is sealed anew each time it is shown',
  },
  'openai-openai-responses-model-mcp-server-tool-stream-4a5f63cb': {
    faults: SEALED_ANEW,
    because: 'encrypted_content is sealed anew each time it is shown',
  },
  'openai-openai-responses-moderation-stream-5b3a2157': {
    faults: SEALED_ANEW,
    because: 'encrypted_content is sealed anew each time it is shown',
  },
  'openai-testopenairesponseswithsummarythinking-openai-gpt-5-thinking-172e5a29': {
    faults: SEALED_ANEW,
    because: 'encrypted_content is sealed anew each time it is shown',
  },
  'openai-vercel-ai-run-860c9019': {
    faults: SEALED_ANEW,
    because: 'encrypted_content is sealed anew each time it is shown',
  },
  'google-chats-tests-sendmessage-multiple-messages-with-server-side-mcp-66b7a300': {
    faults: /goes on after STOP/,
    because: 'with an MCP server every chunk says STOP',
  },
  'google-generate-content-with-file-uri-image-true-a028b381': {
    faults: /totalTokenCount is undefined/,
    because: 'the recorder left counts out',
  },
}

/** A Gemini stream without `alt=sse` is an array of what the frames would hold. */
function framesIn({ sse, response }: Recorded): Frame[] | undefined {
  if (sse !== undefined) return framesOf(sse)
  const array: unknown = response
  return Array.isArray(array) ? array.map(chunk => ({ data: JSON.stringify(chunk) })) : undefined
}

describe.skipIf(sharedMissing)('what providers stream is legal', () => {
  for (const wire of WIRES) {
    for (const exchange of corpus(wire).filter(({ provider }) => OWN[wire].includes(provider))) {
      const frames = framesIn(exchange)
      const liberty = LIBERTIES[exchange.id]
      if (!frames) continue
      test(`${wire}: ${exchange.id}${liberty ? `, but ${liberty.because}` : ''}`, () => {
        const faults = streamFaults(wire, frames)
        expect(faults.filter(fault => !liberty?.faults.test(fault))).toEqual([])
        expect(faults.length > 0).toBe(liberty !== undefined)
      })
    }
  }
})

type Change = (payloads: JsonObject[]) => JsonObject[]

const without =
  (...at: number[]): Change =>
  payloads =>
    payloads.filter((_, index) => !at.includes(index))
/** Lays a patch over the payload, objects in objects, elements in arrays by their index. */
const patched =
  (at: number, patch: JsonObject): Change =>
  payloads =>
    payloads.with(at, laid(payloads[at], patch) as JsonObject)
const twice =
  (at: number): Change =>
  payloads =>
    payloads.toSpliced(at, 0, payloads[at] ?? {})
const swapped =
  (one: number, other: number): Change =>
  payloads =>
    payloads.with(one, payloads[other] ?? {}).with(other, payloads[one] ?? {})
const cut =
  (at: number): Change =>
  payloads =>
    payloads.slice(0, at)
const then =
  (...changes: Change[]): Change =>
  payloads =>
    changes.reduce((changed, change) => change(changed), payloads)
/** Numbers the events anew, so that only the other fault is seen. */
const renumbered: Change = payloads =>
  payloads.map((payload, sequence_number) => ({ ...payload, sequence_number }))

function laid(value: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch
  const base = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Record<
    string,
    unknown
  >
  for (const [key, inner] of Object.entries(patch)) base[key] = laid(base[key], inner)
  return base
}

const ILLEGAL: Record<Wire, [string, Change, RegExp][]> = {
  anthropic: [
    ['no message_start', without(0), /before message_start/],
    ['two of them', twice(0), /a second message_start/],
    ['a message without usage', patched(0, { message: { usage: null } }), /does not count/],
    ['a gap in the indices', without(1, 2, 3, 4), /block 1 follows 0 blocks/],
    ['a block inside a block', without(4), /block 1 starts inside block 0/],
    ['a delta that does not fit', patched(7, { delta: { type: 'thinking_delta' } }), /in a block/],
    ['a delta of another block', patched(7, { index: 0 }), /which is not open/],
    ['thinking after the signature', swapped(2, 3), /after the signature/],
    ['an empty text block', without(7, 8), /an empty text block/],
    ['input at the start', patched(10, { content_block: { input: { a: 1 } } }), /is not \{\}/],
    ['input that is no JSON', without(12), /the input is no object/],
    ['a call without id', patched(10, { content_block: { id: '' } }), /without an id/],
    ['no stop reason', patched(14, { delta: { stop_reason: null } }), /no stop_reason/],
    ['an ended turn with a call', patched(14, { delta: { stop_reason: 'end_turn' } }), /the turn/],
    ['two message_delta', twice(14), /a second message_delta/],
    ['no message_delta', without(14), /without message_delta/],
    ['a cut', cut(9), /neither message_stop nor error/],
    ['anything after the end', swapped(5, 15), /after message_stop/],
  ],
  'openai-chat': [
    ['no role', patched(0, { choices: { 0: { delta: { role: null } } } }), /the first role/],
    ['the role twice', twice(0), /the role is said twice/],
    ['no finish', without(6), /no finish_reason/],
    ['two of them', twice(6), /after the finish/],
    ['a second id', patched(2, { id: 'other' }), /id was/],
    ['a second model', patched(2, { model: 'other' }), /model was/],
    [
      'a call without index',
      patched(3, { choices: { 0: { delta: { tool_calls: { 0: { index: null } } } } } }),
      /without index/,
    ],
    [
      'a call without id',
      patched(3, { choices: { 0: { delta: { tool_calls: { 0: { id: '' } } } } } }),
      /without id/,
    ],
    [
      'a call without type',
      patched(3, { choices: { 0: { delta: { tool_calls: { 0: { type: null } } } } } }),
      /starts as/,
    ],
    [
      'a gap in the calls',
      patched(3, { choices: { 0: { delta: { tool_calls: { 0: { index: 1 } } } } } }),
      /follows 0 calls/,
    ],
    ['arguments that are no JSON', without(5), /the arguments are no object/],
    ['tools without a call', without(3, 4, 5), /without a call/],
    ['usage before the finish', swapped(6, 7), /usage before the finish/],
    ['usage twice', twice(7), /a second chunk of usage/],
    ['a total that is none', patched(7, { usage: { total_tokens: 1 } }), /total_tokens/],
    ['an error without message', () => [{ error: {} }], /no message/],
  ],
  'openai-responses': [
    ['a number left out', without(10), /number 11/],
    ['no response.created', then(without(0), renumbered), /in the place of response.created/],
    ['no response.in_progress', then(without(1), renumbered), /in the place of response.in_pro/],
    ['an item that was not added', then(without(8), renumbered), /which was not added/],
    ['a gap in the items', patched(8, { output_index: 2 }), /item 2 follows 1 items/],
    ['another item id', patched(10, { item_id: 'other' }), /which is not msg_1/],
    ['a part that was not added', then(without(9), renumbered), /part 0, which was not added/],
    ['another text at the end', patched(12, { text: 'other' }), /not that of its deltas/],
    ['another text in the part', patched(13, { part: { text: 'other' } }), /text of the part/],
    [
      'another text in the item',
      patched(14, { item: { content: { 0: { text: 'x' } } } }),
      /text of/,
    ],
    ['text that is never done', then(without(12), renumbered), /done before its text/],
    ['a part that is never done', then(without(13), renumbered), /never done/],
    ['a summary that is never done', then(without(5), renumbered), /done before its text/],
    ['an item that is never done', then(without(14), renumbered), /item 1 was never done/],
    [
      'a call that begins with arguments',
      patched(15, { item: { arguments: '{}' } }),
      /begins with/,
    ],
    ['a call without call_id', patched(15, { item: { call_id: '' } }), /no call_id/],
    ['other arguments at the end', patched(18, { arguments: '{}' }), /not those of the deltas/],
    ['arguments never done', then(without(18), renumbered), /were never done/],
    ['other custom input', patched(22, { input: 'x' }), /not those of the deltas/],
    ['no terminal event', cut(24), /no terminal event/],
    ['two of them', then(twice(24), renumbered), /after response.completed/],
    ['no usage', patched(24, { response: { usage: null } }), /the usage has no/],
    ['output left out', patched(24, { response: { output: [] } }), /not the done items in order/],
    ['another response id', patched(24, { response: { id: 'other' } }), /id was resp_1/],
    ['another status', patched(24, { response: { status: 'failed' } }), /has the status/],
    ['no created_at', patched(0, { response: { created_at: null } }), /no created_at/],
  ],
  gemini: [
    [
      'no finishReason',
      patched(3, { candidates: { 0: { finishReason: null } } }),
      /no finishReason/,
    ],
    ['two of them', twice(3), /goes on after STOP/],
    ['another role', patched(1, { candidates: { 0: { content: { role: 'user' } } } }), /the role/],
    [
      'a part of two kinds',
      patched(3, { candidates: { 0: { content: { parts: { 0: { text: '' } } } } } }),
      /2 data members/,
    ],
    ['a part of none', patched(1, { candidates: { 0: { content: { parts: [{}] } } } }), /0 data/],
    [
      'args that are text',
      patched(3, {
        candidates: { 0: { content: { parts: { 0: { functionCall: { args: '{}' } } } } } },
      }),
      /args/,
    ],
    [
      'a total that is none',
      patched(3, { usageMetadata: { totalTokenCount: 1 } }),
      /totalTokenCount/,
    ],
    ['a second response id', patched(2, { responseId: 'other' }), /responseId was/],
    ['a chunk of nothing', patched(1, { candidates: [], usageMetadata: null }), /a chunk without/],
    ['an error without status', () => [{ error: { code: 500, message: 'x' } }], /no status/],
  ],
}

for (const wire of WIRES) {
  const faultsOf = (payloads: JsonObject[]): string[] =>
    streamFaults(wire, framesOf(sseOf(wire, payloads)))

  describe(`${wire} made by hand`, () => {
    test('a legal stream has no fault, and is read', () => {
      expect(faultsOf(LEGAL[wire])).toEqual([])
      expect(readStream(wire, sseOf(wire, LEGAL[wire]))).toMatchObject({
        text: 'I look',
        thinking: wire === 'openai-chat' ? '' : 'hm',
        stop: 'tools',
        usage: { input: 9, cached: 0, output: 7 },
      })
    })
    test.each(ILLEGAL[wire])('%s is a fault', (_, change, fault) => {
      expect(faultsOf(change(LEGAL[wire])).join('\n')).toMatch(fault)
    })
  })
}

describe('an error may end a stream', () => {
  const message = 'too much'
  const failed = {
    type: 'response.failed',
    response: {
      id: 'resp_1',
      object: 'response',
      created_at: 1,
      model: 'm',
      status: 'failed',
      output: [],
      error: { code: 'server_error', message },
    },
  }
  const ends: [Wire, JsonObject][] = [
    ['anthropic', { type: 'error', error: { type: 'overloaded_error', message } }],
    ['openai-chat', { error: { message, type: 'server_error' } }],
    ['openai-responses', failed],
    ['gemini', { error: { code: 503, message, status: 'UNAVAILABLE' } }],
  ]
  test.each(ends)('%s', (wire, end) => {
    const payloads = renumbered([...LEGAL[wire].slice(0, 3), end])
    expect(streamFaults(wire, framesOf(sseOf(wire, payloads)))).toEqual([])
  })
})

test.each([
  ['anthropic', /event undefined carries/],
  ['openai-responses', /event undefined carries/],
] as [Wire, RegExp][])('%s names its events', (wire, fault) => {
  const unnamed = LEGAL[wire].map(payload => ({ data: JSON.stringify(payload) }))
  expect(streamFaults(wire, unnamed).join('\n')).toMatch(fault)
})

test('a completion ends with [DONE]', () => {
  const frames = framesOf(sseOf('openai-chat', LEGAL['openai-chat']))
  expect(streamFaults('openai-chat', frames.slice(0, -1))).toEqual(['end: no [DONE]'])
  expect(streamFaults('openai-chat', [...frames, ...frames.slice(-1)])).toHaveLength(1)
})

test.each(WIRES)('%s: data that is no JSON is a fault', wire => {
  expect(streamFaults(wire, [{ data: '{' }])[0]).toContain('no JSON object')
})
