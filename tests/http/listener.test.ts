import { afterAll, describe, expect, test } from 'bun:test'
import { listening } from '../support/listening.ts'

const ROUTES =
  'providers: { a: { kind: openai-compatible, base-url: "http://a.test/v1", keys: [ k ], discover: false } }\n'
const answer = () =>
  Response.json({
    id: 'c',
    model: 'x',
    choices: [{ index: 0, message: { content: 'ok' }, finish_reason: 'stop' }],
  })
const gateway = listening(`${ROUTES}models: { m: a/x }\n`, answer)
const paged = listening(
  `${ROUTES}models: { m: a/x }\nserver: { origins: [ "http://localhost:3000" ] }\nremote-management: { secret-key: the-management-secret }\n`,
  answer,
)
const keyed = listening(`${ROUTES}models: { m: a/x }\napi-keys: [ key-of-alice ]\n`, answer)
afterAll(async () => {
  await gateway.listener.cut()
  await keyed.listener.cut()
  await paged.listener.cut()
})

const get = (path: string, host: string | undefined, more = ''): string =>
  `GET ${path} HTTP/1.${host === undefined ? 0 : 1}\r\n${host === undefined ? '' : `Host: ${host}\r\n`}${more}Connection: close\r\n\r\n`
const statusOf = (reply: string): number => Number(/^HTTP\/1\.1 (\d+)/.exec(reply)?.[1])

const BODY = '{"model":"m","messages":[{"role":"user","content":"hi"}]}'
const ASK = `POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`

describe('the path is what stands behind the host, however short that is', () => {
  test.each(['x', 'nas', 'n.a', '::', 'localhost', '127.0.0.1:80', '[::1]'])(
    'Host: %s',
    async host => {
      const own = await keyed.raw(get('/healthz', host))
      const shifted = await keyed.raw(get('/x/healthz', host))
      expect([statusOf(own), statusOf(shifted)]).toEqual(host === '::' ? [400, 400] : [200, 404])
      const listed = await keyed.raw(get('/v1/models?a=/b', host, 'x-api-key: key-of-alice\r\n'))
      expect(statusOf(listed)).toBe(host === '::' ? 400 : 200)
    },
  )

  test('without one there is a path all the same', async () => {
    expect(statusOf(await keyed.raw(get('/healthz', undefined)))).toBe(200)
    expect(await keyed.raw(get('/', undefined))).toContain('http://localhost/v1 (OpenAI)')
  })

  test('a request with a short host keeps its peer, its body and its end', async () => {
    const asked = ASK.replace('Host: 127.0.0.1', 'Host: x\r\nx-api-key: key-of-alice')
    const before = keyed.local.received.length
    const reply = await keyed.raw(asked.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'))
    expect(reply).toContain('x-jackfield-request-id')
    expect(keyed.local.received[before]?.text).toContain('"hi"')
  })
})

describe('what is no host is refused, and nothing else happens', () => {
  test.each([
    '',
    'a/b',
    'a?b',
    'u@h',
    'a b',
    'evil\\x',
    'x:99999',
    ':80',
    '%6c',
    'localhost, evil',
  ])('Host: %s', async host => {
    for (const [path, more] of [
      ['/v1/models', ''],
      ['/v1/responses', 'Upgrade: websocket\r\n'],
    ] as const) {
      const reply = await gateway.raw(get(path, host, more))
      expect([statusOf(reply), reply]).toEqual([400, expect.stringContaining('not a host name')])
    }
  })

  test('two Host headers', async () =>
    expect(
      statusOf(await gateway.raw(get('/v1/models', 'localhost', 'Host: evil.example\r\n'))),
    ).toBe(400))
})

describe('who calls without a key', () => {
  test.each([
    ['127.0.0.1', 200],
    ['localhost', 200],
    ['127.999.999.999', 400],
    ['nas', 403],
    ['evil.example', 403],
  ])('Host: %s: %d', async (host, status) =>
    expect(statusOf(await gateway.raw(get('/v1/models', host)))).toBe(status),
  )

  test('a WebSocket of a foreign page is not opened', async () => {
    for (const header of ['Origin: http://localhost:3000', 'Sec-Fetch-Site: cross-site']) {
      const upgrade = `Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n${header}\r\n`
      expect(statusOf(await gateway.raw(get('/v1/responses', '127.0.0.1', upgrade)))).toBe(403)
    }
  })

  test('who resets the connection at once has no address, and is not served', async () => {
    const { local, peers } = gateway
    const before = peers.length
    for (let time = 0; time < 30; time++) await gateway.rawThenReset(ASK)
    // Whatever was sent is dealt with before this.
    await gateway.raw(get('/healthz', '127.0.0.1'))
    const known = peers.slice(before).filter(peer => peer !== undefined)
    expect(local.received.length).toBe(known.length)
  })
})

describe('web pages', () => {
  const page = (origin: string) => ({ headers: { origin, 'sec-fetch-site': 'cross-site' } })
  const at = (path: string) => `http://127.0.0.1:${paged.listener.port}${path}`
  const asks = {
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'x-api-key',
  }

  test('one that is listed asks before it sends, sends, and reads the reply', async () => {
    const { headers } = page('http://localhost:3000')
    const asked = await fetch(at('/v1/chat/completions'), {
      method: 'OPTIONS',
      headers: { ...headers, ...asks },
    })
    expect(asked.status).toBe(204)
    expect(asked.headers.get('access-control-allow-headers')).toBe('x-api-key')
    const sent = await fetch(at('/v1/chat/completions'), { method: 'POST', body: BODY, headers })
    expect(sent.status).toBe(200)
    for (const reply of [asked, sent]) {
      expect(reply.headers.get('access-control-allow-origin')).toBe('http://localhost:3000')
      expect(reply.headers.get('vary')).toBe('Origin')
    }
  })

  test.each(['http://localhost:3001', 'null', 'http://localhost:3000.evil.example'])(
    '%s is not',
    async origin => {
      const { headers } = page(origin)
      const before = paged.local.received.length
      for (const method of ['OPTIONS', 'POST'])
        for (const gateway of [paged, keyed]) {
          const url = `http://127.0.0.1:${gateway.listener.port}/v1/chat/completions`
          const reply = await fetch(url, {
            method,
            headers,
            ...(method === 'POST' ? { body: BODY } : {}),
          })
          expect(reply.ok).toBe(false)
          expect(
            [...reply.headers.keys()].filter(name => name.startsWith('access-control')),
          ).toEqual([])
        }
      expect(paged.local.received.length).toBe(before)
    },
  )

  test('management has none', async () => {
    const { headers } = page('http://localhost:3000')
    const asked = await fetch(at('/v0/management/config.yaml'), {
      method: 'OPTIONS',
      headers: { ...headers, ...asks },
    })
    expect(asked.headers.get('access-control-allow-origin')).toBeNull()
  })
})
