import { afterEach, describe, expect, test } from 'bun:test'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { listenForCallback } from '../../../src/cli/login/callback-listener.ts'
import type { CallbackPage } from '../../../src/credentials/oauth/browser-sign-in.ts'
import type { CallbackParameters } from '../../../src/credentials/oauth/callback.ts'

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(listening => server.listen(0, '127.0.0.1', () => listening()))
  const { port } = server.address() as AddressInfo
  await new Promise(closed => server.close(closed))
  return port
}

async function listening(page: CallbackPage = { ok: true, message: 'signed in' }) {
  const port = await freePort()
  const taken: (CallbackParameters | undefined)[] = []
  const flow = { redirectPort: port, redirectPath: '/callback' }
  const close = await listenForCallback(flow, async callback => {
    taken.push(callback)
    return page
  })
  closing.push(close)
  return { port, taken, close, flow, url: `http://127.0.0.1:${port}` }
}

describe('the callback listener', () => {
  test('takes the redirect and shows the browser what came of it', async () => {
    const { url, taken } = await listening()
    const reply = await fetch(`${url}/callback?code=c&state=s`)
    expect(reply.status).toBe(200)
    expect(reply.headers.get('cache-control')).toBe('no-store')
    expect(await reply.text()).toContain('<h1>Signed in</h1><p>signed in</p>')
    expect(taken).toMatchObject([{ code: 'c', state: 's' }])
  })

  test('shows a refusal as text, whatever it holds', async () => {
    const { url } = await listening({ ok: false, message: '<script>alert("x")</script>' })
    const reply = await fetch(`${url}/callback?error=e&state=s`)
    expect(reply.status).toBe(400)
    const page = await reply.text()
    expect(page).toContain('<h1>Not signed in</h1>')
    expect(page).not.toContain('<script>')
  })

  test.each([
    ['another path', '/favicon.ico', 'GET'],
    ['a path below it', '/callback/more?code=c&state=s', 'GET'],
    ['another method', '/callback?code=c&state=s', 'POST'],
  ])('does not take %s', async (_, path, method) => {
    const { url, taken } = await listening()
    expect((await fetch(url + path, { method })).status).toBe(404)
    expect(taken).toEqual([])
  })

  test('names the remedy where the port is used', async () => {
    const { flow, port } = await listening()
    const again = listenForCallback(flow, async () => ({ ok: true, message: '' }))
    await expect(again).rejects.toThrow(`port ${port} is used by another program`)
    await expect(again).rejects.toThrow('end that program')
  })

  test('leaves the port when it is closed', async () => {
    const { flow, close } = await listening()
    close()
    closing.push(await listenForCallback(flow, async () => ({ ok: true, message: '' })))
  })
})
