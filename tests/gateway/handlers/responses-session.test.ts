import { describe, expect, test } from 'bun:test'
import { createResponsesSession } from '../../../src/gateway/handlers/responses-session.ts'
import type { JsonObject } from '../../../src/lib/json/json.ts'
import { fed, turns } from '../../support/fed-stream.ts'
import {
  type LocalGateway,
  localGateway,
  streamOf,
  type Upstream,
} from '../../support/local-gateway.ts'
import { list, object, words } from '../../support/readers/seen.ts'
import { ENDING, FIRST, OPENING } from '../../support/replies.ts'
import { MODELS, ROUTES } from '../../support/wires.ts'

/** A client on a socket of its own. */
function connected(upstream: Upstream, routes = ROUTES) {
  const gateway = localGateway(routes, upstream)
  const heard: JsonObject[] = []
  let count = 0
  const session = createResponsesSession(
    {
      send: async frame => void heard.push(JSON.parse(frame) as JsonObject),
      headers: new Headers(),
      peer: '127.0.0.1',
      signal: new AbortController().signal,
    },
    () => gateway.gateway,
    () => `req_${count++}`,
  )
  return {
    gateway,
    heard,
    send(frame: JsonObject): void {
      session.receive(
        JSON.stringify({
          type: 'response.create',
          model: MODELS['openai-responses'],
          store: false,
          ...frame,
        }),
      )
    },
    /** The events of one turn. */
    async turn(frame: JsonObject): Promise<JsonObject[]> {
      const from = heard.length
      this.send(frame)
      await session.settled()
      return heard.slice(from)
    },
  }
}

const user = (content: string): JsonObject => ({ type: 'message', role: 'user', content })
const failing = (
  status: number,
  error: JsonObject,
  headers: Record<string, string> = {},
): Response => Response.json({ error }, { status, headers })
const bodies = ({ received }: LocalGateway): JsonObject[] =>
  received.map(({ text }) => JSON.parse(text) as JsonObject)

describe('a refusal stands in a frame with what Codex reads off its headers', () => {
  const LIMITED = { message: 'slow down', type: 'rate_limit_error', code: 'rate_limit_exceeded' }
  const refusal = async (reply: Response): Promise<JsonObject> => {
    const [frame = {}] = await connected(() => reply).turn({ input: [user('hi')] })
    return frame
  }

  test('429: when to ask again, as the upstream says it', async () => {
    expect(await refusal(failing(429, LIMITED, { 'retry-after': '45' }))).toMatchObject({
      type: 'error',
      status: 429,
      error: LIMITED,
      headers: { 'retry-after': '45' },
    })
  })

  test('429: after a moment, where the upstream gives no time', async () => {
    expect(object((await refusal(failing(429, LIMITED))).headers)['retry-after']).toBe('5')
  })

  test('429: not where the quota is spent', async () => {
    const spent = { message: 'pay', type: 'insufficient_quota', code: 'insufficient_quota' }
    expect(object((await refusal(failing(429, spent))).headers)['retry-after']).toBeUndefined()
  })

  test('429 of our own', async () => {
    const client = connected(() => failing(429, LIMITED, { 'retry-after': '45' }))
    await client.turn({ input: [user('hi')] })
    const [frame = {}] = await client.turn({ input: [user('hi')] })
    expect(client.gateway.received).toHaveLength(1)
    expect(frame).toMatchObject({ status: 429, headers: { 'retry-after': '45' } })
  })

  test.each(['server_is_overloaded', 'slow_down'])('503: never as %s', async code => {
    const error = { message: 'busy', type: 'server_error', code }
    expect(await refusal(failing(503, error))).toMatchObject({
      status: 503,
      error: { message: 'busy', code: 'server_error' },
    })
  })

  test('nothing else of the upstream’s headers', async () => {
    const headers = { 'set-cookie': 'a=b', server: 'x', 'x-ratelimit-remaining-requests': '0' }
    const relayed = object((await refusal(failing(400, LIMITED, headers))).headers)
    expect(relayed['x-ratelimit-remaining-requests']).toBe('0')
    expect(relayed['set-cookie']).toBeUndefined()
    expect(relayed.server).toBeUndefined()
  })
})

/** The stream of a response, its events spelled by the given function. */
function streamed(id: string, spell: (event: JsonObject) => string, whole = true): Response {
  const item = {
    id: `msg_${id}`,
    type: 'message',
    role: 'assistant',
    status: 'completed',
    content: [{ type: 'output_text', text: `I am ${id}`, annotations: [] }],
  }
  const response = { id, object: 'response', created_at: 1, model: 'served', output: [] }
  const events: JsonObject[] = [
    { type: 'response.created', response: { ...response, status: 'in_progress' } },
    {
      type: 'response.output_item.added',
      output_index: 0,
      item: { ...item, status: 'in_progress', content: [] },
    },
    {
      type: 'response.output_text.delta',
      output_index: 0,
      content_index: 0,
      item_id: item.id,
      delta: `I am ${id}`,
    },
    { type: 'response.output_item.done', output_index: 0, item },
    {
      type: 'response.completed',
      response: { ...response, status: 'completed', output: whole ? [item] : [] },
    },
  ]
  return streamOf(events.map(spell))
}

const SPELLINGS: Record<string, (event: JsonObject) => string> = {
  'type first': event => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`,
  'type last, as vLLM has it': ({ type, ...rest }) =>
    `event: ${type}\ndata: ${JSON.stringify({ ...rest, sequence_number: 0, type })}\n\n`,
  'no event line': ({ type, ...rest }) => `data: ${JSON.stringify({ ...rest, type })}\n\n`,
  'over several lines': event =>
    `event: ${event.type}\n${JSON.stringify(event, null, 2).replace(/^/gm, 'data: ')}\n\n`,
}

describe.each(Object.entries(SPELLINGS))('a turn that follows another (%s)', (_, spell) => {
  test.each([
    ['the output stands in the last event', true],
    ['the output stands in its own events alone', false],
  ])('goes up with its whole history: %s', async (_, whole) => {
    let count = 0
    const client = connected(() => streamed(`resp_${++count}`, spell, whole))
    for (let n = 1; n <= 3; n++) {
      const more = n > 1 ? { previous_response_id: `resp_${n - 1}` } : {}
      const events = await client.turn({ input: [user(`turn ${n}`)], ...more })
      const named = events.flatMap(event => (event.response ? [object(event.response)] : []))
      expect(named).toHaveLength(2)
      if (n === 1) continue
      for (const response of named) expect(response.previous_response_id).toBe(`resp_${n - 1}`)
    }
    const [, , third = {}] = bodies(client.gateway)
    expect(third.previous_response_id).toBeUndefined()
    expect(list(third.input).map(({ role }) => role)).toEqual([
      'user',
      'assistant',
      'user',
      'assistant',
      'user',
    ])
  })
})

describe('a response that this connection does not know', () => {
  const spell = SPELLINGS['type first'] ?? String
  const follow = { previous_response_id: 'resp_unknown', input: [user('and?')] }

  test('is refused where the client has nothing kept, and no upstream is asked', async () => {
    const client = connected(() => streamed('resp_1', spell))
    expect(await client.turn(follow)).toMatchObject([
      { type: 'error', status: 400, error: { code: 'previous_response_not_found' } },
    ])
    expect(client.gateway.received).toHaveLength(0)
  })

  test('is the upstream’s to know where it may keep it', async () => {
    const client = connected(() => streamed('resp_1', spell))
    await client.turn({ ...follow, store: true })
    expect(bodies(client.gateway)[0]?.previous_response_id).toBe('resp_unknown')
  })

  test('is found where the gateway keeps it, and named in the reply', async () => {
    const client = connected(() =>
      Response.json({
        id: 'msg_1',
        type: 'message',
        role: 'assistant',
        model: 'served',
        content: [{ type: 'text', text: 'fine' }],
        stop_reason: 'end_turn',
        usage: { input_tokens: 1, output_tokens: 1 },
      }),
    )
    const model = MODELS.anthropic
    const first = await client.gateway.call('/v1/responses', { json: { model, input: 'hi' } })
    const { id } = (await first.json()) as { id: string }
    const events = await client.turn({ model, previous_response_id: id, input: [user('and?')] })
    expect(object(events.at(-1)?.response).previous_response_id).toBe(id)
    expect(list(bodies(client.gateway)[1]?.messages)).toHaveLength(3)
  })
})

describe('while the model is silent', () => {
  const silent = ROUTES.replace('policy: {', 'policy: { keepalive: 5s,')

  test.each(['openai-responses', 'anthropic'] as const)('of %s', async wire => {
    const source = fed()
    const client = connected(() => source.reply, silent)
    client.send({ model: MODELS[wire], input: [user('hi')] })
    const wait = async (): Promise<void> => {
      await turns()
      client.gateway.advance(5_001)
      await turns()
    }
    await wait()
    await wait()
    expect(client.heard).toEqual([])
    source.say([...OPENING[wire], ...FIRST[wire]])
    await wait()
    await wait()
    const last = client.heard.at(-1) ?? {}
    expect(words(client.heard[0]?.type)).toBe('response.created')
    expect(last.type).toBe('keepalive')
    expect(typeof last.sequence_number).toBe('number')
    source.say(ENDING[wire])
    source.end()
    await turns()
    expect(client.heard.at(-1)?.type).toBe('response.completed')
  })
})

describe('what waits and what is remembered on a socket is bounded', () => {
  const SMALL = `${ROUTES}server: { body-limit: 20kB }\n`
  const isRefused = ({ type }: JsonObject): boolean => type === 'error'

  test('frames that are too long together', async () => {
    const end = { type: 'response.completed', response: { id: 'r', model: 'x', output: [] } }
    const client = connected(() => streamOf([`data: ${JSON.stringify(end)}\n\n`]), SMALL)
    for (let sent = 0; sent < 6; sent++) client.send({ input: 'x'.repeat(9_000) })
    await client.turn({ input: 'x'.repeat(9_000) })
    const refused = client.heard.filter(isRefused)
    expect(refused.length).toBeGreaterThan(0)
    expect(JSON.stringify(refused[0])).toContain('wait on this socket')
    expect(client.gateway.received.length).toBeGreaterThan(0)
    expect(client.gateway.received.length).toBeLessThan(6)
  })

  test('a history that grows beyond what a body may have', async () => {
    let count = 0
    const client = connected(() => {
      const response = { id: `r${count++}`, model: 'x', status: 'completed', output: [] }
      return streamOf([`data: ${JSON.stringify({ type: 'response.completed', response })}\n\n`])
    }, SMALL)
    const input = [user('x'.repeat(9_000))]
    await client.turn({ input })
    expect((await client.turn({ input, previous_response_id: 'r0' })).some(isRefused)).toBe(false)
    const third = await client.turn({ input, previous_response_id: 'r1' })
    expect(JSON.stringify(third)).toContain('raise server.body-limit')
    expect(client.gateway.received).toHaveLength(2)
  })
})

test.each<[string, JsonObject, string]>([
  ['that is no list', { input: 5 }, 'input: expected a string or a list, got 5'],
  ['with an item that is none', { input: [user('hi'), 7] }, 'input[1]: expected an object, got 7'],
  ['with nothing in it', { input: [] }, 'input: expected a string or a list with at least one'],
])('an input %s is refused, and nothing is sent', async (_, frame, message) => {
  const client = connected(() => Response.json({}))
  const heard = await client.turn({ ...frame, model: MODELS.anthropic })
  expect(heard).toEqual([expect.objectContaining({ type: 'error', status: 400 })])
  expect(JSON.stringify(heard)).toContain(message)
  expect(bodies(client.gateway)).toEqual([])
})
