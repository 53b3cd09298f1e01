import { describe, expect, test } from 'bun:test'
import {
  type LocalGateway,
  renewedGateway,
  streamOf,
  type Upstream,
} from '../../support/local-gateway.ts'

const ROUTES = `
version: 1
providers:
  a: { kind: openai-compatible, base-url: "http://a.test/v1", keys: [ k ] }
  b: { kind: openai-compatible, base-url: "http://b.test/v1", keys: [ k ] }
models: { m: a/x, both: [ a/x, b/x ] }
server: { reply-limit: 3MB }
policy: { request-retry: 0, keepalive: 0s }
`
const chunk = (delta: object, finish: string | null = null): string =>
  `data: ${JSON.stringify({ id: 'c', model: 'x', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`
const OK = {
  id: 'c',
  model: 'x',
  choices: [{ index: 0, message: { content: 'fine' }, finish_reason: 'stop' }],
}

/** A body that never ends: `first`, then `piece` again and again. Counts what was taken of it. */
function endless(type: string, first: string, piece: string) {
  const encoder = new TextEncoder()
  const taken = { bytes: 0 }
  const send = (controller: ReadableStreamDefaultController<Uint8Array>, text: string): void => {
    taken.bytes += text.length
    controller.enqueue(encoder.encode(text))
  }
  const reply = (status = 200): Response => {
    const body = new ReadableStream<Uint8Array>({
      start: controller => send(controller, first),
      pull: controller => send(controller, piece),
    })
    return new Response(body, { status, headers: { 'content-type': type } })
  }
  return { reply, taken }
}

const CHAT = { model: 'm', messages: [{ role: 'user', content: 'hi' }] }
const MESSAGES = { ...CHAT, max_tokens: 5 }
const FILLER = 'x'.repeat(60_000)
const SSE = 'text/event-stream'

describe('no more of a reply is held than server.reply-limit allows', () => {
  test.each([
    ['a JSON reply', 'application/json', '{"id":"', FILLER, '/v1/chat/completions', CHAT],
    ['one that is translated', 'application/json', '{"id":"', FILLER, '/v1/messages', MESSAGES],
    [
      'a stream that is collected',
      SSE,
      chunk({ content: 'a' }),
      chunk({ content: FILLER }),
      '/v1/messages',
      MESSAGES,
    ],
    ['a line without end', SSE, 'data: ', FILLER, '/v1/chat/completions', CHAT],
    [
      'a line without end before anything else, for a stream',
      SSE,
      'data: ',
      FILLER,
      '/v1/chat/completions',
      { ...CHAT, stream: true },
    ],
    ['the same, translated', SSE, 'data: ', FILLER, '/v1/messages', { ...MESSAGES, stream: true }],
  ])('%s', async (_, type, first, piece, path, json) => {
    const { reply, taken } = endless(type, first, piece)
    const local = renewedGateway(ROUTES, () => reply())
    const response = await local.call(path, { json })
    expect(response.status).toBe(502)
    expect(await response.text()).toContain('raise server.reply-limit in routes.yaml')
    expect(taken.bytes).toBeLessThan(4_000_000)
  })

  test.each([
    ['passed', '/v1/chat/completions', CHAT],
    ['translated', '/v1/messages', MESSAGES],
  ])('a line without end in the middle of a stream ends it: %s', async (_, path, json) => {
    const { reply, taken } = endless(SSE, `${chunk({ content: 'a' })}data: `, FILLER)
    const local = renewedGateway(ROUTES, () => reply())
    const response = await local.call(path, { json: { ...json, stream: true } })
    expect(response.status).toBe(200)
    expect(await response.text()).toContain('raise server.reply-limit in routes.yaml')
    expect(taken.bytes).toBeLessThan(4_000_000)
  })

  test('another target can still answer', async () => {
    const { reply } = endless('application/json', '{"id":"', FILLER)
    const local = renewedGateway(ROUTES, ({ url }) =>
      url.includes('a.test') ? reply() : Response.json(OK),
    )
    const response = await local.call('/v1/chat/completions', { json: { ...CHAT, model: 'both' } })
    expect(response.status).toBe(200)
    expect(await response.text()).toContain('fine')
  })

  test('no credential cools down for it, and the same is not asked for again', async () => {
    const { reply } = endless('application/json', '{"id":"', FILLER)
    const routes = ROUTES.replace('request-retry: 0', 'request-retry: 3')
    const local = renewedGateway(routes, () => reply())
    const response = await local.call('/v1/chat/completions', { json: CHAT })
    expect(response.status).toBe(502)
    expect(local.received).toHaveLength(1)
    expect(local.services.pool.states()).toEqual([])
  })

  test('the body of an error is read as far as it can be shown', async () => {
    const { reply, taken } = endless('text/plain', 'overloaded ', FILLER)
    const local = renewedGateway(ROUTES, () => reply(500))
    const response = await local.call('/v1/chat/completions', { json: CHAT })
    expect(response.status).toBe(500)
    expect(taken.bytes).toBeLessThan(2_000_000)
  })

  test.each([
    ['passed', '/v1/chat/completions', CHAT],
    ['translated', '/v1/messages', MESSAGES],
  ])('one long event, such as a picture, is delivered: %s', async (_, path, json) => {
    const picture = 'A'.repeat(2_000_000)
    const text = `${chunk({ content: picture })}${chunk({}, 'stop')}data: [DONE]\n\n`
    const pieces = text.match(/[\s\S]{1,40000}/g) ?? []
    const local = renewedGateway(ROUTES, () => streamOf(pieces))
    const response = await local.call(path, { json: { ...json, stream: true } })
    expect(response.status).toBe(200)
    expect(await response.text()).toContain(picture)
  })
})

test('response headers that no client could take are not relayed', async () => {
  const local = renewedGateway(ROUTES, ({ url }) =>
    Response.json(OK, { headers: url.includes('a.test') ? { 'x-big': 'h'.repeat(200_000) } : {} }),
  )
  const response = await local.call('/v1/chat/completions', { json: CHAT })
  expect(response.status).toBe(502)
  expect(await response.text()).toContain('bytes of response headers')
  expect(JSON.stringify([...response.headers]).length).toBeLessThan(2_000)
  const other = await local.call('/v1/chat/completions', { json: { ...CHAT, model: 'both' } })
  expect(other.status).toBe(200)
})

describe('timeout.total holds, whatever the upstream does', () => {
  const TIMED = ROUTES.replaceAll('keys: [ k ]', 'keys: [ k ], timeout: { total: 60s, idle: 20s }')

  /** Sends something every ten seconds, for ever. */
  function dripping(type: string, piece: string): Upstream {
    return ({ signal }) => {
      const body = new ReadableStream<Uint8Array>({
        async pull(controller) {
          await Bun.sleep(0)
          local?.advance(10_000)
          // As fetch does.
          if (signal.aborted) controller.error(signal.reason)
          else controller.enqueue(new TextEncoder().encode(piece))
        },
      })
      return new Response(body, { headers: { 'content-type': type } })
    }
  }
  let local: LocalGateway | undefined

  test.each([
    ['a stream for a client without', SSE, chunk({ content: 'a' }), CHAT],
    ['blanks before a JSON reply', 'application/json', ' ', CHAT],
  ])('%s', async (_, type, piece, json) => {
    local = renewedGateway(TIMED, dripping(type, piece))
    const response = await local.call('/v1/chat/completions', { json })
    expect(response.status).toBe(504)
    expect(await response.text()).toContain('total timeout after 60 s')
  })

  test('a stream for a client that streams', async () => {
    local = renewedGateway(TIMED, dripping(SSE, chunk({ content: 'a' })))
    const response = await local.call('/v1/chat/completions', { json: { ...CHAT, stream: true } })
    expect(await response.text()).toContain('total timeout after 60 s')
  })

  test('when it is over no target is asked, neither another nor the same', async () => {
    local = renewedGateway(TIMED.replace('request-retry: 0', 'request-retry: 3'), received =>
      dripping(SSE, chunk({ content: 'a' }))(received),
    )
    const response = await local.call('/v1/chat/completions', { json: { ...CHAT, model: 'both' } })
    expect(response.status).toBe(504)
    expect(local.received).toHaveLength(1)
    expect(local.services.pool.states()).toEqual([])
  })
})
