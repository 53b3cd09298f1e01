import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import {
  adaptTools,
  type ConversationRequest,
  collect,
  type Part,
  replay,
  type StreamEvent,
  type Tool,
  type ToolDialect,
} from '../../../src/conversation/index.ts'

const DIALECT: ToolDialect = {
  toolName: { legal: /^[a-zA-Z0-9_-]+$/, illegalCharacter: /[^a-zA-Z0-9_-]/g, maxLength: 64 },
  callId: { legal: /^[a-zA-Z0-9_-]+$/, maxLength: 40 },
  freeform: false,
  namespaces: false,
}

function tool(name: string, namespace?: string): Tool {
  return {
    type: 'function',
    name,
    parameters: { type: 'object' },
    ...(namespace === undefined ? {} : { namespace }),
  }
}

function request(tools: Tool[], parts: Part[] = []): ConversationRequest {
  return {
    system: [],
    messages: parts.length > 0 ? [{ role: 'assistant', parts }] : [],
    tools,
    toolChoice: { mode: 'auto' },
    sampling: {},
    format: { type: 'text' },
  }
}

const names = (tools: readonly Tool[]): string[] =>
  tools.flatMap(one => (one.type === 'server' ? [] : [one.name]))

function call(name: string, id = 'c', more: object = {}): Part {
  return { type: 'tool-call', id, name, arguments: '{}', runsOn: 'client', ...more }
}

describe('names of tools', () => {
  test('that are legal stay, and with them the request itself', () => {
    const asked = request([tool('read_file')], [call('read_file')])
    expect(adaptTools(asked, DIALECT).request).toBe(asked)
  })

  test('become legal, each its own, the same every time, and come back', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string({ minLength: 1, maxLength: 90 }), { minLength: 1, maxLength: 8 }),
        given => {
          const fitted = adaptTools(request(given.map(name => tool(name))), DIALECT)
          const sent = names(fitted.request.tools)
          for (const name of sent) expect(name).toMatch(/^[a-zA-Z0-9_-]{1,64}$/)
          expect(new Set(sent).size).toBe(given.length)
          expect(
            names(adaptTools(request(given.map(name => tool(name))), DIALECT).request.tools),
          ).toEqual(sent)
          const response = {
            id: '',
            model: '',
            parts: sent.map(name => call(name)),
            stop: { reason: 'tool-calls' as const, raw: null },
            usage: {},
          }
          const back = fitted.restoreResponse(response).parts
          expect(back.map(part => (part.type === 'tool-call' ? part.name : ''))).toEqual(given)
        },
      ),
      { seed: 7, numRuns: 300 },
    )
  })

  test('are the same in declarations, history and choice', () => {
    const name = 'mcp.server/tool with spaces'
    const asked = request([tool(name)], [call(name)])
    const { request: sent, renamed } = adaptTools(
      { ...asked, toolChoice: { mode: 'tool', name } },
      DIALECT,
    )
    const [declared] = names(sent.tools)
    const [part] = sent.messages[0]?.parts ?? []
    expect(declared).toMatch(/^mcp_server_tool_with_spaces_[0-9a-f]{8}$/)
    expect(part?.type === 'tool-call' && part.name).toBe(declared ?? '')
    expect(sent.toolChoice).toEqual({ mode: 'tool', name: declared ?? '' })
    expect(renamed).toEqual([{ from: name, to: declared ?? '' }])
  })

  test('in the wrong case are set right where only one can be meant', () => {
    const restored = (known: string[], said: string): unknown => {
      const { restoreResponse } = adaptTools(request(known.map(name => tool(name))), DIALECT)
      const [part] = restoreResponse({
        id: '',
        model: '',
        parts: [call(said)],
        stop: { reason: 'tool-calls', raw: null },
        usage: {},
      }).parts
      return part?.type === 'tool-call' && part.name
    }
    expect(restored(['Bash', 'Read'], 'bash')).toBe('Bash')
    expect(restored(['read', 'Read'], 'READ')).toBe('READ')
    expect(restored(['Bash'], 'invented')).toBe('invented')
  })

  describe('of calls in history, made under a namespace', () => {
    const named = (tools: Tool[], namespace: string): unknown => {
      const asked = request(tools, [call('rate', 'c', { namespace })])
      const [part] = adaptTools(asked, DIALECT).request.messages[0]?.parts ?? []
      return part
    }
    const cases: [string, Tool[], string, string][] = [
      ['that declares the tool', [tool('rate', 'bank')], 'bank', 'bank__rate'],
      ['of tool search; the tool is declared plainly', [tool('rate')], 'rate', 'rate'],
      ['that is not declared', [], 'bank', 'rate'],
      [
        'that declares others; the tool is plain',
        [tool('x', 'bank'), tool('rate')],
        'bank',
        'rate',
      ],
      ['that declares others; the tool is gone', [tool('x', 'bank')], 'bank', 'bank__rate'],
      ['beside a plain tool of that name', [tool('rate'), tool('rate', 'a')], 'a', 'a__rate'],
    ]
    test.each(cases)('%s', (_, tools, namespace, expected) => {
      expect(named(tools, namespace)).toEqual(call(expected))
    })
  })

  test('in namespaces are flattened, and told apart again', () => {
    const fitted = adaptTools(
      request([tool('run', 'a'), tool('run', 'b'), tool('x', 'functions')]),
      DIALECT,
    )
    expect(names(fitted.request.tools)).toEqual(['a__run', 'b__run', 'x'])
    const [one, other] = fitted.restoreResponse({
      id: '',
      model: '',
      parts: [call('b__run'), call('x')],
      stop: { reason: 'tool-calls', raw: null },
      usage: {},
    }).parts
    expect(one).toMatchObject({ name: 'run', namespace: 'b' })
    expect(other).toMatchObject({ name: 'x', namespace: 'functions' })
  })
})

test('ids of calls become legal on both sides alike', () => {
  const id = 'call:with|strange characters and quite a lot of them'
  const result: Part = {
    type: 'tool-result',
    callId: id,
    parts: [],
    failed: false,
    runsOn: 'client',
  }
  const { request: sent } = adaptTools(request([tool('f')], [call('f', id), result]), DIALECT)
  const [one, other] = sent.messages[0]?.parts ?? []
  expect(one?.type === 'tool-call' && one.id).toMatch(/^call_[0-9a-f]{24}$/)
  expect(other?.type === 'tool-result' && other.callId).toBe(
    one?.type === 'tool-call' ? one.id : '',
  )
})

describe('free text through a protocol without', () => {
  const custom: Tool = { type: 'custom', name: 'apply', description: 'Applies' }

  test('history is wrapped', () => {
    const text = 'a "quoted"\nline'
    const { request: sent } = adaptTools(
      request([custom], [call('apply', 'c', { arguments: text, freeform: true })]),
      DIALECT,
    )
    const [part] = sent.messages[0]?.parts ?? []
    expect(part?.type === 'tool-call' && JSON.parse(part.arguments)).toEqual({ input: text })
    expect(sent.tools[0]).toMatchObject({ type: 'function', parameters: { required: ['input'] } })
  })

  test('comes back as it was, however it is cut into pieces', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 60 }),
        fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 6 }),
        fc.boolean(),
        (text, sizes, escaped) => {
          const plain = JSON.stringify({ input: text })
          const wrapped = escaped
            ? plain.replace(
                /[^\x20-\x7e]/g,
                one => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`,
              )
            : plain
          const { restoreStream, restoreResponse } = adaptTools(request([custom]), DIALECT)
          const machine = restoreStream()
          const events = [...pieces(wrapped, sizes)].flatMap(event => machine.feed(event))
          const [part] = collect(events).parts
          expect(part).toMatchObject({ name: 'apply', arguments: text, freeform: true })
          const whole = collect([...pieces(wrapped, [wrapped.length])])
          expect(restoreResponse(whole).parts[0]).toMatchObject({ arguments: text, freeform: true })
        },
      ),
      { seed: 11, numRuns: 300 },
    )
  })
})

function* pieces(args: string, sizes: readonly number[]): Generator<StreamEvent> {
  const response = {
    id: 'r',
    model: 'm',
    parts: [call('apply', 'c', { arguments: args })],
    stop: { reason: 'tool-calls' as const, raw: null },
    usage: {},
  }
  for (const event of replay(response)) {
    if (event.type !== 'part-delta' || !('arguments' in event.delta)) {
      yield event
      continue
    }
    for (let from = 0, at = 0; from < args.length; at++) {
      const size = sizes[at % sizes.length] ?? 1
      yield { ...event, delta: { arguments: args.slice(from, from + size) } }
      from += size
    }
  }
}
