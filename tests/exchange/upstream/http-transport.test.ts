import { describe, expect, test } from 'bun:test'
import { createHttpTransport } from '../../../src/exchange/upstream/http-transport.ts'
import { ConnectTimeout, type HttpRequest } from '../../../src/providers/transport.ts'

type Init = RequestInit & { proxy?: unknown }

function request(more: Partial<HttpRequest> = {}): HttpRequest {
  return {
    method: 'POST',
    url: 'https://upstream.test/v1',
    headers: new Headers({ 'x-own': 'yes' }),
    body: new Uint8Array([1]),
    proxy: undefined,
    connectMs: 500,
    ...more,
  }
}

/** A network that never replies, and ends with its signal. */
function silence(_: unknown, init: Init = {}): Promise<Response> {
  return new Promise((_, reject) => {
    init.signal?.addEventListener('abort', () => reject(new Error('aborted')), { once: true })
  })
}

function transportOver(reply: (url: unknown, init?: Init) => Promise<Response>) {
  const sent: { url: string; init: Init }[] = []
  const probed: { url: string; limitMs: number; fail(): void }[] = []
  let stopped = 0
  const transport = createHttpTransport({
    fetch: Object.assign(
      (url: unknown, init: Init = {}) => {
        sent.push({ url: String(url), init })
        return reply(url, init)
      },
      { preconnect() {} },
    ),
    proxies: {
      optionFor: async written => ({ proxy: written === 'direct' ? false : `${written}` }),
    },
    probe(url, limitMs, fail) {
      probed.push({ url, limitMs, fail })
      return () => void stopped++
    },
  })
  return { transport, sent, probed, stopped: () => stopped }
}

const running = (): AbortSignal => new AbortController().signal

describe('a request over HTTP', () => {
  test('has its method, headers and body, and follows no redirect', async () => {
    const redirect = () =>
      Promise.resolve(new Response(null, { status: 302, headers: { location: '/elsewhere' } }))
    const { transport, sent } = transportOver(redirect)
    const reply = await transport.send(request({ method: 'GET', body: undefined }), running())
    expect(reply.status).toBe(302)
    expect(sent).toHaveLength(1)
    expect(sent[0]?.init).toMatchObject({ method: 'GET', redirect: 'manual' })
    expect(sent[0]?.init.body).toBeUndefined()
    expect(new Headers(sent[0]?.init.headers).get('x-own')).toBe('yes')
  })

  test('is ended when its origin is not connected to in time', async () => {
    const { transport, probed, stopped } = transportOver(silence)
    const sending = transport.send(request(), running()).catch((error: unknown) => error)
    expect(probed).toMatchObject([{ url: 'https://upstream.test/v1', limitMs: 500 }])
    probed[0]?.fail()
    expect(await sending).toBeInstanceOf(ConnectTimeout)
    expect(stopped()).toBe(1)
  })

  test('that is aborted while it is probed fails with what the network says', async () => {
    const { transport } = transportOver(silence)
    const leaving = new AbortController()
    const sending = transport.send(request(), leaving.signal).catch((error: unknown) => error)
    leaving.abort()
    expect(String(await sending)).toBe('Error: aborted')
  })

  test('that is answered ends its probe, and its signal still ends the body', async () => {
    const { transport, sent, stopped } = transportOver(async () => new Response('ok'))
    const leaving = new AbortController()
    await transport.send(request(), leaving.signal)
    expect(stopped()).toBe(1)
    leaving.abort()
    expect(sent[0]?.init.signal?.aborted).toBe(true)
  })

  test.each<[string, unknown, number]>([
    ['http://proxy.test:8080', 'http://proxy.test:8080', 0],
    ['direct', false, 1],
  ])('through %p; only a direct connection is probed', async (proxy, option, probes) => {
    const { transport, sent, probed } = transportOver(async () => new Response('ok'))
    await transport.send(request({ proxy }), running())
    expect(sent[0]?.init.proxy).toBe(option)
    expect(probed).toHaveLength(probes)
  })

  test('without a proxy-url leaves the proxy to the environment', async () => {
    const { transport, sent } = transportOver(async () => new Response('ok'))
    await transport.send(request(), running())
    expect(sent[0]?.init).not.toHaveProperty('proxy')
  })
})
