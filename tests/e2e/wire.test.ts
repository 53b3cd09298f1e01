import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { type Running, start } from '../support/binary.ts'
import { fakeUpstream, rudeUpstream } from '../support/upstream.ts'

const chat = (url: string, body: object, init: RequestInit = {}) =>
  fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'x' }], ...body }),
    ...init,
  })
const OK = {
  id: 'c',
  model: 'x',
  choices: [{ index: 0, message: { role: 'assistant', content: 'ok' }, finish_reason: 'stop' }],
}

describe('on real sockets', () => {
  test.each([
    ['a refused connection', () => ({ url: 'http://127.0.0.1:9', stop: async () => {} })],
    ['a connection that is reset', () => rudeUpstream('')],
    [
      'a reply that is cut',
      () =>
        rudeUpstream(
          'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{"id"',
        ),
    ],
  ])('%s fails over', async (_, make) => {
    const bad = make()
    const good = fakeUpstream(() => Response.json(OK))
    const gateway = await start(
      `version: 1\nproviders:\n  bad: { kind: openai-compatible, base-url: "${bad.url}/v1", keys: [ k ] }\n  good: { kind: openai-compatible, base-url: "${good.url}/v1", keys: [ k ] }\nmodels: { m: [ bad/x, good/x ] }\n`,
    )
    const response = await chat(gateway.url, {})
    expect(response.status).toBe(200)
    expect(response.headers.get('x-jackfield-provider')).toBe('good/x')
    await gateway.stop()
    await good.stop()
    await bad.stop()
  })

  test.each([[true], [false]])(
    'a client that goes away cancels the upstream request (stream: %p)',
    async stream => {
      const upstream = fakeUpstream(() =>
        stream
          ? new Response(
              new ReadableStream({
                start: c =>
                  c.enqueue(
                    new TextEncoder().encode(
                      'data: {"id":"c","model":"x","choices":[{"index":0,"delta":{"content":"a"}}]}\n\n',
                    ),
                  ),
              }),
              { headers: { 'content-type': 'text/event-stream' } },
            )
          : new Promise<Response>(() => {}),
      )
      const gateway = await start(
        `version: 1\nproviders: { up: { kind: openai-compatible, base-url: "${upstream.url}/v1", keys: [ k ] } }\nmodels: { m: up/x }\n`,
      )
      const client = new AbortController()
      const asking = chat(gateway.url, { stream }, { signal: client.signal })
      if (stream) await (await asking).body?.getReader().read()
      while (upstream.received.length === 0) await fetch(`${gateway.url}/healthz`)
      client.abort()
      await asking.catch(() => {})
      await upstream.received[0]?.aborted
      await gateway.stop()
      await upstream.stop()
    },
  )

  test('compressed replies are unpacked, not passed on half described', async () => {
    const upstream = fakeUpstream(
      () =>
        new Response(Bun.gzipSync(JSON.stringify(OK)), {
          headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
        }),
    )
    const gateway = await start(
      `version: 1\nproviders: { up: { kind: openai-compatible, base-url: "${upstream.url}/v1", keys: [ k ] } }\nmodels: { m: up/x }\n`,
    )
    const response = await chat(gateway.url, {})
    expect(response.headers.get('content-encoding')).toBeNull()
    expect(((await response.json()) as typeof OK).choices[0]?.message.content).toBe('ok')
    await gateway.stop()
    await upstream.stop()
  })
})

describe('the built-in pages', () => {
  let gateway: Running
  beforeAll(async () => {
    gateway = await start(
      'version: 1\nproviders: { echo: { kind: echo } }\nmodels: { my-model: echo/echo }\n',
    )
  })
  afterAll(async () => {
    await gateway.stop()
  })

  test('HEAD /, /healthz and the schema', async () => {
    expect((await fetch(gateway.url, { method: 'HEAD' })).status).toBe(200)
    expect(await (await fetch(`${gateway.url}/healthz`)).json()).toEqual({ status: 'ok' })
    expect(
      Object.keys((await (await fetch(`${gateway.url}/routes.schema.json`)).json()) as object),
    ).toContain('properties')
  })

  test('the API description has every endpoint and today model names', async () => {
    const api = (await (await fetch(`${gateway.url}/swagger/json`)).json()) as {
      paths: Record<string, object>
    }
    expect(Object.keys(api.paths).sort()).toEqual(
      [
        '/healthz',
        '/routes.schema.json',
        '/v1/audio/speech',
        '/v1/audio/transcriptions',
        '/v1/audio/translations',
        '/v1/chat/completions',
        '/v1/completions',
        '/v1/embeddings',
        '/v1/images/edits',
        '/v1/images/generations',
        '/v1/images/variations',
        '/v1/messages',
        '/v1/messages/count_tokens',
        '/v1/models',
        '/v1/models/{id}',
        '/v1/responses',
        '/v1/responses/compact',
        '/v1/responses/{id}',
        '/v1/responses/input_tokens',
        '/v1beta/models',
        '/v1beta/models/{model}:batchEmbedContents',
        '/v1beta/models/{model}:countTokens',
        '/v1beta/models/{model}:embedContent',
        '/v1beta/models/{model}:generateContent',
        '/v1beta/models/{model}:streamGenerateContent',
      ].sort(),
    )
    expect(JSON.stringify(api.paths['/v1/messages'])).toContain('my-model')
  })

  const chromium = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find(path => existsSync(path))
  if (!chromium) console.warn('SKIPPING the browser test: chromium is not installed')
  test.skipIf(!chromium)(
    'the API page works in a browser and asks nobody outside',
    async () => {
      const { chromium: browsers } = await import('playwright-core')
      const browser = await browsers.launch({
        executablePath: chromium ?? '',
        args: [
          '--no-sandbox',
          '--disable-gpu',
          '--disable-quic',
          '--disable-background-networking',
          '--disable-component-update',
          '--disable-sync',
        ],
      })
      try {
        const page = await browser.newPage()
        const outside: string[] = []
        const errors: string[] = []
        page.on('request', request => {
          if (!request.url().startsWith(gateway.url) && !request.url().startsWith('data:'))
            outside.push(request.url())
        })
        page.on('pageerror', error => errors.push(error.message))
        page.on('console', message => {
          if (message.type() === 'error') errors.push(message.text())
        })
        await page.goto(`${gateway.url}/swagger`)
        await page.getByText('Send messages (Anthropic)').waitFor()
        await page.getByText('Complete a chat (OpenAI)', { exact: true }).click()
        await page.getByText('my-model').first().waitFor()
        if (process.env.JACKFIELD_SCREENSHOT)
          await page.screenshot({ path: process.env.JACKFIELD_SCREENSHOT, fullPage: true })
        expect(outside).toEqual([])
        expect(errors).toEqual([])
      } finally {
        await browser.close()
      }
    },
    60_000,
  )
})
