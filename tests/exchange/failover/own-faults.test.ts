import { afterEach, describe, expect, test } from 'bun:test'
import type { Exchange } from '../../../src/exchange/context.ts'
import { createUpstreamReader } from '../../../src/exchange/reply/upstream-reader.ts'
import type { Attempt } from '../../../src/exchange/upstream/attempt.ts'
import type { Watch } from '../../../src/exchange/upstream/timers.ts'
import type { Codec } from '../../../src/protocols/codec.ts'
import { gemini } from '../../../src/protocols/gemini/index.ts'
import { localGateway, streamOf } from '../../support/local-gateway.ts'

const ROUTES = `
version: 1
providers:
  g: { kind: gemini, base-url: "http://g.test", keys: [ g1, g2 ], discover: false }
  a: { kind: anthropic-compatible, base-url: "http://a.test", keys: [ a1 ] }
models: { only: g/gemini-2.5-pro, both: [ g/gemini-2.5-pro, a/claude ] }
policy: { request-retry: 3 }
`
const ANSWER = { candidates: [{ content: { parts: [{ text: 'ok' }] }, finishReason: 'STOP' }] }
const MESSAGE = {
  type: 'message',
  id: 'm',
  model: 'claude',
  content: [{ type: 'text', text: 'from the next target' }],
  stop_reason: 'end_turn',
  usage: {},
}
const ask = (model: string, stream = false) => ({
  json: { model, stream, messages: [{ role: 'user', content: 'hi' }] },
})

/** Makes one member of a codec throw, as a fault of ours would, until the test is over. */
const undo: (() => void)[] = []
function breakCodec(codec: Codec, member: 'encodeRequest' | 'decodeResponse' | 'decodeStream') {
  const whole = codec[member]
  Object.assign(codec, {
    [member]: () => {
      throw new URIError('URI malformed')
    },
  })
  undo.push(() => Object.assign(codec, { [member]: whole }))
}
afterEach(() => {
  for (const one of undo.splice(0)) one()
})

describe('a fault of the gateway itself', () => {
  test('before a byte is sent cools down no credential and asks no upstream', async () => {
    breakCodec(gemini, 'encodeRequest')
    const gateway = localGateway(ROUTES, () => Response.json(ANSWER))
    const reply = await gateway.call('/v1/chat/completions', ask('only'))
    expect(reply.status).toBe(500)
    expect(gateway.received).toEqual([])
    expect(gateway.services.pool.states()).toEqual([])
    expect(gateway.logged()).toContain('URI malformed')
  })

  test('in encoding for one target leaves the others to answer', async () => {
    breakCodec(gemini, 'encodeRequest')
    const gateway = localGateway(ROUTES, () => Response.json(MESSAGE))
    const reply = await gateway.call('/v1/chat/completions', ask('both'))
    expect((await reply.json()).choices[0].message.content).toBe('from the next target')
    expect(gateway.services.pool.states()).toEqual([])
  })

  test('in reading a reply cools down no credential', async () => {
    breakCodec(gemini, 'decodeResponse')
    const gateway = localGateway(ROUTES, () => Response.json(ANSWER))
    expect((await gateway.call('/v1/chat/completions', ask('only'))).status).toBe(500)
    // The second credential would be decoded by the same code.
    expect(gateway.received).toHaveLength(1)
    expect(gateway.services.pool.states()).toEqual([])
  })

  test('in reading a stream cools down no credential', async () => {
    breakCodec(gemini, 'decodeStream')
    const gateway = localGateway(ROUTES, () => streamOf([`data: ${JSON.stringify(ANSWER)}\n\n`]))
    const reply = await gateway.call('/v1/chat/completions', ask('only', true))
    expect(reply.status).toBe(500)
    expect(gateway.services.pool.states()).toEqual([])
  })
})

describe('a fault of the network', () => {
  const broken = () =>
    new Response(
      new ReadableStream({
        pull: controller =>
          controller.error(Object.assign(new Error('reset'), { code: 'ECONNRESET' })),
      }),
    )
  test.each([false, true])('is the upstream’s (client streams: %p)', async stream => {
    const gateway = localGateway(ROUTES.replace('request-retry: 3', 'request-retry: 0'), broken)
    const reply = await gateway.call('/v1/chat/completions', ask('only', stream))
    expect(reply.status).toBe(502)
    expect(gateway.services.pool.states().map(({ code }) => code)).toContain('upstream-failed')
  })
})

describe('who is waited for while a stream runs', () => {
  /** A listener on a body that sends one chunk and then stays silent; time is a variable. */
  function listening() {
    const watches = new Set<Watch>()
    let now = 0
    const services = {
      now: () => now,
      watchdog: { add: (watch: Watch) => watches.add(watch), remove: () => {} },
    }
    const abort = new AbortController()
    const attempt = {
      target: { provider: { id: 'g' }, model: 'm', timeouts: { idleMs: 1_000 } },
      watch: { stage: 'first-byte', fired: false, dueAtMs: Infinity, due: () => {} },
      abort,
    }
    const exchange = {
      gateway: { services, table: { policy: { keepaliveMs: 0 } } },
      signal: new AbortController().signal,
    }
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(new Uint8Array(1))
        abort.signal.addEventListener('abort', () => controller.error(abort.signal.reason))
      },
    })
    const listener = createUpstreamReader(
      exchange as unknown as Exchange,
      attempt as unknown as Attempt,
      body,
    )
    const passes = (ms: number): void => {
      now += ms
      if (attempt.watch.dueAtMs > now) return
      attempt.watch.fired = true
      abort.abort()
    }
    return { listener, passes }
  }

  test('a client that does not read its stream has gone away', async () => {
    const { listener, passes } = listening()
    listener.commit()
    await listener.next()
    passes(1_001)
    expect(await listener.next().catch(error => error)).toMatchObject({ code: 'cancelled' })
  })

  test('an upstream that sends nothing more has timed out', async () => {
    const { listener, passes } = listening()
    listener.commit()
    await listener.next()
    passes(900)
    const next = listener.next().catch(error => error)
    passes(1_001)
    expect(await next).toMatchObject({ code: 'timeout' })
  })
})
