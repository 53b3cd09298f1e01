import { describe, expect, test } from 'bun:test'
import { isObject, type JsonObject } from '../../../src/lib/json/json.ts'
import { objects, text } from '../../../src/lib/json/read-json.ts'
import {
  type LocalGateway,
  type Received,
  renewedGateway,
  streamOf,
} from '../../support/local-gateway.ts'
import { readJson, readStream, type Seen, type Wire } from '../../support/read-reply.ts'
import { pathOf, question, WIRES } from '../../support/wires.ts'

/** Clients of all protocols at an upstream that refuses what ChatGPT's Codex backend refuses. */

const ROUTES = `
version: 1
providers:
  chatgpt: { kind: codex-oauth, base-url: "http://codex.test/backend-api/codex", keys: [ first, second ] }
models: { m: chatgpt/gpt-5.5 }
policy: { request-retry: 0, strategy: fill-first }
logging: { level: error }
`

const CALL = {
  type: 'function_call',
  id: 'fc_1',
  call_id: 'call_1',
  name: 'look',
  arguments: '{"at":"sky"}',
  status: 'completed',
}
const SEALED = {
  type: 'reasoning',
  id: 'rs_1',
  summary: [{ type: 'summary_text', text: 'I must look.' }],
  encrypted_content: 'c2VhbGVk',
}
const SAID = {
  type: 'message',
  id: 'msg_1',
  role: 'assistant',
  status: 'completed',
  content: [{ type: 'output_text', text: 'blue', annotations: [] }],
}
const RESPONSE = { id: 'resp_1', object: 'response', created_at: 1, model: 'gpt-5.5' }

/** The last response has no output of its own, as the backend sends it. */
function events(output: readonly JsonObject[]): string {
  const usage = { input_tokens: 7, output_tokens: 3, total_tokens: 10 }
  const all: JsonObject[] = [
    { type: 'response.created', response: { ...RESPONSE, status: 'in_progress', output: [] } },
    { type: 'codex.rate_limits', rate_limits: { primary: { used_percent: 5 } } },
    ...output.flatMap((item, output_index) => [
      {
        type: 'response.output_item.added',
        output_index,
        item: { ...item, status: 'in_progress' },
      },
      { type: 'response.output_item.done', output_index, item },
    ]),
    {
      type: 'response.completed',
      response: { ...RESPONSE, status: 'completed', output: [], usage },
    },
  ]
  return all.map(event => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('')
}

const FORBIDDEN = [
  'previous_response_id',
  'max_output_tokens',
  'max_completion_tokens',
  'temperature',
  'top_p',
  'truncation',
  'user',
  'safety_identifier',
]

/** Why the backend would refuse a request; undefined: it takes it. */
function refusal({ path, headers, text: body }: Received): string | undefined {
  if (path !== '/backend-api/codex/responses') return `no ${path}`
  if (headers.get('accept') !== 'text/event-stream') return 'Accept must be text/event-stream'
  const wire: JsonObject = JSON.parse(body)
  if (typeof wire.instructions !== 'string') return 'Instructions are required'
  if (wire.store !== false) return 'Store must be set to false'
  if (wire.stream !== true) return 'Stream must be set to true'
  if (!Array.isArray(wire.input)) return 'Input must be a list'
  if (JSON.stringify(wire.include) !== '["reasoning.encrypted_content"]') return 'wrong include'
  const tools = objects(wire.tools)
  if (wire.parallel_tool_calls !== (tools.length > 0 ? true : undefined))
    return `wrong parallel_tool_calls: ${wire.parallel_tool_calls}`
  const unsupported = FORBIDDEN.find(member => member in wire)
  if (unsupported) return `Unsupported parameter: ${unsupported}`
  const words = [
    ...tools.map(({ name }) => name),
    ...objects(wire.input).flatMap(({ id, call_id, name }) => [id, call_id, name]),
  ]
  if (words.some(word => (text(word) ?? '').length > 64)) return 'string too long'
  if (objects(wire.input).some(({ role }) => role === 'system'))
    return 'System messages are not allowed'
  return undefined
}

const backend =
  (output: readonly JsonObject[] = [SEALED, SAID]) =>
  (received: Received): Response => {
    const detail = refusal(received)
    return detail ? Response.json({ detail }, { status: 400 }) : streamOf([events(output)])
  }

async function seen(wire: Wire, stream: boolean, response: Response): Promise<Seen> {
  const body = await response.text()
  expect({ status: response.status, body }).toMatchObject({ status: 200 })
  return stream ? readStream(wire, body) : readJson(wire, JSON.parse(body))
}

const sent = ({ received }: LocalGateway): JsonObject => JSON.parse(received.at(-1)?.text ?? '{}')

const ways = WIRES.flatMap(wire => [true, false].map(stream => ({ wire, stream })))
/** What each protocol has that the backend refuses. */
const MORE: Record<Wire, JsonObject> = {
  anthropic: { system: 'be brief', temperature: 0.5, metadata: { user_id: 'u' } },
  'openai-chat': { max_completion_tokens: 50, user: 'u', top_p: 0.5 },
  'openai-responses': { max_output_tokens: 50, user: 'u', truncation: 'auto', store: true },
  gemini: { generationConfig: { maxOutputTokens: 50, topP: 0.5 } },
}
const LONG = `mcp__${'s'.repeat(60)}__look`
const PARAMETERS = { type: 'object', properties: { at: { type: 'string' } } }
const TOOLS: Record<Wire, (name: string) => JsonObject> = {
  anthropic: name => ({ tools: [{ name, input_schema: PARAMETERS }] }),
  'openai-chat': name => ({
    tools: [{ type: 'function', function: { name, parameters: PARAMETERS } }],
  }),
  'openai-responses': name => ({ tools: [{ type: 'function', name, parameters: PARAMETERS }] }),
  gemini: name => ({ tools: [{ functionDeclarations: [{ name, parameters: PARAMETERS }] }] }),
}

describe.each(ways)('$wire, stream: $stream', ({ wire, stream }) => {
  const path = pathOf(wire, 'm', stream)
  const body = (more: JsonObject): JsonObject => ({ ...question(wire, 'm', stream), ...more })

  test('words and thoughts come back', async () => {
    const gateway = renewedGateway(ROUTES, backend())
    const reply = await seen(wire, stream, await gateway.call(path, { json: body(MORE[wire]) }))
    expect(reply.text).toBe('blue')
    expect(sent(gateway).model).toBe('gpt-5.5')
    expect(gateway.received).toHaveLength(1)
  })

  test('a call comes back under the name that the client gave, however long', async () => {
    const gateway = renewedGateway(ROUTES, received => {
      const [tool] = objects(JSON.parse(received.text).tools)
      return backend([SEALED, { ...CALL, name: text(tool?.name) ?? '' }])(received)
    })
    for (const name of ['look', LONG]) {
      const json = body(TOOLS[wire](name))
      const reply = await seen(wire, stream, await gateway.call(path, { json }))
      expect(reply.calls).toEqual([{ name, arguments: { at: 'sky' } }])
    }
  })
})

describe('the losses', () => {
  test('are named', async () => {
    const gateway = renewedGateway(ROUTES, backend())
    const json = { ...question('openai-chat', 'm', false), max_tokens: 50 }
    const response = await gateway.call('/v1/chat/completions', { json })
    expect(response.headers.get('x-jackfield-losses')).toBe(
      'max_output_tokens: this upstream does not take it',
    )
  })
})

/** As Codex 0.169 writes it, but for the spaces. */
const CODEX = `{ "model" : "gpt-5.5","stream":true, "input":[{"type":"message","role":"user","content":[{"type":"input_text","text":"hi"}]},
 ${JSON.stringify(SEALED)}, {"type":"message","role":"user","content":[{"type":"input_text","text":"\\u0068o"}]}],"tools":[],
 "store":false,"include":["reasoning.encrypted_content"],"client_metadata":{"a" : 1}`

describe('a client of the backend itself', () => {
  const call = (gateway: LocalGateway, tail: string) =>
    gateway.call('/v1/responses', {
      method: 'POST',
      body: `${CODEX}${tail}`,
      headers: { 'content-type': 'application/json', originator: 'codex_exec' },
    })

  test('has its bytes up as they are, and those of the backend down', async () => {
    const gateway = renewedGateway(ROUTES, backend())
    const response = await call(gateway, ',"instructions":"" }')
    expect(await response.text()).toBe(events([SEALED, SAID]))
    expect(gateway.received[0]?.text).toBe(`${CODEX},"instructions":"" }`)
    expect(gateway.received[0]?.headers.get('originator')).toBe('codex_exec')
    expect(gateway.received[0]?.headers.get('user-agent')).toBe('jackfield/test')
  })

  test('has only what is demanded otherwise changed in them', async () => {
    const gateway = renewedGateway(ROUTES, backend())
    const response = await call(gateway, ',"user":"u"}')
    expect(await response.text()).toBe(events([SEALED, SAID]))
    expect(gateway.received[0]?.text).toBe(`${CODEX},"instructions":""}`)
    expect(response.headers.get('x-jackfield-losses')).toBe('user: this upstream does not take it')
  })

  test('may name the response before, which is kept here', async () => {
    const gateway = renewedGateway(ROUTES, backend())
    const ask = (more: JsonObject) =>
      gateway.call('/v1/responses', { json: { model: 'm', input: 'hi', ...more } })
    const { id } = await (await ask({})).json()
    const next = await ask({ previous_response_id: id, input: 'and?' })
    expect(next.status).toBe(200)
    const input = objects(sent(gateway).input)
    expect(input.map(({ type }) => type)).toEqual(['message', 'reasoning', 'message', 'message'])
    expect(input[1]).toMatchObject({ encrypted_content: 'c2VhbGVk' })
  })

  test('has its conversation compacted by the backend', async () => {
    const gateway = renewedGateway(ROUTES, ({ path, text: body }) => {
      const wire = JSON.parse(body)
      if (path !== '/backend-api/codex/responses/compact' || 'stream' in wire || 'store' in wire)
        return Response.json({ detail: 'no' }, { status: 400 })
      return Response.json({ id: 'c', object: 'response.compaction', output: [SAID] })
    })
    const json = { model: 'm', input: 'hi', store: false }
    const response = await gateway.call('/v1/responses/compact', { json })
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({ output: [SAID] })
  })

  test('is named by us where it does not name itself', async () => {
    const gateway = renewedGateway(ROUTES, backend())
    await gateway.call('/v1/chat/completions', { json: question('openai-chat', 'm', false) })
    expect(gateway.received[0]?.headers.get('originator')).toBe('jackfield')
  })
})

describe('errors', () => {
  const usageLimit = { type: 'usage_limit_reached', message: 'The usage limit has been reached' }
  const ask = (gateway: LocalGateway) =>
    gateway.call('/v1/responses', { json: question('openai-responses', 'm', true) })
  const tokens = ({ received }: LocalGateway) =>
    received.map(({ headers }) => headers.get('authorization'))

  test.each([429, 400, 403])(
    'a used-up window (%d) cools the account until its reset',
    async status => {
      const gateway = renewedGateway(ROUTES, received =>
        received.headers.get('authorization') === 'Bearer first'
          ? Response.json({ error: { ...usageLimit, resets_in_seconds: 600 } }, { status })
          : backend()(received),
      )
      expect((await ask(gateway)).status).toBe(200)
      gateway.advance(599_000)
      expect((await ask(gateway)).status).toBe(200)
      gateway.advance(2_000)
      expect((await ask(gateway)).status).toBe(200)
      expect(tokens(gateway)).toEqual(
        ['first', 'second', 'second', 'first', 'second'].map(token => `Bearer ${token}`),
      )
    },
  )

  test.each([
    { type: 'error', error: { type: 'service_unavailable_error', code: 'server_is_overloaded' } },
    { type: 'response.failed', response: { ...RESPONSE, error: usageLimit, status: 'failed' } },
  ])('after the handshake goes unseen to the next account: %j', async error => {
    const begun = { type: 'response.created', response: RESPONSE }
    const gateway = renewedGateway(ROUTES, received =>
      received.headers.get('authorization') === 'Bearer first'
        ? streamOf([begun, error].map(event => `data: ${JSON.stringify(event)}\n\n`))
        : backend()(received),
    )
    expect((await seen('openai-responses', true, await ask(gateway))).text).toBe('blue')
    expect(tokens(gateway)).toEqual(['Bearer first', 'Bearer second'])
  })

  test('a refusal is passed on in its own words', async () => {
    const detail = 'This client is not supported'
    const gateway = renewedGateway(ROUTES, () => Response.json({ detail }, { status: 400 }))
    const response = await ask(gateway)
    expect(response.status).toBe(400)
    const body: unknown = await response.json()
    expect(isObject(body) && JSON.stringify(body)).toContain(detail)
  })

  test('a stream that breaks off is an error for one that wanted a whole reply', async () => {
    const [opening = ''] = events([SAID]).split('event: response.completed')
    const gateway = renewedGateway(ROUTES, () => streamOf([opening]))
    const json = question('openai-chat', 'm', false)
    const response = await gateway.call('/v1/chat/completions', { json })
    expect(response.status).toBeGreaterThanOrEqual(500)
  })
})
