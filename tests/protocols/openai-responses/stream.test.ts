import { describe, expect, test } from 'bun:test'
import { collect, type StreamEvent } from '../../../src/conversation/index.ts'
import type { JsonObject } from '../../../src/lib/json/json.ts'
import { openaiResponses } from '../../../src/protocols/openai-responses/index.ts'
import { codecTables, grown, text } from '../../support/codec-tables.ts'

type Event = JsonObject & { type: string }

function decoded(events: readonly Event[]): StreamEvent[] {
  const machine = openaiResponses.decodeStream('up')
  const out = events.flatMap(event => machine.feed({ data: JSON.stringify(event) }))
  return [...out, ...machine.end()]
}

/** What came out, and that every part is opened once, grown while open, and closed once. */
function partsOf(events: readonly Event[]): unknown[] {
  const out = decoded(events)
  const open = new Set<number>()
  for (const event of out) {
    if (event.type === 'part-start') open.add(event.index)
    if (event.type === 'part-delta') expect(open.has(event.index)).toBe(true)
    if (event.type === 'part-end') expect(open.delete(event.index)).toBe(true)
  }
  expect([...open]).toEqual([])
  return collect(out).parts.map(part => {
    if (part.type === 'tool-call') return [part.type, part.name, part.arguments]
    if (part.type === 'text' || part.type === 'thinking' || part.type === 'refusal')
      return [part.type, part.text]
    return part.type
  })
}

const prose = (said: string): JsonObject => ({ type: 'output_text', text: said, annotations: [] })
const message = (id: string | undefined, ...said: string[]): JsonObject => ({
  ...(id === undefined ? {} : { id }),
  type: 'message',
  role: 'assistant',
  content: said.map(prose),
})
const reasoning = (id: string, said: string): JsonObject => ({
  id,
  type: 'reasoning',
  summary: [],
  content: [{ type: 'reasoning_text', text: said }],
})
const call = (id: string, args: string): JsonObject => ({
  id,
  type: 'function_call',
  call_id: 'call_1',
  name: 'f',
  arguments: args,
})

const created: Event = { type: 'response.created', response: { id: 'resp_1', model: 'm' } }
const added = (at: number, item: JsonObject): Event => ({
  type: 'response.output_item.added',
  output_index: at,
  item: item.type === 'message' ? { ...item, content: [] } : item,
})
const delta = (at: number, inner: number, id: string, words: string): Event => ({
  type: 'response.output_text.delta',
  output_index: at,
  content_index: inner,
  item_id: id,
  delta: words,
})
const done = (at: number, item: JsonObject): Event => ({
  type: 'response.output_item.done',
  output_index: at,
  item,
})
const completed = (...output: JsonObject[]): Event => ({
  type: 'response.completed',
  response: { id: 'resp_1', model: 'm', status: 'completed', output },
})

describe('text that was streamed is not said again at the end', () => {
  const cases: [string, Event[], unknown[]][] = [
    [
      'content_index counts parts of other items (Bedrock)',
      [
        added(0, message('m1')),
        delta(0, 1, 'm1', 'one two'),
        done(0, message('m1', 'one two')),
        completed(message('m1', 'one two')),
      ],
      [['text', 'one two']],
    ],
    [
      'content_index counts deltas (vLLM with gpt-oss)',
      [
        added(0, message('m1')),
        delta(0, 4, 'm1', 'one'),
        delta(0, 5, 'm1', ' two'),
        done(0, message('m1', 'one two')),
        completed(message('m1', 'one two')),
      ],
      [['text', 'one two']],
    ],
    [
      'output_index skips numbers',
      [
        added(0, message('m1')),
        delta(0, 0, 'm1', 'first. '),
        done(0, message('m1', 'first. ')),
        added(2, message('m2')),
        delta(2, 0, 'm2', 'second.'),
        done(2, message('m2', 'second.')),
        completed(message('m1', 'first. '), message('m2', 'second.')),
      ],
      [
        ['text', 'first. '],
        ['text', 'second.'],
      ],
    ],
    [
      'output_index is 0 for every item',
      [
        added(0, message('m1')),
        delta(0, 0, 'm1', 'first. '),
        done(0, message('m1', 'first. ')),
        added(0, call('f1', '{"a":1}')),
        done(0, call('f1', '{"a":1}')),
        completed(message('m1', 'first. '), call('f1', '{"a":1}')),
      ],
      [
        ['text', 'first. '],
        ['tool-call', 'f', '{"a":1}'],
      ],
    ],
    [
      'every event has another id for the item (Copilot)',
      [
        added(0, message('a')),
        delta(0, 0, 'b', 'one '),
        delta(0, 0, 'c', 'two'),
        done(0, message('d', 'one two')),
        completed(message('e', 'one two')),
      ],
      [['text', 'one two']],
    ],
    [
      'the final response cuts it into other items',
      [
        added(0, message('a')),
        delta(0, 0, 'a', 'one'),
        done(0, message('a', 'one')),
        added(1, message('b')),
        delta(1, 0, 'b', ' two'),
        done(1, message('b', ' two')),
        completed(message('c', 'one two')),
      ],
      [
        ['text', 'one'],
        ['text', ' two'],
      ],
    ],
    [
      'the final response has other words for it',
      [
        added(0, message('a')),
        delta(0, 0, 'a', ' one two'),
        done(0, message('a', ' one two')),
        completed(message('b', 'one two')),
      ],
      [['text', ' one two']],
    ],
    [
      'thoughts and calls under other ids',
      [
        added(0, reasoning('r1', '')),
        { type: 'response.reasoning_text.delta', output_index: 0, item_id: 'r1', delta: 'hm' },
        done(0, reasoning('r1', 'hm')),
        added(1, call('f1', '')),
        {
          type: 'response.function_call_arguments.delta',
          output_index: 1,
          item_id: 'f1',
          delta: '{}',
        },
        done(1, call('f1', '{}')),
        completed(reasoning('r2', 'hm'), call('f2', '{}')),
      ],
      [
        ['thinking', 'hm'],
        ['tool-call', 'f', '{}'],
      ],
    ],
  ]
  test.each(cases)('%s', (_, events, expected) => {
    expect(partsOf([created, ...events])).toEqual(expected)
  })
})

describe('what was not streamed is taken from the end', () => {
  const cases: [string, Event[], unknown[]][] = [
    [
      'a message that was only announced',
      [added(0, message('m1')), completed(message('m1', 'all'))],
      [['text', 'all']],
    ],
    [
      'all of it',
      [completed(message('m1', 'all'), call('f1', '{}'))],
      [
        ['text', 'all'],
        ['tool-call', 'f', '{}'],
      ],
    ],
    [
      'the rest of a message whose ids changed',
      [added(0, message('a')), delta(0, 0, 'a', 'one'), completed(message('b', 'one two'))],
      [['text', 'one two']],
    ],
    [
      'the rest behind a message that was done',
      [
        added(0, message('a')),
        delta(0, 0, 'a', 'one'),
        done(0, message('a', 'one')),
        completed(message('b', 'one'), message('c', ' two')),
      ],
      [
        ['text', 'one'],
        ['text', ' two'],
      ],
    ],
    [
      'a second message, of which nothing was streamed',
      [
        added(0, message('m1')),
        delta(0, 0, 'm1', 'one'),
        done(0, message('m1', 'one')),
        completed(message('m1', 'one'), message('m2', 'two')),
      ],
      [
        ['text', 'one'],
        ['text', 'two'],
      ],
    ],
    [
      'items without ids',
      [
        added(0, message(undefined)),
        { ...delta(0, 0, '', 'one'), item_id: null },
        completed(message(undefined, 'one')),
      ],
      [['text', 'one']],
    ],
  ]
  test.each(cases)('%s', (_, events, expected) => {
    expect(partsOf([created, ...events])).toEqual(expected)
  })

  test('several contents of one message stay several parts', () => {
    const events = [
      added(0, message('m1')),
      delta(0, 0, 'm1', 'a'),
      {
        type: 'response.content_part.added',
        output_index: 0,
        content_index: 1,
        item_id: 'm1',
        part: prose(''),
      },
      delta(0, 1, 'm1', 'b'),
      done(0, message('m1', 'a', 'b')),
      completed(message('m1', 'a', 'b')),
    ]
    expect(partsOf([created, ...events])).toEqual([
      ['text', 'a'],
      ['text', 'b'],
    ])
  })
})

describe('events become items', () => {
  const { encodeStream } = codecTables(openaiResponses)
  const begin: StreamEvent = { type: 'response-start', id: 'reply_1', model: 'served' }
  const finish: StreamEvent = {
    type: 'response-end',
    stop: { reason: 'end', raw: null },
    usage: { fresh: 5, output: 9 },
  }

  test.each<[string, StreamEvent[], string[], JsonObject]>([
    [
      'text',
      grown(0, text(''), { text: 'a' }, { text: 'b' }),
      [
        'output_item.added',
        'content_part.added',
        'output_text.delta',
        'output_text.delta',
        'output_text.done',
        'content_part.done',
        'output_item.done',
      ],
      { type: 'message', content: [{ type: 'output_text', text: 'ab' }] },
    ],
    [
      'a call',
      grown(
        0,
        { type: 'tool-call', id: 'c', name: 'f', arguments: '', runsOn: 'client' },
        { arguments: '{"a"' },
        { arguments: ':1}' },
      ),
      [
        'output_item.added',
        'function_call_arguments.delta',
        'function_call_arguments.delta',
        'function_call_arguments.done',
        'output_item.done',
      ],
      { type: 'function_call', call_id: 'c', name: 'f', arguments: '{"a":1}' },
    ],
  ])('%s', (_, events, types, item) => {
    const payloads = encodeStream([begin, ...events, finish])
    expect(payloads.map(({ type }) => String(type).replace('response.', ''))).toEqual([
      'created',
      'in_progress',
      ...types,
      'completed',
    ])
    expect(payloads.map(({ sequence_number }) => sequence_number)).toEqual(
      payloads.map((_, at) => at),
    )
    expect(payloads.at(-1)).toMatchObject({
      response: {
        status: 'completed',
        output: [item],
        usage: { input_tokens: 5, output_tokens: 9, total_tokens: 14 },
      },
    })
  })
})
