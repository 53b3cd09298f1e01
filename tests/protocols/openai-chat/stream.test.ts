import { describe, expect, test } from 'bun:test'
import { collect, type Part, replay, type StreamEvent } from '../../../src/conversation/index.ts'
import { GatewayError } from '../../../src/lib/errors.ts'
import type { JsonObject } from '../../../src/lib/json/json.ts'
import { openaiChat } from '../../../src/protocols/openai-chat/index.ts'

const DONE = '[DONE]'

function decode(...frames: (JsonObject | string)[]): StreamEvent[] {
  const machine = openaiChat.decodeStream('up')
  const data = frames.map(frame => (typeof frame === 'string' ? frame : JSON.stringify(frame)))
  return [...data.flatMap(one => machine.feed({ data: one })), ...machine.end()]
}

const chunk = (delta: JsonObject, finish: string | null = null): JsonObject => ({
  id: 'c-1',
  model: 'm',
  choices: [{ index: 0, delta, finish_reason: finish }],
})
const said = chunk({ content: 'hi' })
const called = (...tool_calls: JsonObject[]): JsonObject => chunk({ tool_calls })

describe('how a stream ends', () => {
  test.each<[string, (JsonObject | string)[], string | null]>([
    ['reason and mark', [said, chunk({}, 'stop'), DONE], 'end'],
    ['reason without mark', [said, chunk({}, 'length')], 'length'],
    ['mark without reason', [said, DONE], 'end'],
    [
      'mark without reason, after a call',
      [called({ index: 0, id: 'a', function: { name: 'f' } }), DONE],
      'tool-calls',
    ],
    [
      'a call that stops with "stop"',
      [called({ index: 0, id: 'a', function: { name: 'f' } }), chunk({}, 'stop'), DONE],
      'tool-calls',
    ],
    ['reason told twice', [said, chunk({}, 'stop'), chunk({}, 'stop'), DONE], 'end'],
    [
      'an empty reason before the reason',
      [
        { ...said, choices: [{ index: 0, delta: { content: 'x' }, finish_reason: '' }] },
        chunk({}, 'length'),
      ],
      'length',
    ],
    ['broken lines between', [said, '{"id":', chunk({}, 'stop'), DONE], 'end'],
    ['neither', [said], null],
    ['nothing but a mark', [DONE], null],
  ])('%s', (_, frames, reason) => {
    const last = decode(...frames).at(-1)
    if (reason === null)
      expect(last).toMatchObject({ type: 'error', error: { code: 'upstream-failed' } })
    else expect(last).toMatchObject({ type: 'response-end', stop: { reason } })
  })

  test('usage comes after the reason and is in the end', () => {
    const usage = {
      prompt_tokens: 10,
      completion_tokens: 2,
      prompt_tokens_details: { cached_tokens: 4 },
    }
    const events = decode(said, chunk({}, 'stop'), { id: 'c-1', choices: [], usage }, DONE)
    expect(events.at(-1)).toMatchObject({ usage: { fresh: 6, cacheRead: 4, output: 2 } })
  })

  test('an error inside the stream is its end, with the status it names', () => {
    const events = decode(said, { error: { message: 'full', code: 429 } }, chunk({}, 'stop'), DONE)
    expect(events.at(-1)).toMatchObject({
      type: 'error',
      error: { code: 'rate-limited', status: 429 },
    })
    expect(events.filter(({ type }) => type === 'response-end')).toEqual([])
  })
})

describe('which call a piece belongs to', () => {
  const f = (name: string, args = ''): JsonObject => ({ function: { name, arguments: args } })
  const more = (args: string): JsonObject => ({ function: { arguments: args } })
  const calls = (...frames: JsonObject[]): unknown[] =>
    collect(decode(...frames, chunk({}, 'tool_calls'))).parts.map(part =>
      part.type === 'tool-call' ? [part.id, part.name, part.arguments] : part.type,
    )

  test.each<[string, JsonObject[], unknown[]]>([
    [
      'by index, interleaved',
      [
        called({ index: 0, id: 'a', ...f('x') }, { index: 1, id: 'b', ...f('y') }),
        called({ index: 1, ...more('{"q":') }),
        called({ index: 0, ...more('{}') }),
        called({ index: 1, ...more('1}') }),
      ],
      [
        ['a', 'x', '{}'],
        ['b', 'y', '{"q":1}'],
      ],
    ],
    [
      'all with index 0, told apart by id',
      [
        called({ index: 0, id: 'a', ...f('x', '{}') }),
        called({ index: 0, id: 'b', ...f('y', '{}') }),
      ],
      [
        ['a', 'x', '{}'],
        ['b', 'y', '{}'],
      ],
    ],
    [
      'without index, by id',
      [
        called({ id: 'a', ...f('x') }),
        called({ id: 'b', ...f('y', '{}') }),
        called({ id: 'a', ...more('{}') }),
      ],
      [
        ['a', 'x', '{}'],
        ['b', 'y', '{}'],
      ],
    ],
    [
      'without index and id, by order',
      [called(f('x', '{')), called(more('}')), called(f('y', '{}'))],
      [
        ['call_0_c1', 'x', '{}'],
        ['call_1_c1', 'y', '{}'],
      ],
    ],
    [
      'arguments as an object',
      [called({ index: 0, id: 'a', function: { name: 'x', arguments: { q: 1 } } })],
      [['a', 'x', '{"q":1}']],
    ],
    [
      'from before there were ids',
      [
        chunk({ function_call: { name: 'x', arguments: '{' } }),
        chunk({ function_call: { arguments: '}' } }),
      ],
      [['call_0_c1', 'x', '{}']],
    ],
  ])('%s', (_, frames, expected) => expect(calls(...frames)).toEqual(expected))

  test('text before and after a call are two parts, and every part is closed', () => {
    const events = decode(
      said,
      called({ index: 0, id: 'a', ...f('x') }),
      said,
      chunk({}, 'stop'),
      DONE,
    )
    expect(collect(events).parts.map(({ type }) => type)).toEqual(['text', 'tool-call', 'text'])
    expect(events.filter(({ type }) => type === 'part-end')).toHaveLength(3)
  })
})

test.each<[string, JsonObject]>([
  ['DeepSeek', { reasoning_content: 'hm' }],
  ['OpenRouter', { reasoning: 'hm', reasoning_details: [{ type: 'reasoning.text', text: 'hm' }] }],
  ['details alone', { reasoning_details: [{ type: 'reasoning.summary', summary: 'hm' }] }],
  ['Mistral', { content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'hm' }] }] }],
])('thinking as %s has it', (_, delta) => {
  const { parts } = collect(decode(chunk(delta), said, chunk({}, 'stop')))
  expect(parts).toMatchObject([
    { type: 'thinking', text: 'hm' },
    { type: 'text', text: 'hi' },
  ])
})

describe('what a client gets', () => {
  const asked = { model: 'asked', id: 'id', atMs: 5_999 }
  const withUsage = {
    ...asked,
    extensions: { 'openai-chat': { stream_options: { include_usage: true } } },
  }
  const parts: Part[] = [
    {
      type: 'thinking',
      text: 'hm',
      seal: { issuer: 'anthropic', protocol: 'anthropic', value: 'SEALED' },
    },
    {
      type: 'text',
      text: 'hi',
      citations: [{ url: 'https://a.test', title: 'A' }, { title: 'no address' }],
    },
    { type: 'tool-call', id: 's', name: 'search', arguments: '{}', runsOn: 'server' },
    { type: 'tool-call', id: 'a', name: 'x', arguments: '{"q":1}', runsOn: 'client' },
    { type: 'tool-call', id: 'b', name: 'y', arguments: '', runsOn: 'client' },
  ]
  const stop = { reason: 'tool-calls', raw: 'tool_use' } as const
  const reply = {
    id: 'r',
    model: 'served',
    parts,
    stop,
    usage: { fresh: 1, cacheRead: 2, output: 3 },
  }

  function encode(events: Iterable<StreamEvent>, to = asked): (JsonObject | string)[] {
    const machine = openaiChat.encodeStream(to)
    const frames = [...[...events].flatMap(event => machine.feed(event)), ...machine.end()]
    return frames.map(({ data }) => (data === DONE ? data : (JSON.parse(data) as JsonObject)))
  }
  const choicesIn = (frames: (JsonObject | string)[]): JsonObject[] =>
    frames.flatMap(frame =>
      typeof frame === 'string' ? [] : ((frame.choices ?? []) as JsonObject[]),
    )
  const deltas = (frames: (JsonObject | string)[]) =>
    choicesIn(frames).map(choice => choice.delta as JsonObject)

  test('the role once, the reason once, the mark last', () => {
    const frames = encode(replay(reply))
    expect(deltas(frames).map(delta => delta.role)).toEqual([
      'assistant',
      ...deltas(frames)
        .slice(1)
        .map(() => undefined),
    ])
    const reasons = choicesIn(frames).flatMap(choice => choice.finish_reason ?? [])
    expect(reasons).toEqual(['tool_calls'])
    expect(frames.at(-1)).toBe(DONE)
    expect(frames[0]).toMatchObject({
      id: 'r',
      object: 'chat.completion.chunk',
      created: 5,
      model: 'asked',
    })
  })

  test('client calls alone, counted from 0, the first piece with id, type and name', () => {
    const pieces = deltas(encode(replay(reply))).flatMap(
      delta => (delta.tool_calls ?? []) as JsonObject[],
    )
    expect(pieces).toEqual([
      { index: 0, id: 'a', type: 'function', function: { name: 'x', arguments: '' } },
      { index: 0, function: { arguments: '{"q":1}' } },
      { index: 1, id: 'b', type: 'function', function: { name: 'y', arguments: '' } },
      { index: 1, function: { arguments: '{}' } },
    ])
  })

  test('thinking without its seal, citations that have an address', () => {
    const frames = encode(replay(reply))
    expect(deltas(frames).flatMap(delta => delta.reasoning_content ?? [])).toEqual(['hm'])
    expect(JSON.stringify(frames)).not.toContain('SEALED')
    expect(deltas(frames).flatMap(delta => delta.annotations ?? [])).toHaveLength(1)
  })

  test('usage only where it was asked for', () => {
    expect(JSON.stringify(encode(replay(reply)))).not.toContain('usage')
    const frames = encode(replay(reply), withUsage)
    expect(frames.at(-2)).toMatchObject({
      choices: [],
      usage: { prompt_tokens: 3, completion_tokens: 3, total_tokens: 6 },
    })
  })

  test('an error is a frame, then the mark, and nothing more', () => {
    const error = new GatewayError('overloaded', 'busy')
    const frames = encode([
      { type: 'response-start', id: 'r', model: 'm' },
      { type: 'error', error },
      ...replay(reply),
    ])
    expect(frames.slice(1)).toEqual([
      { error: { message: 'busy', type: 'server_error', param: null, code: 'overloaded' } },
      DONE,
    ])
  })

  test('a stream that was cut short ends with an error', () => {
    const frames = encode([{ type: 'response-start', id: 'r', model: 'm' }])
    expect(frames.at(-2)).toHaveProperty('error')
    expect(frames.at(-1)).toBe(DONE)
  })
})
