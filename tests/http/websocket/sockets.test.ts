import { afterAll, describe, expect, test } from 'bun:test'
import { buildApp } from '../../../src/http/app.ts'
import { listening } from '../../support/listening.ts'
import { localGateway, streamOf } from '../../support/local-gateway.ts'

const ROUTES = `
providers: { a: { kind: openai-responses-compatible, base-url: "http://a.test/v1", keys: [ k ], discover: false } }
models: { m: a/x }
`
const SMALL = `${ROUTES}server: { body-limit: 20kB }\n`
const done = { id: 'r', model: 'x', status: 'completed', output: [] }
const answer = () =>
  streamOf([`data: ${JSON.stringify({ type: 'response.completed', response: done })}\n\n`])
const gateway = listening(SMALL, answer)
afterAll(() => gateway.listener.cut())

const frame = (characters: number): string =>
  JSON.stringify({ type: 'response.create', model: 'm', input: 'x'.repeat(characters) })

/** What comes back for one frame: the first event, or the code with which the connection ends. */
function reply(text: string): Promise<{ event?: string; closed?: number }> {
  const { promise, resolve } = Promise.withResolvers<{ event?: string; closed?: number }>()
  const socket = new WebSocket(`ws://127.0.0.1:${gateway.listener.port}/v1/responses`)
  socket.onopen = () => socket.send(text)
  socket.onmessage = ({ data }) => {
    resolve({ event: String(data) })
    socket.close()
  }
  socket.onclose = ({ code }) => resolve({ closed: code })
  return promise
}

describe('a frame is as long as a body may be', () => {
  test('one that fits is answered', async () =>
    expect((await reply(frame(1_000))).event).toContain('response.completed'))

  test('one that is a little too long is refused with what to do', async () =>
    expect((await reply(frame(30_000))).event).toContain('raise server.body-limit'))

  test('one that is far too long ends the connection', async () =>
    expect(await reply(frame(3_000_000))).toEqual({ closed: 1009 }))

  test('its length alone decides: the frame is not read', async () => {
    const { port } = gateway.listener
    const { promise, resolve } = Promise.withResolvers<string>()
    let seen = ''
    const socket = await Bun.connect({
      hostname: '127.0.0.1',
      port,
      socket: {
        data(self, bytes) {
          seen += bytes.toString('latin1')
          if (!seen.includes('\r\n\r\n') || seen.includes('sent')) return
          seen += 'sent'
          const head = Buffer.alloc(14)
          head[0] = 0x81
          head[1] = 0x80 | 127
          head.writeBigUInt64BE(300_000_000n, 2)
          self.write(head)
        },
        close: () => resolve(seen),
      },
    })
    socket.write(
      `GET /v1/responses HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
    )
    expect(await promise).toContain('101 Switching Protocols')
  })

  test('a limit that a reload has raised holds for the next connection', async () => {
    const before = gateway.live.current
    const raised = localGateway(`${ROUTES}server: { body-limit: 9MB }\n`, answer).gateway
    gateway.live.current = { gateway: raised, app: buildApp(raised) }
    expect((await reply(frame(3_000_000))).event).toContain('response.completed')
    gateway.live.current = before
    expect((await reply(frame(30_000))).event).toContain('raise server.body-limit')
  })
})
