import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { connect } from 'node:net'
import type { Server } from 'bun'
import { createProxies, isExempt } from '../../../src/exchange/upstream/proxies.ts'
import { openSocksBridge } from '../../../src/lib/net/socks-bridge.ts'
import { localGateway } from '../../support/local-gateway.ts'
import { type SocksServer, startSocksServer } from '../../support/socks-server.ts'

let upstream: Server<unknown>
let open: SocksServer
let locked: SocksServer

beforeAll(async () => {
  upstream = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    async fetch(request) {
      const { pathname, search } = new URL(request.url)
      return new Response(`${request.method} ${pathname}${search} ${await request.text()}`)
    },
  })
  open = await startSocksServer()
  locked = await startSocksServer('pass:word')
})
afterAll(async () => {
  await upstream.stop(true)
  open.stop()
  locked.stop()
})

describe('a SOCKS proxy', () => {
  test('is reached through a bridge, names looked up there', async () => {
    const proxies = createProxies({})
    const url = `http://upstream.test:${upstream.port}/a?b=1`
    const option = await proxies.optionFor(`socks5h://127.0.0.1:${open.port}`, url)
    for (const words of ['one', 'two']) {
      const reply = await fetch(url, {
        method: 'POST',
        body: words,
        ...(option as { proxy: string }),
      })
      expect(await reply.text()).toBe(`POST /a?b=1 ${words}`)
    }
    expect(open.asked).toContain(`@upstream.test:${upstream.port}`)
    // One bridge for one proxy.
    expect(await proxies.optionFor(`socks5h://127.0.0.1:${open.port}`, url)).toEqual(option)
  })

  test('is let go of once no file names it; one that stays keeps its bridge', async () => {
    const proxies = createProxies({}, 0)
    const url = `http://127.0.0.1:${upstream.port}/x`
    const [stays, goes] = [`socks5://127.0.0.1:${open.port}`, `socks5h://127.0.0.1:${open.port}`]
    const kept = await proxies.optionFor(stays, url)
    const gone = (await proxies.optionFor(goes, url)) as { proxy: string }
    proxies.keep(new Set([stays]))
    while (await listens(new URL(gone.proxy).port)) await new Promise(setImmediate)
    expect(await proxies.optionFor(stays, url)).toEqual(kept)
    const anew = (await proxies.optionFor(goes, url)) as { proxy: string }
    expect(anew.proxy).not.toBe(gone.proxy)
    expect(await (await fetch(url, { method: 'POST', body: 'hi', ...anew })).text()).toBe(
      'POST /x hi',
    )
  })

  test('with a name and a password', async () => {
    const url = `http://127.0.0.1:${upstream.port}/x`
    const written = `socks5://ann:pass%3Aword@127.0.0.1:${locked.port}`
    const option = await createProxies({}).optionFor(written, url)
    const reply = await fetch(url, { method: 'POST', body: 'hi', ...(option as { proxy: string }) })
    expect(await reply.text()).toBe('POST /x hi')
    expect(locked.asked.at(-1)).toBe(`ann@127.0.0.1:${upstream.port}`)
  })

  test('tunnels, as encrypted requests need it, for no client without the bridge’s password', async () => {
    const bridge = await openSocksBridge(`socks5://127.0.0.1:${open.port}`)
    const { port, username, password } = new URL(bridge.url)
    const through = (authorization: string): Promise<string> =>
      new Promise(resolve => {
        const socket = connect(Number(port), '127.0.0.1')
        let heard = ''
        let asked = false
        socket.on('data', data => {
          heard += data.toString()
          if (heard.startsWith('HTTP/1.1 200') && !asked) {
            asked = true
            socket.write('GET /tunnel HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')
          }
        })
        socket.on('close', () => resolve(heard))
        socket.write(
          `CONNECT 127.0.0.1:${upstream.port} HTTP/1.1\r\n${authorization}host: x\r\n\r\n`,
        )
      })
    const basic = Buffer.from(`${username}:${password}`).toString('base64')
    expect(await through(`Proxy-Authorization: Basic ${basic}\r\n`)).toContain('GET /tunnel')
    expect(await through('')).toStartWith('HTTP/1.1 407')
    bridge.close()
  })

  test('that is down is a failure like any other', async () => {
    const bridge = await openSocksBridge('socks5://127.0.0.1:9')
    const reply = await fetch(`http://127.0.0.1:${upstream.port}/`, { proxy: bridge.url })
    expect(reply.status).toBe(502)
    bridge.close()
  })
})

test('NO_PROXY', () => {
  expect(isExempt('localhost, .corp.test,10.0.0.1', 'api.corp.test')).toBe(true)
  expect(isExempt('corp.test', 'corp.test')).toBe(true)
  expect(isExempt('corp.test', 'notcorp.test')).toBe(false)
  expect(isExempt('*', 'anything')).toBe(true)
  expect(isExempt('', 'anything')).toBe(false)
})

test('a key’s proxy goes before its provider’s, and that before the server’s', async () => {
  const gateway = localGateway(
    `
version: 1
server: { proxy-url: "http://server-proxy:1" }
providers:
  a: { kind: openai-compatible, base-url: "http://a.test/v1", keys: [ k ] }
  b: { kind: openai-compatible, base-url: "http://b.test/v1", keys: [ k ], proxy-url: "http://b-proxy:1" }
  c: { kind: openai-compatible, base-url: "http://c.test/v1", keys: [ { key: k, proxy-url: "http://c-proxy:1" } ], proxy-url: "http://unused:1" }
  d: { kind: openai-compatible, base-url: "http://d.test/v1", keys: [ k ], proxy-url: direct }
  e: { kind: openai-compatible, base-url: "http://inside.corp.test/v1", keys: [ k ] }
logging: { level: error }
`,
    () => Response.json({ id: 'c', model: 'm', choices: [] }),
    { NO_PROXY: 'corp.test' },
  )
  for (const provider of ['a', 'b', 'c', 'd', 'e'])
    await gateway.call('/v1/chat/completions', {
      json: { model: `${provider}/m`, messages: [{ role: 'user', content: 'x' }] },
    })
  const used = new Map(gateway.received.map(({ url, proxy }) => [new URL(url).host, proxy]))
  expect([...used.values()]).toEqual([
    'http://server-proxy:1',
    'http://b-proxy:1',
    'http://c-proxy:1',
    false,
    false,
  ])
})

function listens(port: string): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(Number(port), '127.0.0.1', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
}
