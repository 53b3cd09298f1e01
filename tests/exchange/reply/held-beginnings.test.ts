import { describe, expect, test } from 'bun:test'
import { createResponsesSession } from '../../../src/gateway/handlers/responses-session.ts'
import type { JsonObject } from '../../../src/lib/json/json.ts'
import { fed, turns } from '../../support/fed-stream.ts'
import { framesOf } from '../../support/frames.ts'
import { streamFaults } from '../../support/grammar.ts'
import { type Received, renewedGateway, streamOf } from '../../support/local-gateway.ts'
import type { Wire } from '../../support/read-reply.ts'
import { object } from '../../support/readers/seen.ts'
import { ENDING, FIRST, OPENING, WORDS } from '../../support/replies.ts'
import { MODELS, pathOf, question, ROUTES, WIRES } from '../../support/wires.ts'

/** A started reply is held for so long. */
const HOLD_MS = 60_000
const EVERY_MS = 15_000
const TWO_KEYS = ROUTES.replaceAll(
  'keys: [ k ] }',
  'keys: [ { name: first, key: first }, { name: second, key: second } ], timeout: { first-byte: 5m, idle: 2m } }',
).replace('policy: {', 'policy: { strategy: fill-first, keepalive: 15s,')
const LIMITED = `${TWO_KEYS}api-keys: [ { name: ann, key: key-of-ann, limits: { tokens-per-day: 1M } } ]\n`
const HEADERS = { authorization: 'Bearer key-of-ann' }

const TOLD: Record<Wire, string> = {
  anthropic: `event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"busy"}}\n\n`,
  'openai-chat': `data: {"error":{"message":"busy","type":"server_error","code":503}}\n\n`,
  'openai-responses': `event: error\ndata: {"type":"error","code":"server_error","message":"busy","param":null}\n\n`,
  gemini: `data: {"error":{"code":503,"message":"busy","status":"UNAVAILABLE"}}\n\n`,
}

const isFirst = ({ headers }: Received): boolean =>
  [...headers.values()].some(value => /^(Bearer )?first$/.test(value))

/** A client whose first credential sends what the test says, and the second a whole reply at once. */
function waiting(client: Wire, upstream: Wire, routes = TWO_KEYS) {
  const source = fed()
  const gateway = renewedGateway(routes, received => {
    if (!isFirst(received))
      return streamOf([...OPENING[upstream], ...FIRST[upstream], ...ENDING[upstream]])
    received.signal.addEventListener('abort', source.cut)
    return source.reply
  })
  const model = MODELS[upstream]
  const leaving = new AbortController()
  const asking = gateway.call(pathOf(client, model, true), {
    json: question(client, model, true),
    headers: HEADERS,
    signal: leaving.signal,
  })
  const decoder = new TextDecoder()
  let text = ''
  const reading = asking.then(async ({ body }) => {
    if (!body) return
    try {
      for await (const chunk of body) text += decoder.decode(chunk, { stream: true })
    } catch {
      // The client is gone.
    }
  })
  return {
    gateway,
    source,
    leaving,
    /** What has reached the client so far. */
    text: () => text,
    events: () => framesOf(text).map(({ data }) => JSON.parse(data) as JsonObject),
    types: () => framesOf(text).map(({ event }) => event),
    async say(...pieces: readonly string[]) {
      await turns()
      source.say(pieces)
      await turns()
    },
    /** Time passes as it does for the watchdog, in steps. */
    async pass(ms: number) {
      for (let left = ms; left > 0; left -= EVERY_MS) {
        gateway.advance(Math.min(left, EVERY_MS))
        await turns()
      }
    },
    async over() {
      source.end()
      await reading
      return text
    },
    async settled() {
      await reading
      await turns()
      const { background, ledger, quotas, recent } = gateway.services
      await background.settled()
      await ledger.flush()
      return { rows: gateway.usage.rows(0), today: quotas.today('ann'), last: recent.list()[0] }
    },
  }
}

describe('a model that thinks silently before its first word', () => {
  test.each([...WIRES])('of %s: Responses clients get events after a minute', async upstream => {
    const client = waiting('openai-responses', upstream)
    await client.say(...OPENING[upstream])
    await client.pass(HOLD_MS - 1)
    expect(client.text()).toMatch(/^(: keep-alive\n\n)+$/)
    await client.pass(1)
    expect(client.types()).toContain('response.created')
    await client.pass(4 * EVERY_MS)
    expect(client.types().filter(type => type === 'keepalive')).toHaveLength(4)
    await client.say(...FIRST[upstream], ...ENDING[upstream])
    const text = await client.over()
    expect(text).toContain(WORDS)
    expect(client.types().filter(type => type === 'response.created')).toHaveLength(1)
    expect(client.types().at(-1)).toBe('response.completed')
    expect(client.gateway.received).toHaveLength(1)
    if (upstream !== 'openai-responses')
      expect(streamFaults('openai-responses', framesOf(text))).toEqual([])
  })

  test.each([...WIRES])('of %s: the release falls into the middle of an event', async upstream => {
    const client = waiting('openai-responses', upstream)
    const [first = ''] = FIRST[upstream]
    await client.say(...OPENING[upstream], first.slice(0, first.length / 2))
    await client.pass(HOLD_MS + EVERY_MS)
    expect(client.types().at(-1)).toBe('keepalive')
    await client.say(first.slice(first.length / 2), ...ENDING[upstream])
    await client.over()
    const words = client.events().filter(({ type }) => type === 'response.output_text.delta')
    expect(words.map(({ delta }) => delta)).toEqual([WORDS])
    expect(client.types().at(-1)).toBe('response.completed')
  })

  test('over the WebSocket: keep-alives are frames of it', async () => {
    const source = fed()
    const gateway = renewedGateway(TWO_KEYS, () => source.reply)
    const heard: JsonObject[] = []
    const session = createResponsesSession(
      {
        send: async frame => void heard.push(JSON.parse(frame) as JsonObject),
        headers: new Headers(),
        peer: '127.0.0.1',
        signal: new AbortController().signal,
      },
      () => gateway.gateway,
      () => 'req_1',
    )
    const model = MODELS['openai-chat']
    session.receive(JSON.stringify({ type: 'response.create', model, input: 'hi', store: false }))
    await turns()
    source.say(OPENING['openai-chat'])
    await turns()
    for (let step = 0; step < 6; step++) {
      gateway.advance(EVERY_MS)
      await turns()
    }
    expect(heard.map(({ type }) => type)).toEqual([
      'response.created',
      'response.in_progress',
      'keepalive',
      'keepalive',
    ])
    expect(heard.map(event => event.sequence_number)).toEqual([0, 1, 2, 3])
    source.say([...FIRST['openai-chat'], ...ENDING['openai-chat']])
    source.end()
    await session.settled()
    expect(heard.at(-1)?.type).toBe('response.completed')
  })
})

describe('the beginning is held, and another credential can still answer', () => {
  const failedOver = async (client: ReturnType<typeof waiting>, upstream: Wire) => {
    await client.say(TOLD[upstream])
    const text = await client.over()
    expect(client.gateway.received.map(isFirst)).toEqual([true, false])
    expect(text).toContain(WORDS)
    expect(text).not.toContain('busy')
  }

  test.each([...WIRES])('of %s: within the minute', async upstream => {
    const client = waiting('openai-responses', upstream)
    await client.say(...OPENING[upstream])
    await client.pass(HOLD_MS - 1)
    await failedOver(client, upstream)
  })

  test.each([...WIRES])('of %s: as long as it has not started its reply', async upstream => {
    const client = waiting('openai-responses', upstream)
    await client.say(': processing\n\n')
    await client.pass(3 * HOLD_MS)
    expect(client.types()).toEqual([])
    await failedOver(client, upstream)
  })

  const OTHERS = (['anthropic', 'openai-chat', 'gemini'] as const).flatMap(client =>
    WIRES.map(upstream => [client, upstream] as const),
  )
  test.each(OTHERS)('%s of %s: for as long as it takes', async (protocol, upstream) => {
    const client = waiting(protocol, upstream)
    await client.say(...OPENING[upstream])
    await client.pass(4 * HOLD_MS)
    await failedOver(client, upstream)
  })

  test('where keep-alives are off, since nothing is gained', async () => {
    const routes = TWO_KEYS.replace('keepalive: 15s', 'keepalive: 0')
    const client = waiting('openai-responses', 'openai-chat', routes)
    await client.say(...OPENING['openai-chat'])
    await client.pass(2 * HOLD_MS)
    await failedOver(client, 'openai-chat')
  })
})

test.each([...WIRES])('of %s: a start after more than a minute goes down at once', async wire => {
  const client = waiting('openai-responses', wire)
  await client.say(': processing\n\n')
  await client.pass(2 * HOLD_MS)
  await client.say(...OPENING[wire])
  expect(client.types()).toContain('response.created')
  await client.pass(EVERY_MS)
  expect(client.types().at(-1)).toBe('keepalive')
  client.leaving.abort()
})

describe('what fails after the release is an error event, and settled as one', () => {
  const FAILURES = [
    ['the upstream says so', (wire: Wire) => TOLD[wire], 'busy'],
    ['the connection is lost', () => 'cut', 'connection lost'],
    ['it ends', () => 'end', 'ended without its terminal event'],
  ] as const
  const CASES = WIRES.flatMap(wire => FAILURES.map(failure => [wire, ...failure] as const))

  test.each(CASES)('of %s: %s', async (upstream, _, how, message) => {
    const client = waiting('openai-responses', upstream, LIMITED)
    await client.say(...OPENING[upstream])
    await client.pass(HOLD_MS + EVERY_MS)
    const ending = how(upstream)
    if (ending === 'cut') client.source.cut()
    else if (ending !== 'end') await client.say(ending)
    if (ending !== 'cut') client.source.end()
    const { rows, today, last } = await client.settled()
    const event = client.events().at(-1)
    expect(JSON.stringify(event)).toContain(message)
    expect(['response.failed', 'error']).toContain(String(event?.type))
    expect(client.types().filter(type => type === 'response.created')).toHaveLength(1)
    expect(client.gateway.received).toHaveLength(1)
    expect(rows).toMatchObject([{ requests: 1, failures: 1, cancelled: 0 }])
    expect(today.tokens).toBe(0)
    expect(last?.status).toBeGreaterThanOrEqual(500)
  })

  test.each([...WIRES])('of %s: it is silent until its first-byte timeout', async upstream => {
    const client = waiting('openai-responses', upstream)
    await client.say(...OPENING[upstream])
    // Longer than the idle timeout from the release on.
    await client.pass(299_000)
    expect(client.types().at(-1)).toBe('keepalive')
    await client.pass(1_001)
    expect(client.types().at(-1)).toBe('response.failed')
    const { error } = object(client.events().at(-1)?.response)
    expect(object(error).message).toContain('first-byte timeout after 300 s')
    expect(client.gateway.received).toHaveLength(1)
  })
})

describe('what comes after the release is counted as ever', () => {
  test.each([...WIRES])('of %s', async upstream => {
    const held = waiting('openai-responses', upstream, LIMITED)
    await held.say(...OPENING[upstream])
    await held.pass(HOLD_MS + EVERY_MS)
    await held.say(...FIRST[upstream], ...ENDING[upstream])
    await held.over()
    const prompt = waiting('openai-responses', upstream, LIMITED)
    await prompt.say(...OPENING[upstream], ...FIRST[upstream], ...ENDING[upstream])
    await prompt.over()
    const [after, before] = [await held.settled(), await prompt.settled()]
    expect(after.today).toEqual(before.today)
    expect(after.rows[0]?.output).toBe(before.rows[0]?.output ?? 0)
    expect(after.last?.status).toBe(200)
  })
})

describe('a client that goes away', () => {
  test.each([
    ['during the hold', HOLD_MS / 2],
    ['after the release', HOLD_MS + EVERY_MS],
  ])('%s ends the upstream’s request, and pays for what it asked', async (_, ms) => {
    for (const upstream of WIRES) {
      const client = waiting('openai-responses', upstream, LIMITED)
      await client.say(...OPENING[upstream])
      await client.pass(ms)
      client.leaving.abort()
      const { rows, last } = await client.settled()
      expect(client.gateway.received.map(({ signal }) => signal.aborted)).toEqual([true])
      expect(rows).toMatchObject([{ requests: 1, failures: 0, cancelled: 1 }])
      expect(last?.status).toBe(499)
    }
  })
})
