import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Server } from 'bun'
import { createHttpTransport } from '../../../src/exchange/upstream/http-transport.ts'
import { createProxies } from '../../../src/exchange/upstream/proxies.ts'
import { isObject } from '../../../src/lib/json/json.ts'
import { echo } from '../../../src/providers/echo.ts'
import type { Transport, UpstreamRequest } from '../../../src/providers/transport.ts'

/** What every transport has in common, whatever holds its connection. */

const IN_PROCESS = echo.transport as Transport
const HTTP = createHttpTransport({ fetch, proxies: createProxies({}), probe: () => () => {} })

/** The echo, behind HTTP. */
let server: Server<unknown>
beforeAll(() => {
  server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    async fetch(request) {
      const body = new Uint8Array(await request.arrayBuffer())
      const wire: unknown = JSON.parse(new TextDecoder().decode(body))
      const stream = isObject(wire) && wire.stream === true
      return IN_PROCESS.send({ ...asking('', stream), body }, request.signal)
    },
  })
})
afterAll(() => server.stop(true))

function asking(text: string, stream: boolean): UpstreamRequest {
  const body = JSON.stringify({ model: 'm', stream, messages: [{ role: 'user', content: text }] })
  return {
    protocol: 'openai-chat',
    action: 'generate',
    model: 'm',
    stream,
    method: 'POST',
    url: `http://127.0.0.1:${server.port}/chat/completions`,
    headers: new Headers({ 'content-type': 'application/json' }),
    body: new TextEncoder().encode(body),
    proxy: undefined,
    connectMs: 1_000,
  }
}

const running = (): AbortSignal => new AbortController().signal

describe.each([
  ['in process', IN_PROCESS],
  ['over HTTP', HTTP],
])('a transport %s', (_, transport) => {
  test('gives the reply to what is asked', async () => {
    const reply = await transport.send(asking('[[say hello]]', false), running())
    expect(reply.status).toBe(200)
    expect(await reply.text()).toContain('hello')
  })

  test('gives a stream where one is asked for', async () => {
    const reply = await transport.send(asking('[[say hello]]', true), running())
    expect(reply.headers.get('content-type')).toStartWith('text/event-stream')
    expect(await reply.text()).toEndWith('data: [DONE]\n\n')
  })

  test.each([401, 429, 503])('gives status %d as a reply, headers and all', async status => {
    const request = asking(`[[fail ${status} retry-after=7 no]]`, false)
    const reply = await transport.send(request, running())
    expect(reply.status).toBe(status)
    expect(reply.headers.get('retry-after')).toBe('7')
  })

  test('leaves the request as it is', async () => {
    const request = asking('[[say hello]]', false)
    const before = { ...request, headers: [...request.headers], body: [...(request.body ?? [])] }
    await (await transport.send(request, running())).text()
    expect({
      ...request,
      headers: [...request.headers],
      body: [...(request.body ?? [])],
    }).toEqual(before)
  })

  test('sends nothing once the signal is aborted', async () => {
    expect(transport.send(asking('hello', false), AbortSignal.abort())).rejects.toThrow()
  })

  test('ends a body that is being read when the signal is aborted', async () => {
    const leaving = new AbortController()
    const reading = transport
      .send(asking('[[slow 60000]]', true), leaving.signal)
      .then(reply => reply.text())
      .catch(() => 'cut')
    await new Promise(setImmediate)
    leaving.abort()
    expect(await reading).not.toContain('[DONE]')
  })
})
