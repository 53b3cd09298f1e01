import { describe, expect, test } from 'bun:test'
import type { JsonObject } from '../../../src/lib/json/json.ts'
import { encodeSse } from '../../../src/lib/streams/sse.ts'
import { codecFor } from '../../../src/protocols/index.ts'
import { framesOf } from '../../support/frames.ts'
import { streamFaults } from '../../support/grammar.ts'
import { type Received, renewedGateway, streamOf } from '../../support/local-gateway.ts'
import type { Wire } from '../../support/read-reply.ts'
import { list, object, words } from '../../support/readers/seen.ts'
import { WHOLE } from '../../support/replies.ts'
import { captures, sharedMissing } from '../../support/shared.ts'
import { MODELS, ROUTES } from '../../support/wires.ts'

const FOREIGN: Wire[] = ['anthropic', 'openai-chat', 'gemini']

/** As Codex 0.169 declares it. */
const SEARCH = {
  type: 'tool_search',
  execution: 'client',
  description: 'Searches over deferred tool metadata',
  parameters: {
    type: 'object',
    properties: { query: { type: 'string' }, limit: { type: 'number' } },
    required: ['query'],
    additionalProperties: false,
  },
}
const EMPTY = { type: 'object', properties: {} }
const PLAIN = { type: 'function', name: 'exec_command', parameters: EMPTY }
const MEASURE = {
  type: 'function',
  name: 'measure',
  description: '\n  Measures.\nAt length.',
  parameters: EMPTY,
}
const USER = { type: 'message', role: 'user', content: 'measure it' }
const CALL = {
  type: 'tool_search_call',
  id: 'tsc_1',
  call_id: 'call_1',
  status: 'completed',
  execution: 'client',
  arguments: { query: 'probe', limit: 3 },
}
const OUTPUT = {
  type: 'tool_search_output',
  call_id: 'call_1',
  status: 'completed',
  execution: 'client',
  tools: [
    { type: 'namespace', name: 'mcp__probe', description: '', tools: [MEASURE] },
    { type: 'function', name: 'spawn_agent', parameters: EMPTY },
  ],
}
const request = (wire: Wire, input: JsonObject[], more: JsonObject = {}): JsonObject => ({
  model: MODELS[wire],
  store: false,
  tools: [PLAIN, SEARCH],
  input,
  ...more,
})

/** Names and parameters of the tools that an upstream was offered. */
function offered({ text }: Received): Map<string, JsonObject> {
  const tools = list((JSON.parse(text) as JsonObject).tools)
  const declared = tools.flatMap(tool =>
    tool.functionDeclarations ? list(tool.functionDeclarations) : [tool],
  )
  return new Map(
    declared.map(tool => {
      const wire = tool.function ? object(tool.function) : tool
      const schema = wire.parameters ?? wire.input_schema ?? wire.parametersJsonSchema
      return [words(wire.name), object(schema)]
    }),
  )
}

/** An upstream's reply that calls one function. */
function calling(wire: Wire, name: string, args: string, stream: boolean): Response {
  const codec = codecFor(wire)
  if (!codec) throw new Error(`no codec for ${wire}`)
  const asked = { model: 'served', id: 'reply_1', atMs: 0 }
  const part = {
    type: 'tool-call' as const,
    id: 'call_9',
    name,
    arguments: args,
    runsOn: 'client' as const,
  }
  const response = {
    id: 'reply_1',
    model: 'served',
    parts: [part],
    stop: { reason: 'tool-calls' as const, raw: null },
    usage: { fresh: 1, output: 1 },
  }
  if (!stream) return Response.json(codec.encodeResponse(response, asked))
  const machine = codec.encodeStream(asked)
  const half = Math.floor(args.length / 2)
  const frames = [
    { type: 'response-start' as const, id: 'reply_1', model: 'served' },
    { type: 'part-start' as const, index: 0, part: { ...part, arguments: '' } },
    { type: 'part-delta' as const, index: 0, delta: { arguments: args.slice(0, half) } },
    { type: 'part-delta' as const, index: 0, delta: { arguments: args.slice(half) } },
    { type: 'part-end' as const, index: 0 },
    { type: 'response-end' as const, stop: response.stop, usage: response.usage },
  ].flatMap(event => machine.feed(event))
  return streamOf([...frames, ...machine.end()].map(encodeSse))
}

describe.each(FOREIGN)('a tool search that the client runs, onto %s', wire => {
  test('is a function there, and nothing is lost', async () => {
    const gateway = renewedGateway(ROUTES, () => Response.json(WHOLE[wire]))
    const response = await gateway.call('/v1/responses', { json: request(wire, [USER]) })
    expect(response.headers.get('x-jackfield-losses')).toBeNull()
    const [received] = gateway.received
    const tools = received ? offered(received) : new Map()
    expect([...tools.keys()]).toEqual(['exec_command', 'tool_search'])
    expect(Object.keys(object(tools.get('tool_search')?.properties))).toEqual(['query', 'limit'])
  })

  test('its output’s tools are offered, namespaces too, in later turns as well', async () => {
    const gateway = renewedGateway(ROUTES, () => Response.json(WHOLE[wire]))
    const later = [
      USER,
      CALL,
      OUTPUT,
      {
        type: 'function_call',
        call_id: 'c2',
        namespace: 'mcp__probe',
        name: 'measure',
        arguments: '{}',
      },
      { type: 'function_call_output', call_id: 'c2', output: '42' },
      { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: '42 it is' }] },
      { type: 'message', role: 'user', content: 'again' },
    ]
    for (const input of [[USER, CALL, OUTPUT], later]) {
      await gateway.call('/v1/responses', { json: request(wire, input) })
      const received = gateway.received.at(-1)
      expect(received && [...offered(received).keys()]).toEqual([
        'exec_command',
        'tool_search',
        'mcp__probe__measure',
        'spawn_agent',
      ])
      expect(received?.text).toContain('- mcp__probe__measure: Measures.')
      expect(received?.text).toContain('- spawn_agent')
      expect(received?.text).not.toContain('tool_search_call')
      expect(received?.text).not.toContain('No result was recorded')
    }
  })

  test('a tool that is declared, or was found before, is offered once', async () => {
    const gateway = renewedGateway(ROUTES, () => Response.json(WHOLE[wire]))
    const again = [
      { ...CALL, call_id: 'call_2' },
      { ...OUTPUT, call_id: 'call_2', tools: [...OUTPUT.tools, PLAIN] },
    ]
    const json = request(wire, [USER, CALL, OUTPUT, ...again])
    await gateway.call('/v1/responses', { json })
    const names = [
      ...(gateway.received[0]?.text.matchAll(
        /"name":"(exec_command|spawn_agent|mcp__probe__measure)"/g,
      ) ?? []),
    ]
    expect(names.map(([, name]) => name)).toEqual(
      expect.arrayContaining(['exec_command', 'mcp__probe__measure', 'spawn_agent']),
    )
    expect(names).toHaveLength(3)
  })

  test('a search that found nothing says so', async () => {
    const gateway = renewedGateway(ROUTES, () => Response.json(WHOLE[wire]))
    const json = request(wire, [USER, CALL, { ...OUTPUT, tools: [] }])
    await gateway.call('/v1/responses', { json })
    expect(gateway.received[0]?.text).toContain('No tool was found.')
  })

  test('a call of it comes back as tool_search_call, its arguments an object', async () => {
    const gateway = renewedGateway(ROUTES, () =>
      calling(wire, 'tool_search', '{"query":"probe","limit":3}', false),
    )
    const response = await gateway.call('/v1/responses', { json: request(wire, [USER]) })
    const items = list(((await response.json()) as JsonObject).output)
    expect(items.find(({ type }) => type === 'tool_search_call')).toMatchObject({
      status: 'completed',
      call_id: expect.any(String),
      execution: 'client',
      arguments: { query: 'probe', limit: 3 },
    })
    expect(items.some(({ type }) => type === 'function_call')).toBe(false)
  })

  test('streamed as well', async () => {
    const gateway = renewedGateway(ROUTES, () =>
      calling(wire, 'tool_search', '{"query":"probe","limit":3}', true),
    )
    const json = request(wire, [USER], { stream: true })
    const frames = framesOf(await (await gateway.call('/v1/responses', { json })).text())
    expect(streamFaults('openai-responses', frames)).toEqual([])
    const events = frames.map(({ data }) => JSON.parse(data) as JsonObject)
    const added = events.find(({ type }) => type === 'response.output_item.added')
    expect(added?.item).toMatchObject({
      type: 'tool_search_call',
      status: 'in_progress',
      arguments: {},
    })
    const done = events.filter(({ type }) => type === 'response.output_item.done')
    expect(done.at(-1)?.item).toMatchObject({
      type: 'tool_search_call',
      status: 'completed',
      execution: 'client',
      arguments: { query: 'probe', limit: 3 },
    })
    expect(list(object(events.at(-1)?.response).output)).toEqual(
      done.map(({ item }) => object(item)),
    )
  })

  test('without arguments, or with broken ones, they are an object all the same', async () => {
    for (const args of ['', '{"query":"pro']) {
      const gateway = renewedGateway(ROUTES, () =>
        calling('openai-chat', 'tool_search', args, true),
      )
      const json = request('openai-chat', [USER], { stream: true })
      const frames = framesOf(await (await gateway.call('/v1/responses', { json })).text())
      const items = frames.map(({ data }) => object((JSON.parse(data) as JsonObject).item))
      const done = items.findLast(({ type }) => type === 'tool_search_call')
      expect(done?.arguments).toBeObject()
    }
  })

  test('a found tool’s call comes back under its namespace', async () => {
    const gateway = renewedGateway(ROUTES, () => calling(wire, 'mcp__probe__measure', '{}', false))
    const json = request(wire, [USER, CALL, OUTPUT])
    const response = await gateway.call('/v1/responses', { json })
    const items = list(((await response.json()) as JsonObject).output)
    expect(items.find(({ type }) => type === 'function_call')).toMatchObject({
      namespace: 'mcp__probe',
      name: 'measure',
    })
  })
})

describe('a tool search', () => {
  test('that no client runs is the upstream’s, and lost elsewhere', async () => {
    const gateway = renewedGateway(ROUTES, () => Response.json(WHOLE.anthropic))
    const tools = [PLAIN, { type: 'tool_search' }]
    const json = request('anthropic', [USER], { tools })
    const response = await gateway.call('/v1/responses', { json })
    expect(response.headers.get('x-jackfield-losses')).toContain('tool_search')
    expect(gateway.received[0] && [...offered(gateway.received[0]).keys()]).toEqual([
      'exec_command',
    ])
  })

  test('a function of that name that is no search is called as a function', async () => {
    const gateway = renewedGateway(ROUTES, () => calling('anthropic', 'tool_search', '{}', false))
    const tools = [{ type: 'function', name: 'tool_search', parameters: EMPTY }]
    const json = request('anthropic', [USER], { tools })
    const response = await gateway.call('/v1/responses', { json })
    const [item] = list(((await response.json()) as JsonObject).output)
    expect(item?.type).toBe('function_call')
  })

  test('goes to an upstream of the same protocol as it was written, also where it is encoded', async () => {
    const gateway = renewedGateway(
      ROUTES.replace('up-responses/served', '"up-responses/served(high)"'),
      () => Response.json(WHOLE['openai-responses']),
    )
    const json = request('openai-responses', [USER, CALL, OUTPUT])
    await gateway.call('/v1/responses', { json })
    const sent = JSON.parse(gateway.received[0]?.text ?? '{}') as JsonObject
    expect(sent.reasoning).toBeDefined()
    expect(sent.tools).toEqual(json.tools ?? null)
    expect(sent.input).toEqual(json.input ?? null)
  })

  describe.skipIf(sharedMissing)('of Codex itself', () => {
    const recorded = captures('/v1/responses').filter(({ body }) =>
      JSON.stringify(body).includes('"type":"tool_search"'),
    )
    test.each(recorded.map(({ body }, index) => [index, body] as const))(
      'is offered to every upstream (%i)',
      async (_, body) => {
        for (const wire of FOREIGN) {
          const gateway = renewedGateway(ROUTES, () => Response.json(WHOLE[wire]))
          const json = { ...body, model: MODELS[wire], stream: false }
          const response = await gateway.call('/v1/responses', { json })
          expect(response.status).toBe(200)
          const [received] = gateway.received
          expect(received && [...offered(received).keys()]).toContain('tool_search')
          expect(response.headers.get('x-jackfield-losses') ?? '').not.toContain('tool_search')
        }
      },
    )
    test('there are some', () => expect(recorded.length).toBeGreaterThan(0))
  })
})
