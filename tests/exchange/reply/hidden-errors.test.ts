import { describe, expect, test } from 'bun:test'
import type { ErrorCode } from '../../../src/lib/errors.ts'
import type { JsonObject } from '../../../src/lib/json/json.ts'
import { fed, turn, turns } from '../../support/fed-stream.ts'
import {
  type LocalGateway,
  type Received,
  renewedGateway,
  streamOf,
} from '../../support/local-gateway.ts'
import type { Wire } from '../../support/read-reply.ts'
import { CALL, ENDING, FIRST, OPENING, SERVED, WHOLE, WORDS } from '../../support/replies.ts'
import { corpus, type Recorded, sharedMissing } from '../../support/shared.ts'
import { pathOf, question, seenIn, WIRES } from '../../support/wires.ts'

const KINDS: Record<Wire, string> = {
  anthropic: 'anthropic-compatible',
  'openai-chat': 'openai-compatible',
  'openai-responses': 'openai-responses-compatible',
  gemini: 'gemini',
}

/** The first key always goes first; `policy` is added to. */
const routes = (wire: Wire, policy = ''): string => `
version: 1
providers:
  up:
    kind: ${KINDS[wire]}
    base-url: "http://up.test"
    keys: [ { name: first, key: first }, { name: second, key: second } ]
    timeout: { first-byte: 5s, idle: 30s }
models: { ${SERVED}: up/${SERVED} }
policy: { request-retry: 0, strategy: fill-first${policy} }
logging: { level: error }
`

/** Whose protocol the client speaks: the upstream's, or another. */
const OTHER: Record<Wire, Wire> = {
  anthropic: 'openai-chat',
  'openai-chat': 'anthropic',
  'openai-responses': 'anthropic',
  gemini: 'openai-responses',
}

function keyOf({ headers }: Received): string {
  const key = headers.get('x-api-key') ?? headers.get('x-goog-api-key')
  return key ?? headers.get('authorization')?.slice('Bearer '.length) ?? ''
}

const asked = (gateway: LocalGateway): string[] => gateway.received.map(keyOf)

function ask(gateway: LocalGateway, client: Wire, stream: boolean): Promise<Response> {
  return gateway.call(pathOf(client, SERVED, stream), { json: question(client, SERVED, stream) })
}

const good = (wire: Wire, stream: boolean): Response =>
  stream
    ? streamOf([...OPENING[wire], ...FIRST[wire], ...ENDING[wire]])
    : Response.json(WHOLE[wire])

/** The first key gets the reply under test, the second a good one. */
function gatewayOver(wire: Wire, stream: boolean, reply: () => Response | Promise<Response>) {
  return renewedGateway(routes(wire), received =>
    keyOf(received) === 'first' ? reply() : good(wire, stream),
  )
}

/** How each protocol says what went wrong, as far as its upstreams have been seen to. */
type Fault = { says: string; error: JsonObject; code: ErrorCode; restMs?: number }
const TOLD_MS = 7_000
const REST_MS = 60_000
const FAULTS: Record<Wire, Fault[]> = {
  anthropic: [
    {
      says: 'overloaded_error',
      error: { type: 'overloaded_error', message: 'hidden: Overloaded' },
      code: 'overloaded',
    },
    {
      says: 'api_error, overloaded in words',
      error: { type: 'api_error', message: 'hidden: Overloaded' },
      code: 'overloaded',
    },
    {
      says: 'rate_limit_error',
      error: { type: 'rate_limit_error', message: 'hidden: too many' },
      code: 'rate-limited',
      restMs: 1_000,
    },
    {
      says: 'api_error',
      error: { type: 'api_error', message: 'hidden: Internal server error' },
      code: 'upstream-failed',
    },
    {
      says: 'a code of digits',
      error: { code: '1302', message: 'hidden: Rate limit reached for requests' },
      code: 'rate-limited',
      restMs: 1_000,
    },
    {
      says: 'authentication_error',
      error: { type: 'authentication_error', message: 'hidden: no' },
      code: 'upstream-auth',
      restMs: 1_800_000,
    },
    {
      says: 'invalid_request_error',
      error: { type: 'invalid_request_error', message: 'hidden: tools.0: bad schema' },
      code: 'invalid-request',
    },
    {
      says: 'a prompt that is too long',
      error: { type: 'invalid_request_error', message: 'hidden: prompt is too long: 9 > 8' },
      code: 'context-exceeded',
    },
  ],
  'openai-chat': [
    { says: '429', error: { code: 429, message: 'hidden' }, code: 'rate-limited', restMs: 1_000 },
    {
      says: '429 in digits, and when to come back',
      error: { code: '429', message: 'hidden. Please try again in 7s.' },
      code: 'rate-limited',
      restMs: TOLD_MS,
    },
    {
      says: 'rate_limit_exceeded',
      error: { type: 'tokens', code: 'rate_limit_exceeded', message: 'hidden' },
      code: 'rate-limited',
      restMs: 1_000,
    },
    { says: '503', error: { code: 503, message: 'hidden' }, code: 'overloaded' },
    {
      says: 'engine_overloaded_error',
      error: { type: 'engine_overloaded_error', message: 'hidden' },
      code: 'overloaded',
    },
    { says: '502', error: { code: 502, message: 'hidden' }, code: 'upstream-failed' },
    {
      says: 'server_error',
      error: { code: 'server_error', message: 'hidden: Provider disconnected' },
      code: 'upstream-failed',
    },
    {
      says: 'insufficient_quota',
      error: { type: 'insufficient_quota', code: null, message: 'hidden' },
      code: 'quota-exhausted',
      restMs: 1_000,
    },
    {
      says: 'a 429 of type invalid_request_error',
      error: { code: 429, type: 'invalid_request_error', message: 'hidden' },
      code: 'rate-limited',
      restMs: 1_000,
    },
    {
      says: 'BadRequestError',
      error: { type: 'BadRequestError', code: 400, message: 'hidden: bad schema' },
      code: 'invalid-request',
    },
    {
      says: 'context_length_exceeded',
      error: { code: 'context_length_exceeded', message: 'hidden' },
      code: 'context-exceeded',
    },
    {
      says: 'a context in words',
      error: { code: 400, message: "hidden: this endpoint's maximum context length is 8" },
      code: 'context-exceeded',
    },
  ],
  'openai-responses': [
    {
      says: 'rate_limit_exceeded, and when to come back',
      error: { code: 'rate_limit_exceeded', message: 'hidden. Please try again in 7.0s.' },
      code: 'rate-limited',
      restMs: TOLD_MS,
    },
    {
      says: 'usage_limit_reached',
      error: { type: 'usage_limit_reached', message: 'hidden', resets_in_seconds: 7 },
      code: 'rate-limited',
      restMs: TOLD_MS,
    },
    {
      says: 'server_is_overloaded',
      error: { code: 'server_is_overloaded', message: 'hidden' },
      code: 'overloaded',
    },
    {
      says: 'server_error',
      error: { code: 'server_error', message: 'hidden: an error while processing' },
      code: 'upstream-failed',
    },
    {
      says: 'invalid_prompt',
      error: { code: 'invalid_prompt', message: 'hidden' },
      code: 'invalid-request',
    },
    {
      says: 'invalid_image_url',
      error: { code: 'invalid_image_url', message: 'hidden' },
      code: 'invalid-request',
    },
    {
      says: 'context_length_exceeded',
      error: { code: 'context_length_exceeded', message: 'hidden' },
      code: 'context-exceeded',
    },
  ],
  gemini: [
    {
      says: 'RESOURCE_EXHAUSTED, and when to come back',
      error: {
        code: 429,
        status: 'RESOURCE_EXHAUSTED',
        message: 'hidden',
        details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '7s' }],
      },
      code: 'rate-limited',
      restMs: TOLD_MS,
    },
    {
      says: 'a quota per day',
      error: {
        code: 429,
        status: 'RESOURCE_EXHAUSTED',
        message: 'hidden',
        details: [{ violations: [{ quotaId: 'GenerateRequestsPerDayPerProject' }] }],
      },
      code: 'quota-exhausted',
      restMs: 1_000,
    },
    {
      says: 'UNAVAILABLE',
      error: { code: 503, status: 'UNAVAILABLE', message: 'hidden: The model is overloaded' },
      code: 'overloaded',
    },
    {
      says: 'UNAVAILABLE without a code',
      error: { status: 'UNAVAILABLE', message: 'hidden' },
      code: 'overloaded',
    },
    {
      says: 'INTERNAL',
      error: { code: 500, status: 'INTERNAL', message: 'hidden' },
      code: 'upstream-failed',
    },
    {
      says: 'a wrong key',
      error: {
        code: 400,
        status: 'INVALID_ARGUMENT',
        message: 'hidden',
        details: [{ reason: 'API_KEY_INVALID' }],
      },
      code: 'upstream-auth',
      restMs: 1_800_000,
    },
    {
      says: 'INVALID_ARGUMENT',
      error: { code: 400, status: 'INVALID_ARGUMENT', message: 'hidden: bad schema' },
      code: 'invalid-request',
    },
    {
      says: 'a full context',
      error: {
        code: 400,
        status: 'INVALID_ARGUMENT',
        message: 'hidden: The input token count exceeds the maximum number of tokens allowed',
      },
      code: 'context-exceeded',
    },
  ],
}

const sse = (event: JsonObject, name = ''): string =>
  `${name === '' ? '' : `event: ${name}\n`}data: ${JSON.stringify(event)}\n\n`

/** The ways in which a stream of a protocol tells an error. */
const IN_STREAM: Record<Wire, Record<string, (error: JsonObject) => string[]>> = {
  anthropic: {
    'event: error': error => [sse({ type: 'error', error }, 'error')],
    'an event that only its name tells': error => [sse({ error }, 'error')],
  },
  'openai-chat': {
    error: error => [sse({ error }), 'data: [DONE]\n\n'],
    'error beside a choice': error => [
      sse({
        id: 'c',
        model: SERVED,
        error,
        choices: [{ index: 0, delta: { content: '' }, finish_reason: 'error' }],
      }),
    ],
    'error in a choice': error => [
      sse({
        id: 'c',
        model: SERVED,
        choices: [{ index: 0, delta: { content: '' }, finish_reason: 'error', error }],
      }),
    ],
  },
  'openai-responses': {
    'response.failed': error => [
      sse(
        { type: 'response.failed', response: { id: 'r', status: 'failed', error, output: [] } },
        'response.failed',
      ),
    ],
    error: error => [sse({ type: 'error', sequence_number: 2, error }, 'error')],
    'error with flat members': error => [
      sse({ sequence_number: 2, ...error, type: 'error' }, 'error'),
    ],
    'a bare error': error => [sse({ error })],
    'response.failed behind an untold thought': error => [
      sse({
        type: 'response.output_item.added',
        output_index: 1,
        item: { id: 'rs_1', type: 'reasoning', summary: [] },
      }),
      sse({ type: 'response.failed', response: { id: 'r', status: 'failed', error } }),
    ],
  },
  gemini: { error: error => [sse({ error })] },
}

/** The first of these ways. */
function toldInStream(wire: Wire, error: JsonObject): string[] {
  return Object.values(IN_STREAM[wire])[0]?.(error) ?? []
}

/** The ways in which a whole reply of a protocol tells an error. */
const IN_BODY: Record<Wire, Record<string, (error: JsonObject) => JsonObject | JsonObject[]>> = {
  anthropic: {
    'type: error': error => ({ type: 'error', error }),
    'a bare error': error => ({ error }),
  },
  'openai-chat': {
    error: error => ({ error }),
    'error in a choice': error => ({
      id: 'c',
      choices: [{ index: 0, message: { content: '' }, finish_reason: 'error', error }],
    }),
  },
  'openai-responses': {
    error: error => ({ error }),
    'a failed response': error => ({
      id: 'r',
      object: 'response',
      status: 'failed',
      error,
      output: [],
    }),
  },
  gemini: { error: error => ({ error }), 'a list': error => [{ error }] },
}

/** Every place for an error in a reply with status 200, with or without a stream asked for. */
function* shapes(wire: Wire): Iterable<[string, boolean, (error: JsonObject) => Response]> {
  for (const [name, tell] of Object.entries(IN_STREAM[wire])) {
    yield [`stream, ${name} first`, true, error => streamOf(tell(error))]
    yield [
      `stream, ${name} behind an opening`,
      true,
      error => streamOf([...OPENING[wire], ...tell(error)]),
    ]
    yield [
      `a stream in the place of a body, ${name}`,
      false,
      error => streamOf([...OPENING[wire], ...tell(error)]),
    ]
    yield [
      `a stream that does not say it is one, ${name}`,
      false,
      error =>
        new Response([...OPENING[wire], ...tell(error)].join(''), {
          headers: { 'content-type': 'application/json' },
        }),
    ]
  }
  for (const [name, tell] of Object.entries(IN_BODY[wire])) {
    yield [`body, ${name}`, false, error => Response.json(tell(error))]
    yield [`a body in the place of a stream, ${name}`, true, error => Response.json(tell(error))]
    yield [
      `a body that says it is a stream, ${name}`,
      true,
      error => streamOf([JSON.stringify(tell(error))]),
    ]
  }
}

const OWN_FAULT: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'invalid-request',
  'context-exceeded',
])

/** What the client and the credentials see of a fault. */
async function check(
  wire: Wire,
  client: Wire,
  stream: boolean,
  fault: Fault,
  reply: () => Response,
) {
  const { code, restMs = REST_MS } = fault
  const gateway = gatewayOver(wire, stream, reply)
  const response = await ask(gateway, client, stream)
  const seen = await seenIn(client, response)
  if (OWN_FAULT.has(code)) {
    expect(asked(gateway)).toEqual(['first'])
    expect(gateway.services.pool.states()).toEqual([])
    expect(response.status).toBe(400)
    expect(seen.error).toContain('hidden')
    return
  }
  expect(asked(gateway)).toEqual(['first', 'second'])
  expect(response.status).toBe(200)
  expect(seen).toMatchObject({ text: WORDS, stop: 'end' })
  expect(seen.error).toBeUndefined()
  const untilMs = gateway.services.now() + restMs
  // A wrong key is wrong for every model.
  const model = code === 'upstream-auth' ? '*' : SERVED
  expect(gateway.services.pool.states()).toMatchObject([{ id: 'up/first', model, code, untilMs }])
}

describe('an error told with status 200 is treated as its class', () => {
  for (const wire of WIRES) {
    test.each(FAULTS[wire])(`${wire}, in a stream: $says`, fault =>
      check(wire, wire, true, fault, () =>
        streamOf([...OPENING[wire], ...toldInStream(wire, fault.error)]),
      ),
    )
    const tell = Object.values(IN_BODY[wire])[0]
    test.each(FAULTS[wire])(`${wire}, in a body: $says`, fault =>
      check(wire, wire, false, fault, () => Response.json(tell?.(fault.error))),
    )
  }
})

describe('wherever it is told', () => {
  for (const wire of WIRES) {
    const passing = FAULTS[wire].find(({ code }) => code === 'overloaded')
    const own = FAULTS[wire].find(({ code }) => code === 'invalid-request')
    for (const [shape, stream, reply] of shapes(wire)) {
      for (const client of [wire, OTHER[wire]]) {
        test.each([passing, own])(`${wire} to ${client}: ${shape}: $says`, async fault => {
          if (!fault) throw new Error('no such fault in the table')
          // In the flat form `type` is the event's.
          const { type, ...rest } = fault.error
          const flat = shape.includes('flat') && type !== undefined
          await check(wire, client, stream, fault, () =>
            reply(flat ? { ...rest, code: type } : fault.error),
          )
        })
      }
    }
  }
})

describe('a reply with status 200 that is none is the upstream’s failure', () => {
  const html = { 'content-type': 'text/html; charset=UTF-8' }
  const page =
    '<!DOCTYPE html><html><head><title>Just a moment...</title></head><body><script src="/cdn-cgi/challenge-platform/x.js"></script>Checking your browser</body></html>'
  const shape = (wire: Wire): [string, () => Response][] => [
    ['a block page', () => new Response(page, { headers: html })],
    ['a block page that says it is a stream', () => streamOf([page])],
    ['nothing', () => new Response('', { headers: { 'content-type': 'application/json' } })],
    ['nothing at all', () => new Response(null)],
    ['an empty stream', () => streamOf([])],
    ['only comments', () => streamOf([': PROCESSING\n\n', ': PROCESSING\n\n'])],
    ['only an opening', () => streamOf(OPENING[wire])],
    ['words', () => new Response('upstream connect error or disconnect/reset before headers')],
    [
      'JSON of another kind',
      () => Response.json({ code: 500, msg: '404 NOT_FOUND', success: false }),
    ],
    ['an empty object', () => Response.json({})],
    ['a list', () => Response.json([])],
    ['a redirection', () => new Response(null, { status: 302, headers: { location: '/login' } })],
  ]
  for (const wire of WIRES) {
    for (const client of [wire, OTHER[wire]]) {
      for (const stream of [true, false]) {
        test.each(shape(wire))(
          `${wire} to ${client}, ${stream ? 'stream' : 'body'}: %s`,
          async (_, reply) => {
            const gateway = gatewayOver(wire, stream, reply)
            const response = await ask(gateway, client, stream)
            expect(response.status).toBe(200)
            expect(await seenIn(client, response)).toMatchObject({ text: WORDS })
            expect(asked(gateway)).toEqual(['first', 'second'])
            expect(gateway.services.pool.states()).toMatchObject([
              {
                id: 'up/first',
                code: 'upstream-failed',
                untilMs: gateway.services.now() + REST_MS,
              },
            ])
          },
        )
      }
    }
  }

  test('and the client gets it when no target has a better answer', async () => {
    const gateway = renewedGateway(routes('anthropic'), () => new Response(page, { headers: html }))
    const response = await ask(gateway, 'anthropic', false)
    expect(response.status).toBe(502)
    expect(await response.json()).toEqual({
      type: 'error',
      error: {
        type: 'api_error',
        message:
          'up/served: it sent a web page instead of a reply: Just a moment... Checking your browser',
      },
    })
  })
})

describe('what is told about waiting counts', () => {
  const rated = { type: 'error', error: { type: 'rate_limit_error', message: 'hidden' } }
  const headers = { 'retry-after': '7', 'content-type': 'text/event-stream' }

  test.each([
    ['in a stream', true, () => new Response(sse(rated, 'error'), { headers })],
    ['in a body', false, () => Response.json(rated, { headers: { 'retry-after': '7' } })],
  ])('a Retry-After beside an error %s', async (_, stream, reply) => {
    const gateway = renewedGateway(routes('anthropic'), () => reply())
    const response = await ask(gateway, 'anthropic', stream)
    expect(asked(gateway)).toEqual(['first', 'second'])
    expect(response.status).toBe(429)
    expect(response.headers.get('retry-after')).toBe('7')
    expect(await response.json()).toEqual(rated)
    for (const { untilMs } of gateway.services.pool.states())
      expect(untilMs).toBe(gateway.services.now() + TOLD_MS)
  })

  test('a subscription’s window cools down the whole credential', async () => {
    const window = {
      'content-type': 'text/event-stream',
      'anthropic-ratelimit-unified-5h-status': 'rejected',
      'anthropic-ratelimit-unified-5h-reset': String(Math.ceil(Date.now() / 1000) + 3_000),
    }
    const subscribed = routes('anthropic').replace('anthropic-compatible', 'anthropic')
    const gateway = renewedGateway(subscribed, received =>
      keyOf(received) === 'first'
        ? new Response(OPENING.anthropic.join('') + sse(rated, 'error'), { headers: window })
        : good('anthropic', true),
    )
    expect((await ask(gateway, 'anthropic', true)).status).toBe(200)
    expect(gateway.services.pool.states()).toMatchObject([
      { id: 'up/first', model: '*', code: 'rate-limited' },
    ])
  })

  test('an error behind the first words, too', async () => {
    const gateway = gatewayOver(
      'anthropic',
      true,
      () =>
        new Response([...OPENING.anthropic, ...FIRST.anthropic, sse(rated, 'error')].join(''), {
          headers,
        }),
    )
    const seen = await seenIn('anthropic', await ask(gateway, 'anthropic', true))
    expect(seen).toMatchObject({ text: WORDS, error: 'hidden' })
    expect(asked(gateway)).toEqual(['first'])
    expect(gateway.services.pool.states()).toMatchObject([
      { code: 'rate-limited', untilMs: gateway.services.now() + TOLD_MS },
    ])
  })
})

describe('the beginning of a stream is held until there is something in it', () => {
  describe.each([...WIRES])('%s', wire => {
    test('passed: the head goes down with the first words, byte for byte', async () => {
      const upstream = fed()
      const gateway = renewedGateway(routes(wire), () => upstream.reply)
      let answered = false
      const asking = ask(gateway, wire, true).then(response => {
        answered = true
        return response
      })
      upstream.say(OPENING[wire])
      while (gateway.received.length === 0) await turn()
      await turns()
      expect(answered).toBe(false)
      upstream.say(FIRST[wire])
      const reader = (await asking).body!.pipeThrough(new TextDecoderStream()).getReader()
      const head = [...OPENING[wire], ...FIRST[wire]].join('')
      let text = ''
      // The upstream says no more until all of it has come.
      while (text.length < head.length) text += (await reader.read()).value ?? ''
      expect(text).toBe(head)
      upstream.say(ENDING[wire])
      upstream.end()
      for (let read = await reader.read(); !read.done; read = await reader.read())
        text += read.value
      expect(text).toBe([...OPENING[wire], ...FIRST[wire], ...ENDING[wire]].join(''))
    })

    test('translated: the first words go down while the upstream thinks about the next', async () => {
      const upstream = fed()
      const gateway = renewedGateway(routes(wire), () => upstream.reply)
      const asking = ask(gateway, OTHER[wire], true)
      upstream.say([...OPENING[wire], ...FIRST[wire]])
      const reader = (await asking).body!.pipeThrough(new TextDecoderStream()).getReader()
      let text = ''
      while (!text.includes(WORDS)) text += (await reader.read()).value ?? ''
      upstream.end()
    })

    test('kept warm meanwhile, with failover behind it', async () => {
      const upstream = fed()
      const gateway = gatewayOver(wire, true, () => upstream.reply)
      const asking = ask(gateway, wire, true)
      upstream.say(OPENING[wire])
      while (gateway.received.length === 0) await turn()
      await turns()
      const overloaded = FAULTS[wire].find(({ code }) => code === 'overloaded')
      // Longer than the keep-alive's interval, shorter than what may pass between two words.
      gateway.advance(4_000)
      gateway.advance(12_000)
      const reader = (await asking).body!.pipeThrough(new TextDecoderStream()).getReader()
      const warm = (await reader.read()).value ?? ''
      expect(warm).toMatch(/^(: keep-alive|event: ping|\n$)/)
      upstream.say(toldInStream(wire, overloaded?.error ?? {}))
      let rest = ''
      for (let read = await reader.read(); !read.done; read = await reader.read())
        rest += read.value
      expect(rest).toBe([...OPENING[wire], ...FIRST[wire], ...ENDING[wire]].join(''))
      expect(asked(gateway)).toEqual(['first', 'second'])
      expect(gateway.services.pool.states()).toMatchObject([{ id: 'up/first', code: 'overloaded' }])
    })

    test('a call’s name is something: an error behind it is the client’s to see', async () => {
      const error = FAULTS[wire][0]?.error ?? {}
      const gateway = gatewayOver(wire, true, () =>
        streamOf([...OPENING[wire], ...CALL[wire], ...toldInStream(wire, error)]),
      )
      const seen = await seenIn(wire, await ask(gateway, wire, true))
      expect(seen.error).toContain('hidden')
      expect(asked(gateway)).toEqual(['first'])
    })
  })

  test('an upstream at work may be silent as long as between two words', async () => {
    const upstream = fed()
    const gateway = gatewayOver('anthropic', true, () => upstream.reply)
    const asking = ask(gateway, 'anthropic', true)
    upstream.say(OPENING.anthropic)
    while (gateway.received.length === 0) await turn()
    await turns()
    // first-byte is 5 s, idle 30 s.
    gateway.advance(14_000)
    expect(gateway.received[0]?.signal.aborted).toBe(false)
    upstream.say([...FIRST.anthropic, ...ENDING.anthropic])
    upstream.end()
    expect(await seenIn('anthropic', await asking)).toMatchObject({ text: WORDS })
    expect(asked(gateway)).toEqual(['first'])
  })

  test('a completion that ends in an error without saying which', async () => {
    const gateway = gatewayOver('openai-chat', true, () =>
      streamOf([
        ...OPENING['openai-chat'],
        sse({ id: 'c', choices: [{ index: 0, delta: {}, finish_reason: 'error' }] }),
        'data: [DONE]\n\n',
      ]),
    )
    expect(await seenIn('openai-chat', await ask(gateway, 'openai-chat', true))).toMatchObject({
      text: WORDS,
    })
    expect(gateway.services.pool.states()).toMatchObject([{ code: 'upstream-failed' }])
  })
})

test('a reply that speaks of errors is a reply', async () => {
  const speaking: JsonObject = {
    ...WHOLE['openai-chat'],
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: '{"error": "error"}', refusal: null },
        finish_reason: 'stop',
      },
    ],
    error: null,
  }
  const gateway = renewedGateway(routes('openai-chat'), () => Response.json(speaking))
  const response = await ask(gateway, 'openai-chat', false)
  expect(await response.text()).toBe(JSON.stringify(speaking))
  expect(asked(gateway)).toEqual(['first'])
})

describe('beside conversations', () => {
  const relay = `${routes('openai-chat')}`
  test.each([
    ['an error', () => Response.json({ error: { message: 'slow', code: 429 } }), 'rate-limited'],
    [
      'a page',
      () => new Response('<html>no</html>', { headers: { 'content-type': 'text/html' } }),
      'upstream-failed',
    ],
  ])('an embedding: %s fails over', async (_, reply, code) => {
    const gateway = renewedGateway(relay, received =>
      keyOf(received) === 'first' ? reply() : Response.json({ data: [] }),
    )
    const json = { model: SERVED, input: 'x' }
    const response = await gateway.call('/v1/embeddings', { json })
    expect(await response.json()).toEqual({ data: [] })
    expect(gateway.services.pool.states()).toMatchObject([{ id: 'up/first', code }])
  })

  test('a count that is an error is made here', async () => {
    const claude = routes('anthropic').replace('anthropic-compatible', 'anthropic')
    const gateway = renewedGateway(claude, () =>
      Response.json({ type: 'error', error: { type: 'overloaded_error', message: 'no' } }),
    )
    const json = question('anthropic', SERVED, false)
    const response = await gateway.call('/v1/messages/count_tokens', { json })
    expect(await response.json()).toEqual({ input_tokens: expect.any(Number) })
  })
})

describe.skipIf(sharedMissing)('recorded ones', () => {
  const recorded = (wire: Wire, feature: string): [Recorded, Wire][] =>
    corpus(wire)
      .filter(({ features, status }) => status === 200 && features.includes(feature))
      .map(exchange => [exchange, wire])
  const CODES: Record<string, ErrorCode> = {
    'anthropic-anthropic-language-model-test-ts-eb2f48e3': 'overloaded',
    'openai-openai-openai-error-1-b08f2bf2': 'quota-exhausted',
  }
  const hidden = WIRES.flatMap(wire => recorded(wire, 'stream-error')).filter(
    ([{ id }]) => id in CODES,
  )

  test('there are some', () => expect(hidden).toHaveLength(Object.keys(CODES).length))

  for (const [{ id, sse: text = '' }, wire] of hidden) {
    test.each([wire, OTHER[wire]])(`${id} to %s`, async client => {
      const gateway = gatewayOver(wire, true, () => streamOf([text]))
      const seen = await seenIn(client, await ask(gateway, client, true))
      expect(seen).toMatchObject({ text: WORDS, stop: 'end' })
      expect(gateway.services.pool.states()).toMatchObject([{ id: 'up/first', code: CODES[id] }])
    })
  }
})
