import { describe, expect, test } from 'bun:test'
import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { filesBelow, newHome } from '../../support/home.ts'
import {
  type LocalGateway,
  localGateway,
  streamOf,
  type Upstream,
} from '../../support/local-gateway.ts'

const ROUTES = `
version: 1
providers:
  a: { kind: openai-compatible, base-url: "http://a.test/v1", keys: [ { name: one, key: key-of-provider-a } ] }
  c: { kind: anthropic-compatible, base-url: "http://c.test", keys: [ key-of-provider-c ] }
models: { m: [ a/x, c/y ], translated: c/y, same: a/same }
policy: { request-retry: 0 }
`
const chat = {
  id: 'c',
  model: 'x',
  choices: [{ index: 0, message: { role: 'assistant', content: 'ok' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 7, completion_tokens: 9 },
}
const chunk = (content: string, finish: string | null = null): string =>
  `data: ${JSON.stringify({ id: 'c', model: 'x', choices: [{ index: 0, delta: { content }, finish_reason: finish }] })}\n\n`
const message = {
  id: 'm',
  type: 'message',
  role: 'assistant',
  model: 'y',
  content: [{ type: 'text', text: 'fine' }],
  stop_reason: 'end_turn',
  usage: { input_tokens: 3, output_tokens: 4 },
}
const ask = (model: string, more: object = {}) => ({
  json: { model, messages: [{ role: 'user', content: 'a question' }], ...more },
})

function gatewayWith(requests: string, upstream: Upstream, routes = ROUTES) {
  const home = newHome()
  const text = `${routes}logging: { level: warn, requests: ${requests} }\n`
  return { home, gateway: localGateway(text, upstream, { JACKFIELD_HOME: home }) }
}

async function records({ home, gateway }: { home: string; gateway: LocalGateway }) {
  await gateway.services.recorder.settled()
  return filesBelow(join(home, 'logs/requests'))
}

describe('requests: all', () => {
  test('one file for each, this user’s only, named by time, outcome and request', async () => {
    const set = gatewayWith('all', () => Response.json(chat))
    const response = await set.gateway.call('/v1/chat/completions?beta=true', ask('m'))
    await response.text()
    const files = await records(set)
    expect(files).toHaveLength(1)
    const id = response.headers.get('x-jackfield-request-id')
    expect(files[0]?.name).toBe(`2026-01-01T00-00-00-000Z-200-${id}.log`)
    expect(files[0]?.mode).toBe(0o600)
    expect(statSync(join(set.home, 'logs/requests')).mode & 0o777).toBe(0o700)
  })

  test('usage that the upstream did not say is in it all the same, marked as estimated', async () => {
    const { usage: _, ...silent } = chat
    const set = gatewayWith('all', () => Response.json(silent))
    await (await set.gateway.call('/v1/chat/completions', ask('m'))).text()
    const [file] = await records(set)
    expect(file?.text).toMatch(/^usage, estimated: \{"fresh":\d+,"cacheRead":0,"output":1\}$/m)
  })

  test('the client’s own bytes are not written twice', async () => {
    const set = gatewayWith('all', () => Response.json(chat))
    await set.gateway.call('/v1/chat/completions?beta=true', ask('m'))
    set.gateway.advance(1)
    await set.gateway.call('/v1/embeddings', { json: { model: 'a/x', input: 'a text' } })
    const [renamed, relayed] = await records(set)
    expect(renamed?.text).toContain('POST /v1/chat/completions?beta=true')
    expect(renamed?.text.match(/a question/g)).toHaveLength(1)
    expect(renamed?.text).toContain('(the client\'s own bytes, the model replaced by "x")')
    expect(renamed?.text).toContain('POST http://a.test/v1/chat/completions')
    expect(renamed?.text).toContain('1. a/x with a/one: served')
    expect(renamed?.text).toContain('models: models.m')
    expect(renamed?.text).toContain('"content":"ok"')
    expect(renamed?.text).toContain('"model":"m"')
    expect(relayed?.text).toContain('POST http://a.test/v1/embeddings')
  })

  test('every attempt: what it was sent, what it answered, why it failed', async () => {
    const set = gatewayWith('all', ({ url }) =>
      url.includes('a.test')
        ? Response.json(
            { error: { message: 'not today' } },
            { status: 503, headers: { 'x-why': 'tired' } },
          )
        : Response.json(message),
    )
    const response = await set.gateway.call('/v1/chat/completions', ask('m'))
    expect(response.status).toBe(200)
    const [file] = await records(set)
    expect(file?.name).toContain('-200-')
    expect(file?.text).toContain('=== attempt 1: a/x with a/one, openai-chat ===')
    expect(file?.text).toContain('=== reply to attempt 1 ===\n503\n')
    expect(file?.text).toContain('x-why: tired')
    expect(file?.text).toContain('{"error":{"message":"not today"}}')
    expect(file?.text).toContain('1. a/x with a/one: failed, overloaded: not today')
    expect(file?.text).toContain('=== attempt 2: c/y with c/key-1, anthropic ===')
    expect(file?.text).toContain('{"model":"y","max_tokens"')
    expect(file?.text).toContain('2. c/y with c/key-1: served')
    expect(file?.text).toContain('usage: {"fresh":3,"output":4}')
    expect(file?.text).not.toContain('outcome: 200\nfailed:')
  })

  test('rounds that send the same again refer to it', async () => {
    let refusals = 0
    const set = gatewayWith(
      'all',
      () =>
        refusals++ < 3
          ? Response.json({ error: { message: 'busy' } }, { status: 529 })
          : Response.json(message),
      ROUTES.replace('[ key-of-provider-c ]', '[ key-of-provider-c, a, b, d ]'),
    )
    await set.gateway.call('/v1/chat/completions', ask('translated'))
    const [file] = await records(set)
    expect(file?.text.match(/\(the same as in attempt 1\)/g)).toHaveLength(3)
    // The client's, the first attempt's.
    expect(file?.text.match(/a question/g)).toHaveLength(2)
  })

  test.each([
    ['passed', 'a/x', [chunk('he'), chunk('llo', 'stop'), 'data: [DONE]\n\n']],
    [
      'translated',
      'translated',
      [
        `event: message_start\ndata: ${JSON.stringify({ type: 'message_start', message: { ...message, content: [], stop_reason: null } })}\n\n`,
        'event: content_block_start\ndata: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}\n\n',
        'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"hi"}}\n\n',
        'event: content_block_stop\ndata: {"type":"content_block_stop","index":0}\n\n',
        'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":2}}\n\n',
        'event: message_stop\ndata: {"type":"message_stop"}\n\n',
      ],
    ],
  ])('a %s stream, as the client got it', async (_, model, pieces) => {
    const set = gatewayWith('all', () => streamOf(pieces))
    const off = gatewayWith('off', () => streamOf(pieces))
    const calls = [set, off].map(({ gateway }) =>
      gateway.call('/v1/chat/completions', ask(model, { stream: true })),
    )
    const [told, unrecorded] = await Promise.all(
      calls.map(async call => (await (await call).text()).replace(/req_\w+/g, 'ID')),
    )
    expect(told).toBe(unrecorded ?? '')
    const [file] = await records(set)
    expect(file?.name).toContain('-200-')
    const written = file?.text.split('=== answer to the client ===')[1] ?? ''
    expect(written.replace(/req_\w+/g, 'ID')).toContain(told ?? '-')
  })

  test('a stream is not held up: each piece is with the client before the next is there', async () => {
    let send = (_: string): void => {}
    let close = (): void => {}
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        send = text => controller.enqueue(new TextEncoder().encode(text))
        close = () => controller.close()
      },
    })
    const set = gatewayWith(
      'all',
      () => new Response(body, { headers: { 'content-type': 'text/event-stream' } }),
    )
    const asked = set.gateway.call('/v1/chat/completions', ask('a/x', { stream: true }))
    send(chunk('first'))
    const reader = (await asked).body?.getReader()
    const next = async (): Promise<string> =>
      new TextDecoder().decode((await reader?.read())?.value)
    expect(await next()).toContain('first')
    send(chunk('second'))
    expect(await next()).toContain('second')
    send(chunk('', 'stop'))
    send('data: [DONE]\n\n')
    close()
    while (!(await reader?.read())?.done);
    expect((await records(set))[0]?.text).toContain('second')
  })

  test('a client that goes away is let go at once, and the record says so', async () => {
    const aborted = Promise.withResolvers<void>()
    const set = gatewayWith('all', ({ signal }) => {
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          controller.enqueue(new TextEncoder().encode(chunk('first')))
          const abort = (): void => {
            controller.error(new DOMException('aborted', 'AbortError'))
            aborted.resolve()
          }
          signal.addEventListener('abort', abort, { once: true })
        },
      })
      return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
    })
    const client = new AbortController()
    const response = await set.gateway.call('/v1/chat/completions', {
      ...ask('a/x', { stream: true }),
      signal: client.signal,
    })
    const reader = response.body?.getReader()
    await reader?.read()
    client.abort()
    await aborted.promise
    await reader?.cancel()
    while ((await records(set)).length === 0) await nextTurn()
    expect((await records(set))[0]?.text).toContain('failed: cancelled: the client went away')
  })

  test('an unknown model, a refused key’s model, a token count', async () => {
    const set = gatewayWith('all', () => Response.json(chat))
    await set.gateway.call('/v1/chat/completions', ask('nobody-knows'))
    const counted = await set.gateway.call('/v1/messages/count_tokens', ask('translated'))
    expect(counted.status).toBe(200)
    const texts = (await records(set)).map(({ text }) => text)
    expect(texts.filter(text => text.includes('outcome: 404'))).toHaveLength(1)
    expect(texts.find(text => text.includes('outcome: 404'))).toContain(
      'failed: model-not-found: no model named "nobody-knows"',
    )
    expect(texts.find(text => text.includes('count_tokens'))).toContain('"input_tokens":')
  })

  test('what is large is cut, what is no text is counted', async () => {
    const set = gatewayWith('all', ({ path }) =>
      path.endsWith('speech')
        ? new Response(new Uint8Array(5_000).fill(255), {
            headers: { 'content-type': 'audio/mpeg' },
          })
        : Response.json({ ...chat, more: 'z'.repeat(3_000_000) }),
    )
    await (
      await set.gateway.call(
        '/v1/chat/completions',
        ask('translated', { user: 'y'.repeat(4_000_000), stream: true }),
      )
    ).text()
    await (await set.gateway.call('/v1/chat/completions', ask('a/x'))).text()
    await (
      await set.gateway.call('/v1/audio/speech', { json: { model: 'a/x', input: 'hello' } })
    ).bytes()
    const files = await records(set)
    expect(files).toHaveLength(3)
    for (const { text } of files) expect(text.length).toBeLessThan(5_000_000)
    const all = files.map(({ text }) => text).join('\n')
    expect(all).toMatch(/\(cut: 40\d{5} bytes in all\)/)
    expect(all).toMatch(/\(cut: 30\d{5} bytes in all\)/)
    expect(all).toContain('(5000 bytes of audio/mpeg)')
  })

  test('a body that rules changed is written as it was sent', async () => {
    const set = gatewayWith(
      'all',
      () => Response.json(chat),
      `${ROUTES}rules: [ { set: { temperature: 0.25 } } ]\n`,
    )
    await set.gateway.call('/v1/chat/completions', ask('a/x'))
    expect((await records(set))[0]?.text).toContain('"temperature":0.25')
  })

  test('a folder that cannot be written is one warning, and no request fails', async () => {
    const home = newHome()
    writeFileSync(join(home, 'logs'), 'in the way')
    const gateway = localGateway(
      `${ROUTES}logging: { requests: all }\n`,
      () => Response.json(chat),
      { JACKFIELD_HOME: home },
    )
    for (let at = 0; at < 3; at++)
      expect((await gateway.call('/v1/chat/completions', ask('m'))).status).toBe(200)
    await gateway.services.recorder.settled()
    expect(gateway.logged().match(/a request cannot be recorded/g)).toHaveLength(1)
    expect(gateway.logged()).toContain('logging.requests: off')
  })
})

describe('requests: errors', () => {
  test('only what failed: refused, broken in the middle, failed behind a keep-alive', async () => {
    const replies: Record<string, () => Response> = {
      fine: () => Response.json(chat),
      refused: () => Response.json({ error: { message: 'no such thing' } }, { status: 400 }),
      broken: () => streamOf([chunk('half')]),
    }
    const set = gatewayWith('errors', ({ text }) => {
      const { user } = JSON.parse(text)
      return (replies[user] ?? (() => new Response()))()
    })
    const call = async (user: string, more: object = {}) =>
      (await set.gateway.call('/v1/chat/completions', ask('a/x', { user, ...more }))).text()
    await call('fine')
    expect(await records(set)).toHaveLength(0)
    await call('refused')
    expect((await records(set)).map(({ name }) => name)).toEqual([
      expect.stringMatching(/-400-req_/),
    ])
    await call('broken', { stream: true })
    const broken = (await records(set)).find(({ name }) => name.includes('-502-'))
    expect(broken?.text).toContain('half')
    expect(broken?.text).toContain('failed: upstream-failed')
  })

  test('a failure behind a keep-alive', async () => {
    const reply = Promise.withResolvers<Response>()
    const set = gatewayWith('errors', () => reply.promise)
    const asked = set.gateway.call('/v1/chat/completions', ask('a/x', { stream: true }))
    while (set.gateway.received.length === 0) await nextTurn()
    set.gateway.advance(16_000)
    const response = await asked
    reply.resolve(Response.json({ error: { message: 'gone wrong' } }, { status: 500 }))
    expect(await response.text()).toContain('gone wrong')
    const [file] = await records(set)
    expect(file?.name).toContain('-500-')
    expect(file?.text).toContain('outcome: 500')
  })

  test('a client that goes away is no failure', async () => {
    const set = gatewayWith('errors', () => {
      const body = new ReadableStream<Uint8Array>({
        start: controller => controller.enqueue(new TextEncoder().encode(chunk('first'))),
      })
      return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
    })
    const response = await set.gateway.call('/v1/chat/completions', ask('a/x', { stream: true }))
    await response.body?.getReader().cancel()
    await set.gateway.call('/v1/chat/completions', ask('nobody'))
    expect((await records(set)).map(({ name }) => name)).toEqual([
      expect.stringMatching(/-404-req_/),
    ])
  })
})

describe('requests: off', () => {
  test('nothing is looked at, nothing is written', async () => {
    for (const requests of ['off', 'false']) {
      const set = gatewayWith(requests, () => Response.json(chat))
      set.gateway.services.recorder.begin = () => {
        throw new Error('looked at')
      }
      expect((await set.gateway.call('/v1/chat/completions', ask('m'))).status).toBe(200)
      expect(filesBelow(set.home)).toEqual([])
    }
  })
})
