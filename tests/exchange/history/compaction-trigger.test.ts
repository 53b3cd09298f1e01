import { describe, expect, test } from 'bun:test'
import { CAPSULE_PREFIX } from '../../../src/conversation/index.ts'
import { createResponsesSession } from '../../../src/gateway/handlers/responses-session.ts'
import type { JsonObject } from '../../../src/lib/json/json.ts'
import { framesOf } from '../../support/frames.ts'
import { streamFaults } from '../../support/grammar.ts'
import {
  type Received,
  renewedGateway,
  streamOf,
  type Upstream,
} from '../../support/local-gateway.ts'
import { list, object, words } from '../../support/readers/seen.ts'
import { ENDING, FIRST, OPENING, WHOLE, WORDS } from '../../support/replies.ts'
import { MODELS, ROUTES, WIRES } from '../../support/wires.ts'

const TRIGGER = { type: 'compaction_trigger' }
const INPUT = [
  { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'count the files' }] },
  { type: 'function_call', call_id: 'c1', name: 'f', arguments: '{}' },
  { type: 'function_call_output', call_id: 'c1', output: '42' },
  { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'there are 42' }] },
]
const TOOLS = [{ type: 'function', name: 'f', parameters: { type: 'object', properties: {} } }]

const request = (model: string, more: JsonObject = {}): JsonObject => ({
  model,
  store: false,
  input: [...INPUT, TRIGGER],
  tools: TOOLS,
  ...more,
})
/** What upstreams without compaction answer: a stream to who asks for one. */
const answering =
  (wire: (typeof WIRES)[number]): Upstream =>
  ({ text, url }) =>
    text.includes('"stream":true') || url.includes('streamGenerateContent')
      ? streamOf([...OPENING[wire], ...FIRST[wire], ...ENDING[wire]])
      : Response.json(WHOLE[wire])
const sent = ({ text }: Received): JsonObject => JSON.parse(text) as JsonObject
const isSummary = (item: JsonObject | undefined): boolean =>
  item?.type === 'compaction' && words(item.encrypted_content).startsWith(CAPSULE_PREFIX)

describe.each([...WIRES])('compaction that a request asks for, onto %s', wire => {
  const model = MODELS[wire]

  test('streamed: exactly one item, a compaction', async () => {
    const gateway = renewedGateway(ROUTES, answering(wire))
    const json = request(model, { stream: true })
    const frames = framesOf(await (await gateway.call('/v1/responses', { json })).text())
    expect(streamFaults('openai-responses', frames)).toEqual([])
    const events = frames.map(({ data }) => JSON.parse(data) as JsonObject)
    const done = events.filter(({ type }) => type === 'response.output_item.done')
    expect(done).toHaveLength(1)
    expect(isSummary(object(done[0]?.item))).toBe(true)
    expect(events.at(-1)?.type).toBe('response.completed')
    expect(object(object(events.at(-1)?.response).usage).output_tokens).toBeNumber()
  })

  test('whole', async () => {
    const gateway = renewedGateway(ROUTES, answering(wire))
    const response = await gateway.call('/v1/responses', { json: request(model) })
    const { object: kind, output } = (await response.json()) as JsonObject
    expect(kind).toBe('response')
    expect(list(output)).toHaveLength(1)
    expect(isSummary(list(output)[0])).toBe(true)
  })

  test('the upstream is asked for a summary, without tools', async () => {
    const gateway = renewedGateway(ROUTES, answering(wire))
    await gateway.call('/v1/responses', { json: request(model, { stream: true }) })
    const [received] = gateway.received
    expect(received?.text).toContain('Write a summary of this conversation')
    expect(received?.text).toContain('there are 42')
    expect(received?.text).not.toContain('compaction_trigger')
    expect(received && sent(received).tools).toBeUndefined()
  })

  test('the next turn reads the summary, whichever target takes it', async () => {
    const gateway = renewedGateway(ROUTES, answering(wire))
    const response = await gateway.call('/v1/responses', { json: request(model) })
    const { output } = (await response.json()) as JsonObject
    for (const next of WIRES) {
      const follow = {
        model: MODELS[next],
        store: false,
        input: [...list(output), { role: 'user', content: 'go on' }],
      }
      await gateway.call('/v1/responses', { json: follow })
      const text = gateway.received.at(-1)?.text ?? ''
      expect(text).toContain(`Summary of the conversation so far:\\n\\n${WORDS}`)
      expect(text).not.toContain(CAPSULE_PREFIX)
    }
  })

  test('over a WebSocket, as the last of the new items', async () => {
    const gateway = renewedGateway(ROUTES, answering(wire))
    const heard: JsonObject[] = []
    const session = createResponsesSession(
      {
        send: async frame => void heard.push(JSON.parse(frame) as JsonObject),
        headers: new Headers(),
        peer: '127.0.0.1',
        signal: new AbortController().signal,
      },
      () => gateway.gateway,
      () => `req_${heard.length}`,
    )
    const turn = async (frame: JsonObject): Promise<void> => {
      session.receive(JSON.stringify({ type: 'response.create', model, store: false, ...frame }))
      await session.settled()
    }
    await turn({ input: INPUT })
    const id = words(object(heard.at(-1)?.response).id)
    heard.splice(0)
    await turn({ previous_response_id: id, input: [TRIGGER] })
    const done = heard.filter(({ type }) => type === 'response.output_item.done')
    expect(done).toHaveLength(1)
    expect(isSummary(object(done[0]?.item))).toBe(true)
    expect(gateway.received.at(-1)?.text).toContain('there are 42')
  })
})

describe('compaction that a request asks for', () => {
  const routes = ROUTES.replace(
    'providers:\n',
    'providers:\n  openai: { kind: openai, keys: [ k ], discover: false }\n',
  ).replace('models:\n', 'models:\n  own: openai/gpt-5.5\n')

  test('is the upstream’s own where it has one: the request goes as it is', async () => {
    const gateway = renewedGateway(routes, () => Response.json(WHOLE['openai-responses']))
    const json = request('own')
    await gateway.call('/v1/responses', { json })
    const [received] = gateway.received
    expect(received?.path).toBe('/v1/responses')
    expect(received && sent(received)).toEqual({ ...json, model: 'gpt-5.5' })
  })

  test('an own compaction that comes as one body goes down as it came, streamed', async () => {
    const item = { id: 'cmp_1', type: 'compaction', encrypted_content: 'sealed-by-openai' }
    const whole = { ...WHOLE['openai-responses'], output: [item] }
    const gateway = renewedGateway(routes, () => Response.json(whole))
    const json = request('own', { stream: true })
    const frames = framesOf(await (await gateway.call('/v1/responses', { json })).text())
    const events = frames.map(({ data }) => JSON.parse(data) as JsonObject)
    const done = events.filter(({ type }) => type === 'response.output_item.done')
    expect(done.map(event => event.item)).toEqual([item])
  })

  test('goes on to the next target where no summary comes', async () => {
    const two = ROUTES.replace(
      'models:\n',
      'models:\n  two: [ up-anthropic/served, up-chat/served ]\n',
    )
    const gateway = renewedGateway(two, received =>
      received.path.endsWith('/messages')
        ? Response.json({ ...WHOLE.anthropic, content: [{ type: 'text', text: ' ' }] })
        : answering('openai-chat')(received),
    )
    const response = await gateway.call('/v1/responses', { json: request('two') })
    expect(isSummary(list(((await response.json()) as JsonObject).output)[0])).toBe(true)
    expect(gateway.received.map(({ path }) => path)).toEqual([
      '/v1/messages',
      '/v1/chat/completions',
    ])
  })

  test('is an error where no target writes one, never an empty history', async () => {
    const silent = { ...WHOLE.anthropic, content: [{ type: 'text', text: '' }] }
    const gateway = renewedGateway(ROUTES, () => Response.json(silent))
    for (const path of ['/v1/responses', '/v1/responses/compact']) {
      const response = await gateway.call(path, { json: request(MODELS.anthropic) })
      expect(response.status).toBeGreaterThanOrEqual(500)
    }
  })

  test('is not asked for by a trigger that is not the last item', async () => {
    const gateway = renewedGateway(ROUTES, answering('anthropic'))
    const input = [...INPUT, TRIGGER, { role: 'user', content: 'go on' }]
    const response = await gateway.call('/v1/responses', {
      json: request(MODELS.anthropic, { input }),
    })
    expect(list(((await response.json()) as JsonObject).output)[0]?.type).toBe('message')
    expect(gateway.received[0]?.text).not.toContain('compaction_trigger')
    expect(gateway.received[0]?.text).not.toContain('Write a summary')
  })

  test('is not asked for by words alone', async () => {
    const gateway = renewedGateway(ROUTES, answering('anthropic'))
    const input = [{ role: 'user', content: 'what is a compaction_trigger?' }]
    const response = await gateway.call('/v1/responses', {
      json: request(MODELS.anthropic, { input }),
    })
    expect(list(((await response.json()) as JsonObject).output)[0]?.type).toBe('message')
  })
})
