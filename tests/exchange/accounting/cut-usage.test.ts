import { describe, expect, test } from 'bun:test'
import type { JsonObject } from '../../../src/lib/json/json.ts'
import {
  PROMPT,
  PROTOCOLS,
  type Protocol,
  requests,
  STREAMS,
  WORDS,
} from '../../support/counted-streams.ts'
import { type LocalGateway, renewedGateway, type Upstream } from '../../support/local-gateway.ts'

/** 1 USD a million of input, 10 of output; two tokens a word. */
const price = '{ input: 1, output: 10, cache-read: 0.1 }'
const routes = `
version: 1
providers:
  chat: { kind: openai-compatible, base-url: "http://chat.test/v1", keys: [ k ], models: [ { name: x, price: ${price} } ] }
  claude: { kind: anthropic-compatible, base-url: "http://claude.test", keys: [ k ], models: [ { name: x, price: ${price} } ] }
  google: { kind: gemini, base-url: "http://google.test", keys: [ k ], models: [ { name: x, price: ${price} } ] }
  openai: { kind: openai-responses-compatible, base-url: "http://openai.test/v1", keys: [ k ], models: [ { name: x, price: ${price} } ] }
models: { openai-chat: chat/x, anthropic: claude/x, gemini: google/x, openai-responses: openai/x }
api-keys: [ { name: ann, key: key-of-ann, limits: { tokens-per-day: 1M, cost-per-day: 5 USD } } ]
policy: { request-retry: 0 }
`

/** Sends events one by one and then hangs, as upstreams do while a model thinks. */
function hanging(events: readonly string[]): Upstream {
  return ({ signal }) => {
    const encoder = new TextEncoder()
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const event of events) controller.enqueue(encoder.encode(event))
        const gone = new DOMException('The operation was aborted.', 'AbortError')
        signal.addEventListener('abort', () => controller.error(gone), { once: true })
      },
    })
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
  }
}

function ask(gateway: LocalGateway, client: Protocol, upstream: Protocol, more: RequestInit = {}) {
  const [path, json] = requests[client](upstream, true)
  return gateway.call(path, { json, headers: { authorization: 'Bearer key-of-ann' }, ...more })
}

/** Reads until the upstream has nothing more to say. */
async function readSome(response: Response, words: number): Promise<ReadableStreamDefaultReader> {
  const reader = (response.body as ReadableStream<Uint8Array>).getReader()
  const decoder = new TextDecoder()
  let text = ''
  while (words > 0 && !text.includes(`word${words - 1} `)) {
    const { done, value } = await reader.read()
    if (done) break
    text += typeof value === 'string' ? value : decoder.decode(value, { stream: true })
  }
  return reader
}

async function accounts(gateway: LocalGateway) {
  // What follows a hang-up happens in some turns of the loop.
  for (let turn = 0; turn < 20; turn++) await new Promise(resolve => setImmediate(resolve))
  const { background, ledger, quotas, recent } = gateway.services
  await background.settled()
  await ledger.flush()
  return {
    rows: gateway.usage.rows(0),
    today: quotas.today('ann'),
    last: recent.list()[0],
    logged: gateway.logged(),
  }
}

const PAIRS = PROTOCOLS.flatMap(client => PROTOCOLS.map(upstream => [client, upstream] as const))

describe.each(PAIRS)('%s client of %s', (client, upstream) => {
  const { events, early } = STREAMS[upstream]
  const wordsAt = (event: string): boolean => /word\d/.test(event) && !/completed/.test(event)
  const first = events.findIndex(wordsAt)
  const last = events.findLastIndex(wordsAt)

  test('that hangs up in the middle pays for what it got', async () => {
    const got = 20
    const gateway = renewedGateway(routes, hanging(events.slice(0, first + got)))
    const leaving = new AbortController()
    const response = await ask(gateway, client, upstream, { signal: leaving.signal })
    const reader = await readSome(response, got)
    leaving.abort()
    await reader.cancel().catch(() => {})
    const { rows, today, last, logged } = await accounts(gateway)
    const [row] = rows
    expect(rows).toHaveLength(1)
    expect(row).toMatchObject({ requests: 1, failures: 0, cancelled: 1, estimated: 1, unpriced: 0 })
    if (early) expect(row).toMatchObject(early)
    // Four words, fifty times, with what frames them.
    else expect(row?.fresh).toBeWithin(190, 260)
    expect(row?.output).toBeWithin(40, 81)
    expect(row?.usd).toBeGreaterThan(0)
    const { fresh = 0, cacheRead = 0, output = 0, usd = 0 } = row ?? {}
    expect(today.tokens).toBe(fresh + cacheRead + output)
    expect(today.usd).toBeCloseTo(usd, 12)
    expect(last).toMatchObject({ status: 499, estimated: true, usage: { fresh, output } })
    expect(last?.error).toStartWith('cancelled')
    expect(logged).toMatch(new RegExp(`cancelled id=.* output=${output} estimated=yes`))
  })

  test('that reads to the last event and closes pays for all of it, exactly', async () => {
    const gateway = renewedGateway(routes, hanging(events))
    const leaving = new AbortController()
    const response = await ask(gateway, client, upstream, { signal: leaving.signal })
    const reader = await readSome(response, WORDS.length)
    // The end may be a chunk of its own, and the stream stays open where the protocol has none.
    let ended = false
    while (!ended && !/gemini/.test(upstream)) {
      const { done, value } = await Promise.race([
        reader.read(),
        new Promise<{ done: true; value: undefined }>(resolve =>
          setTimeout(() => resolve({ done: true, value: undefined }), 20),
        ),
      ])
      ended = done || /DONE|message_stop|response.completed|finishReason/.test(String(value))
    }
    leaving.abort()
    await reader.cancel().catch(() => {})
    const { rows, today, last } = await accounts(gateway)
    const input = early?.cacheRead ? { fresh: 21, cacheRead: 300 } : { fresh: 321, cacheRead: 0 }
    expect(rows).toMatchObject([
      { requests: 1, failures: 0, cancelled: 0, estimated: 0, output: 123, ...input },
    ])
    expect(today.tokens).toBe(444)
    expect(last?.status).toBe(200)
    expect(last).not.toHaveProperty('estimated')
  })

  test('that hangs up at any event is counted once, and nothing stays reserved', async () => {
    for (let length = 0; length <= events.length; length++) {
      const gateway = renewedGateway(routes, hanging(events.slice(0, length)))
      const leaving = new AbortController()
      const asked = ask(gateway, client, upstream, { signal: leaving.signal })
      const words = events.slice(0, length).filter(wordsAt).length
      if (words > 0) {
        const reader = await readSome(await asked, words)
        leaving.abort()
        await reader.cancel().catch(() => {})
      } else {
        for (let turn = 0; turn < 10; turn++) await new Promise(resolve => setImmediate(resolve))
        leaving.abort()
        await (await asked).text()
      }
      const { rows, today } = await accounts(gateway)
      const [row] = rows
      expect(rows).toHaveLength(1)
      expect(row).toMatchObject({ requests: 1, failures: 0 })
      const { fresh = 0, cacheRead = 0, output = 0 } = row ?? {}
      expect(fresh + cacheRead).toBeWithin(190, 330)
      expect(today.tokens).toBe(fresh + cacheRead + output)
    }
  }, 60_000)

  test('of an upstream that says no usage is charged an estimate', async () => {
    const silent = events.map(event =>
      event.replace(/,?"(usage|usageMetadata)":\{[^}]*\}/g, '').replace(/"total_tokens":\d+\}/, ''),
    )
    const gateway = renewedGateway(routes, () => closing(silent))
    await (await ask(gateway, client, upstream)).text()
    const { rows, last, logged } = await accounts(gateway)
    expect(rows).toMatchObject([{ requests: 1, failures: 0, cancelled: 0, estimated: 1 }])
    expect(rows[0]?.fresh).toBeWithin(190, 260)
    expect(rows[0]?.output).toBeWithin(70, 170)
    expect(rows[0]?.usd).toBeGreaterThan(0)
    expect(last).toMatchObject({ status: 200, estimated: true })
    expect(logged).toMatch(/served id=.* estimated=yes/)
  })

  test('of an upstream that breaks off is charged for what came', async () => {
    const gateway = renewedGateway(routes, () => closing(events.slice(0, last)))
    await (await ask(gateway, client, upstream)).text()
    const { rows, today } = await accounts(gateway)
    expect(rows).toMatchObject([{ requests: 1, failures: 1, cancelled: 0, estimated: 1 }])
    expect(rows[0]?.output).toBeWithin(70, 170)
    expect(rows[0]?.usd).toBeGreaterThan(0)
    expect(today.tokens).toBeGreaterThan(250)
  })
})

describe.each([...PROTOCOLS])('a long stream of %s that passes through undecoded', protocol => {
  const { events } = STREAMS[protocol]
  const isWord = (event: string): boolean => /word\d/.test(event) && !/completed/.test(event)
  const [word = ''] = events.filter(isWord)
  const before = events.findIndex(isWord)

  test.each([
    ['by its client', hanging],
    [
      'by its upstream',
      (some: readonly string[]): Upstream =>
        () =>
          closing(some),
    ],
  ])('and is cut %s: its output is estimated from both ends', async (_, upstream) => {
    // Thirteen characters a word; the last ones are all that is kept.
    const many = Array.from({ length: 4_000 }, (_, at) =>
      word.replace('word0 ', `sentence ${1_000 + (at % 8_000)}`),
    )
    const gateway = renewedGateway(
      routes,
      upstream([...events.slice(0, before), ...many, ...(upstream === hanging ? [word] : [])]),
    )
    const leaving = new AbortController()
    const response = await ask(gateway, protocol, protocol, { signal: leaving.signal })
    if (upstream === hanging) {
      const reader = await readSome(response, 1)
      leaving.abort()
      await reader.cancel().catch(() => {})
    } else await response.text()
    const { rows } = await accounts(gateway)
    // Four tokens a word.
    expect(rows[0]?.output).toBeWithin(0.7 * 16_000, 1.4 * 16_000)
    expect(rows[0]?.estimated).toBe(1)
  })
})

function closing(events: readonly string[]): Response {
  return new Response(events.join(''), { headers: { 'content-type': 'text/event-stream' } })
}

const WHOLE: Record<Protocol, JsonObject> = {
  'openai-chat': {
    id: 'c',
    model: 'x',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: WORDS.join('') },
        finish_reason: 'stop',
      },
    ],
  },
  anthropic: {
    id: 'm',
    type: 'message',
    role: 'assistant',
    model: 'x',
    content: [{ type: 'text', text: WORDS.join('') }],
    stop_reason: 'end_turn',
  },
  gemini: {
    modelVersion: 'x',
    candidates: [
      {
        index: 0,
        content: { role: 'model', parts: [{ text: WORDS.join('') }] },
        finishReason: 'STOP',
      },
    ],
  },
  'openai-responses': {
    id: 'resp_1',
    object: 'response',
    model: 'x',
    status: 'completed',
    output: [
      {
        type: 'message',
        id: 'msg_1',
        role: 'assistant',
        content: [{ type: 'output_text', text: WORDS.join('') }],
      },
    ],
  },
}

describe.each(PAIRS)('without a stream, %s client of %s', (client, upstream) => {
  const [path, json] = requests[client](upstream, false)
  const headers = { authorization: 'Bearer key-of-ann' }

  test('a reply without usage is charged an estimate', async () => {
    const gateway = renewedGateway(routes, () => Response.json(WHOLE[upstream]))
    expect((await gateway.call(path, { json, headers })).status).toBe(200)
    const { rows, today } = await accounts(gateway)
    expect(rows).toMatchObject([{ requests: 1, failures: 0, cancelled: 0, estimated: 1 }])
    expect(rows[0]?.fresh).toBeWithin(190, 260)
    expect(rows[0]?.output).toBeWithin(70, 170)
    expect(today.tokens).toBe((rows[0]?.fresh ?? 0) + (rows[0]?.output ?? 0))
  })

  test('a client that does not wait for it pays for what it asked', async () => {
    const gateway = renewedGateway(routes, () => new Promise<Response>(() => {}))
    const leaving = new AbortController()
    const asked = gateway.call(path, { json, headers, signal: leaving.signal })
    for (let turn = 0; turn < 10; turn++) await new Promise(resolve => setImmediate(resolve))
    leaving.abort()
    await (await asked).text()
    const { rows, today, last } = await accounts(gateway)
    expect(rows).toMatchObject([
      { requests: 1, failures: 0, cancelled: 1, estimated: 1, output: 0 },
    ])
    expect(rows[0]?.fresh).toBeWithin(190, 260)
    expect(today.tokens).toBe(rows[0]?.fresh ?? 0)
    expect(last).toMatchObject({ status: 499, estimated: true })
  })
})

describe('what is relayed', () => {
  const headers = { authorization: 'Bearer key-of-ann' }
  const relay = async (path: string, json: JsonObject, reply: JsonObject) => {
    const gateway = renewedGateway(
      routes.replace('cost-per-day: 5 USD', 'cost-per-day: 5 USD, unknown-price: allow'),
      () => Response.json(reply),
    )
    expect((await gateway.call(path, { json, headers })).status).toBe(200)
    return accounts(gateway)
  }

  test('embeddings are a matter of their text, said or not', async () => {
    const json = { model: 'openai-chat', input: PROMPT }
    const told = { data: [], usage: { prompt_tokens: 202, total_tokens: 202 } }
    const { rows, today } = await relay('/v1/embeddings', json, told)
    expect(rows).toMatchObject([{ fresh: 202, output: 0, estimated: 0, unpriced: 0 }])
    expect(today.tokens).toBe(202)
    const silent = await relay('/v1/embeddings', json, { data: [] })
    expect(silent.rows).toMatchObject([{ output: 0, estimated: 1, unpriced: 0 }])
    expect(silent.rows[0]?.fresh).toBeWithin(190, 270)
  })

  test('a picture is paid for by the picture: its price is unknown, not that of its text', async () => {
    const json = { model: 'openai-chat', prompt: PROMPT }
    const { rows, today } = await relay('/v1/images/generations', json, { data: [] })
    expect(rows).toMatchObject([{ requests: 1, fresh: 0, estimated: 0, unpriced: 1 }])
    expect(today).toEqual({ tokens: 0, usd: 0 })
  })

  test('a sound that its client does not hear to the end gives back what it reserved', async () => {
    const sound: Upstream = ({ signal }) => {
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          controller.enqueue(new Uint8Array(100))
          signal.addEventListener('abort', () => controller.error(new Error('gone')))
        },
      })
      return new Response(body, { headers: { 'content-type': 'audio/mpeg' } })
    }
    for (const reads of [true, false]) {
      const gateway = renewedGateway(
        routes.replace('cost-per-day: 5 USD', 'cost-per-day: 5 USD, unknown-price: allow'),
        sound,
      )
      const leaving = new AbortController()
      const json = { model: 'openai-chat', input: PROMPT, voice: 'x' }
      const signal = leaving.signal
      const response = await gateway.call('/v1/audio/speech', { json, headers, signal })
      expect(gateway.services.quotas.today('ann').tokens).toBeGreaterThan(0)
      const reader = reads ? (response.body as ReadableStream<Uint8Array>).getReader() : undefined
      await reader?.read()
      leaving.abort()
      await reader?.cancel().catch(() => {})
      const { rows, today, last } = await accounts(gateway)
      expect(rows).toMatchObject([{ requests: 1, cancelled: 1, failures: 0, fresh: 0 }])
      expect(today).toEqual({ tokens: 0, usd: 0 })
      expect(last?.status).toBe(499)
    }
  })
})

test.each(PAIRS)(
  'a %s client of %s that is gone when the answer comes leaves nothing behind',
  async (client, upstream) => {
    const { events } = STREAMS[upstream]
    const leaving = new AbortController()
    const gateway = renewedGateway(routes, received => {
      setImmediate(() => leaving.abort())
      return hanging(events)(received)
    })
    const watches = new Set<unknown>()
    const { watchdog } = gateway.services
    gateway.services.watchdog = {
      add(watch) {
        watches.add(watch)
        watchdog.add(watch)
      },
      remove(watch) {
        watches.delete(watch)
        watchdog.remove(watch)
      },
    }
    const response = await ask(gateway, client, upstream, { signal: leaving.signal })
    const { rows } = await accounts(gateway)
    // No reader is left, so the body's generator never starts.
    expect(response.bodyUsed).toBe(false)
    expect(rows).toMatchObject([{ requests: 1, failures: 0 }])
    expect(watches.size).toBe(0)
  },
)

test('clients that hang up all at once are estimated one a turn, and the many by length', async () => {
  const gateway = renewedGateway(routes, () => new Promise<Response>(() => {}))
  const leaving = new AbortController()
  const asked = Array.from({ length: 150 }, () =>
    ask(gateway, 'openai-chat', 'openai-chat', { signal: leaving.signal }),
  )
  await Promise.all(Array.from({ length: 20 }, () => new Promise(resolve => setImmediate(resolve))))
  leaving.abort()
  for (const response of await Promise.all(asked)) await response.text()
  const { rows } = await accounts(gateway)
  expect(rows).toMatchObject([{ requests: 150, cancelled: 150, estimated: 150 }])
  expect(rows[0]?.fresh).toBeWithin(150 * 180, 150 * 330)
})
