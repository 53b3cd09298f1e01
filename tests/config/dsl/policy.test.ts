import { describe, expect, test } from 'bun:test'
import { type LocalGateway, localGateway, type Received } from '../../support/local-gateway.ts'
import type { Wire } from '../../support/read-reply.ts'
import { tableOf } from '../../support/routes.ts'
import { replyOf } from '../../support/small-reply.ts'
import { pathOf, question, WIRES } from '../../support/wires.ts'

/** §5 of the language: policy. What sessions do is tested in tests/gateway/affinity.test.ts. */

const PROVIDERS = `
providers:
  a: { kind: openai-compatible, base-url: "http://a.test/v1", keys: [ a1, a2 ], discover: false }
  b: { kind: openai-compatible, base-url: "http://b.test/v1", keys: [ b1 ], discover: false }
models: { m: [ a/x, b/y ], one: b/y }
logging: { level: error }
`
const routes = (policy: string): string => `${PROVIDERS}policy: { ${policy} }\n`
const keyOf = ({ headers }: Received): string => headers.get('authorization')?.slice(7) ?? ''
const failing = (status: number, headers: Record<string, string> = {}): Response =>
  Response.json({ error: { message: `said ${status}` } }, { status, headers })
const fine = (): Response => replyOf('openai-chat', 'y', false)
const ask = (gateway: LocalGateway, model: string): Promise<Response> =>
  gateway.call('/v1/chat/completions', { json: question('openai-chat', model, false) })

/** Lets everything that is ready happen: no time passes. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve()
  await new Promise(resolve => setImmediate(resolve))
}

/** The reply, and how long it took by the gateway's own clock, in seconds. */
async function waitedFor(gateway: LocalGateway, asked: Promise<Response>) {
  const began = gateway.services.now()
  let response: Response | undefined
  void asked.then(value => {
    response = value
  })
  for (await settled(); !response; await settled()) gateway.advance(50)
  return { response, seconds: (gateway.services.now() - began) / 1_000 }
}

describe('what follows a failure before anything has reached the client', () => {
  const ALL = ['a1', 'a2', 'b1']
  const rest = (names: readonly string[], model: string): string[] =>
    names.map(name => `${name.startsWith('a') ? 'a' : 'b'}/key-${name[1]} ${model}`)
  test.each([
    ['the request’s own fault: straight back', 400, ['a1'], []],
    ['too large: straight back', 413, ['a1'], []],
    ['cannot be processed: straight back', 422, ['a1'], []],
    ['the key’s fault: it is put aside, for every model', 401, ALL, rest(ALL, '*')],
    ['the key’s model’s: that is put aside', 404, ALL, ['a/key-1 x', 'a/key-2 x', 'b/key-1 y']],
    ['forbidden: on', 403, ALL, ['a/key-1 x', 'a/key-2 x', 'b/key-1 y']],
    ['slow: on', 408, ALL, ['a/key-1 x', 'a/key-2 x', 'b/key-1 y']],
    ['limited: on', 429, ALL, ['a/key-1 x', 'a/key-2 x', 'b/key-1 y']],
    ['broken: on', 500, ALL, ['a/key-1 x', 'a/key-2 x', 'b/key-1 y']],
    ['broken: on', 502, ALL, ['a/key-1 x', 'a/key-2 x', 'b/key-1 y']],
    ['down: on', 503, ALL, ['a/key-1 x', 'a/key-2 x', 'b/key-1 y']],
    ['slow upstream of it: on', 504, ALL, ['a/key-1 x', 'a/key-2 x', 'b/key-1 y']],
  ])('%s (%d)', async (_, status, asked, cooldowns) => {
    const gateway = localGateway(routes('request-retry: 0'), () => failing(status))
    const response = await ask(gateway, 'm')
    // 401 and 403 are kept for the client's own key.
    expect(response.status).toBe(status === 401 || status === 403 ? 502 : status)
    expect(await response.text()).toContain(`said ${status}`)
    expect(gateway.received.map(keyOf)).toEqual(asked)
    const states = gateway.services.pool.states().map(({ id, model }) => `${id} ${model}`)
    expect(states).toEqual(cooldowns)
  })

  test('a network error: on', async () => {
    const gateway = localGateway(routes('request-retry: 0'), received => {
      if (keyOf(received) === 'b1') return fine()
      throw new TypeError('connection refused')
    })
    expect((await ask(gateway, 'm')).status).toBe(200)
    expect(gateway.received.map(keyOf)).toEqual(ALL)
  })
})

describe('request-retry: further rounds over the credentials', () => {
  const until = (failures: number, failure: () => Response) => {
    let count = 0
    return () => (count++ < failures ? failure() : fine())
  }
  const refused = (): Response => {
    throw new TypeError('connection refused')
  }
  test.each([403, 408, 429, 500, 502, 503, 504, 529])(
    'after a %d, three by default',
    async status => {
      const gateway = localGateway(
        routes(''),
        until(3, () => failing(status)),
      )
      const { response } = await waitedFor(gateway, ask(gateway, 'one'))
      expect(response.status).toBe(200)
      expect(gateway.received).toHaveLength(4)
      expect(response.headers.get('x-jackfield-attempts')).toBe('4')
    },
  )

  test('after a network error', async () => {
    const gateway = localGateway(routes(''), until(3, refused))
    expect((await waitedFor(gateway, ask(gateway, 'one'))).response.status).toBe(200)
    expect(gateway.received).toHaveLength(4)
  })

  test('not after another error, which a moment does not mend', async () => {
    for (const status of [400, 401, 402, 404, 422]) {
      const gateway = localGateway(routes(''), () => failing(status))
      const { response, seconds } = await waitedFor(gateway, ask(gateway, 'one'))
      const answered = status === 401 ? 502 : status
      expect([response.status, gateway.received.length, seconds]).toEqual([answered, 1, 0])
    }
  })

  test('every round asks all targets but those that refused for good', async () => {
    const status: Record<string, number> = { a1: 401, a2: 503, b1: 500 }
    const gateway = localGateway(routes('request-retry: 2'), received =>
      failing(status[keyOf(received)] ?? 500),
    )
    const { response } = await waitedFor(gateway, ask(gateway, 'm'))
    expect(response.status).toBe(503)
    expect(gateway.received.map(keyOf)).toEqual(['a1', 'a2', 'b1', 'a2', 'b1', 'a2', 'b1'])
  })

  test('there is none where the cooldowns of all targets that are left are too long', async () => {
    const gateway = localGateway(routes(''), received =>
      keyOf(received) === 'a1' ? failing(401) : failing(429, { 'retry-after': '90' }),
    )
    const { response, seconds } = await waitedFor(gateway, ask(gateway, 'm'))
    expect([response.status, gateway.received.length, seconds]).toEqual([429, 3, 0])
  })

  test('as many as the file says', async () => {
    for (const rounds of [0, 1, 5]) {
      const gateway = localGateway(routes(`request-retry: ${rounds}`), () => failing(503))
      const { response } = await waitedFor(gateway, ask(gateway, 'one'))
      expect([response.status, gateway.received.length]).toEqual([503, rounds + 1])
    }
  })

  test('soon where how long to wait is a guess, a little later each time', async () => {
    const gateway = localGateway(routes(''), () => failing(503))
    const { seconds } = await waitedFor(gateway, ask(gateway, 'one'))
    // A quarter of a second, a half, and a whole one.
    expect(seconds).toBeCloseTo(1.75, 1)
  })

  test('after our own patience was over there is no more of it', async () => {
    const patient = PROVIDERS.replace('keys: [ b1 ]', 'keys: [ b1 ], timeout: { first-byte: 5s }')
    const gateway = localGateway(patient, () => new Promise<Response>(() => {}))
    const { response, seconds } = await waitedFor(gateway, ask(gateway, 'one'))
    expect([response.status, gateway.received.length]).toEqual([504, 1])
    expect(seconds).toBeCloseTo(5, 1)
  })

  test('ends with the client', async () => {
    const gateway = localGateway(routes(''), () => failing(503))
    const client = new AbortController()
    const asked = gateway.call('/v1/chat/completions', {
      json: question('openai-chat', 'one', false),
      signal: client.signal,
    })
    await settled()
    client.abort()
    expect((await asked).status).toBe(499)
    expect(gateway.received).toHaveLength(1)
  })
})

describe('max-retry-interval: the longest wait between rounds', () => {
  const limited = (seconds: number) => {
    let count = 0
    return () => (count++ === 0 ? failing(429, { 'retry-after': String(seconds) }) : fine())
  }
  test.each([
    ['', 7, 200, 7],
    ['', 30, 200, 30],
    ['', 31, 429, 0],
    ['max-retry-interval: 5s', 5, 200, 5],
    ['max-retry-interval: 5s', 6, 429, 0],
    ['max-retry-interval: 2m', 90, 200, 90],
    ['max-retry-interval: 0', 1, 429, 0],
  ])('%p, told to wait %d s: %d after %d s', async (policy, told, status, waited) => {
    const gateway = localGateway(routes(policy), limited(told))
    const { response, seconds } = await waitedFor(gateway, ask(gateway, 'one'))
    expect(response.status).toBe(status)
    expect(seconds).toBeCloseTo(waited, 0)
    expect(response.headers.get('retry-after')).toBe(status === 429 ? String(told) : null)
  })
})

describe('strategy: how the credentials of one provider share the load', () => {
  const order = async (policy: string): Promise<string> => {
    const gateway = localGateway(
      `providers: { p: { kind: openai-compatible, base-url: "http://p.test/v1", discover: false, keys: [ { key: a, weight: 3 }, b, { key: c, weight: 0 } ] } }\npolicy: { ${policy} }\nlogging: { level: error }\n`,
      fine,
    )
    for (let at = 0; at < 8; at++) await ask(gateway, 'p/x')
    return gateway.received.map(keyOf).join('')
  }
  test.each([
    ['', 'abababab'],
    ['strategy: round-robin', 'abababab'],
    ['strategy: fill-first', 'aaaaaaaa'],
    ['strategy: weighted', 'aabaaaba'],
  ])('%p', async (policy, expected) => expect(await order(policy)).toBe(expected))
})

describe('cooldown', () => {
  const restsFor = async (policy: string, reply: () => Response): Promise<number> => {
    const gateway = localGateway(routes(`request-retry: 0, ${policy}`), reply)
    await ask(gateway, 'one')
    const [state] = gateway.services.pool.states()
    return ((state?.untilMs ?? 0) - gateway.services.now()) / 1_000
  }
  const retryInfo = (): Response =>
    Response.json(
      {
        error: {
          code: 429,
          message: 'slow down',
          details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '17s' }],
        },
      },
      { status: 429 },
    )
  test.each([
    [
      'quota: what Retry-After says',
      'cooldown: { quota: upstream }',
      () => failing(429, { 'retry-after': '7' }),
      7,
    ],
    [
      'quota: what Retry-After says, in milliseconds',
      '',
      () => failing(429, { 'retry-after-ms': '1500' }),
      1.5,
    ],
    ['quota: a second where the reply names no time', '', () => failing(429), 1],
    ['transient: a minute', '', () => failing(503), 60],
    ['transient: what the file says', 'cooldown: { transient: 5s }', () => failing(503), 5],
    [
      'transient: unless the upstream says how long',
      'cooldown: { transient: 5s }',
      () => failing(503, { 'retry-after': '9' }),
      9,
    ],
    ['max: half an hour', '', () => failing(429, { 'retry-after': '86400' }), 1_800],
    [
      'max: what the file says',
      'cooldown: { max: 10s }',
      () => failing(429, { 'retry-after': '86400' }),
      10,
    ],
    ['max: of all that is put aside', 'cooldown: { max: 10s }', () => failing(401), 10],
  ])('%s', async (_, policy, reply, seconds) =>
    expect(await restsFor(policy, reply)).toBeCloseTo(seconds, 1),
  )

  test('quota: what the error’s body says', async () => {
    const gateway = localGateway(
      'providers: { g: { kind: gemini, keys: [ k ], discover: false } }\npolicy: { request-retry: 0 }\nlogging: { level: error }\n',
      retryInfo,
    )
    await gateway.call('/v1beta/models/g%2Fm:generateContent', {
      json: question('gemini', 'g/m', false),
    })
    const [state] = gateway.services.pool.states()
    expect((state?.untilMs ?? 0) - gateway.services.now()).toBe(17_000)
  })
})

describe('keepalive: while the upstream is silent', () => {
  const KEEP_ALIVE: Record<Wire, string> = {
    anthropic: 'event: ping\ndata: {"type": "ping"}\n\n',
    'openai-chat': ': keep-alive\n\n',
    'openai-responses': ': keep-alive\n\n',
    gemini: '\n',
  }
  test.each(WIRES.map(wire => [wire, KEEP_ALIVE[wire]]))('%s: %p', async (wire, expected) => {
    const gateway = localGateway(
      `${PROVIDERS}policy: { keepalive: 5s }\n`,
      () => new Promise<Response>(() => {}),
    )
    const client = new AbortController()
    const asked = gateway.call(pathOf(wire as Wire, 'one', true), {
      json: question(wire as Wire, 'one', true),
      signal: client.signal,
    })
    await settled()
    gateway.advance(5_001)
    const response = await asked
    expect(response.status).toBe(200)
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    expect((await reader?.read())?.value?.replace(/\s+\}/g, '}')).toBe(expected)
    client.abort()
    await reader?.cancel()
  })

  test('0: never', async () => {
    let answer: (response: Response) => void = () => {}
    const gateway = localGateway(
      `${PROVIDERS}policy: { keepalive: 0 }\n`,
      () =>
        new Promise<Response>(resolve => {
          answer = resolve
        }),
    )
    const asked = gateway.call('/v1/chat/completions', {
      json: question('openai-chat', 'one', true),
    })
    await settled()
    gateway.advance(100_000)
    await settled()
    answer(replyOf('openai-chat', 'y', true))
    expect(await (await asked).text()).not.toContain('keep-alive')
  })
})

describe('the reply names what happened', () => {
  const HEADERS = ['route', 'provider', 'attempts']
  const named = ({ headers }: Response): (string | null)[] =>
    HEADERS.map(name => headers.get(`x-jackfield-${name}`))
  for (const stream of [false, true])
    test.each(WIRES.map(wire => [wire]))(`%s (streamed: ${stream})`, async wire => {
      const gateway = localGateway(routes(''), received =>
        keyOf(received) === 'b1' ? replyOf('openai-chat', 'y', stream) : failing(401),
      )
      const response = await gateway.call(pathOf(wire, 'm', stream), {
        json: question(wire, 'm', stream),
      })
      expect(response.headers.get('x-jackfield-request-id')).toMatch(/^req_[0-9a-f]{32}$/)
      expect(named(response)).toEqual(['models.m', 'b/y', '3'])
      await response.text()
    })

  test.each([
    ['an alias', 'aliases: { n: m }', 'n', 'aliases.n'],
    ['a pattern', 'aliases: { "n-*": m }', 'n-1', 'aliases."n-*"'],
    ['a forced name', 'force: { one: m }', 'one', 'force.one'],
    ['an address', '', 'b/z', 'b/z'],
    ['a name that is no ASCII', 'aliases: { é: m }', 'é', 'aliases."%C3%A9"'],
  ])('%s', async (_, yaml, model, route) => {
    const gateway = localGateway(`${routes('')}${yaml}\n`, fine)
    expect(named(await ask(gateway, model))[0]).toBe(route)
  })

  test('also when no target could answer', async () => {
    const gateway = localGateway(routes('request-retry: 0'), () => failing(404))
    const response = await ask(gateway, 'm')
    expect(named(response)).toEqual(['models.m', null, '3'])
    expect(response.headers.get('x-jackfield-request-id')).toMatch(/^req_/)
  })

  test('and when there was no target', async () => {
    const response = await ask(localGateway(routes(''), fine), 'unheard-of')
    expect(named(response)).toEqual([null, null, null])
    expect(response.headers.get('x-jackfield-request-id')).toMatch(/^req_/)
  })
})

test('every default is the one that the page names', () =>
  expect(tableOf('').policy).toEqual({
    requestRetry: 3,
    maxRetryIntervalMs: 30_000,
    strategy: 'round-robin',
    cooldown: { transientMs: 60_000, maxMs: 1_800_000 },
    sessionAffinityMs: 3_600_000,
    keepaliveMs: 15_000,
    waitingRoomMs: 0,
  }))
