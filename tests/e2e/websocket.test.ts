import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { JsonObject } from '../../src/lib/json/json.ts'
import { type Running, start } from '../support/binary.ts'
import { list, object, words } from '../support/readers/seen.ts'
import { captures, sharedMissing } from '../support/shared.ts'

let gateway: Running
const sockets: Socket[] = []

beforeAll(async () => {
  gateway = await start(`
version: 1
providers: { echo: { kind: echo } }
models: { m: echo/echo, gpt-5.5: echo/echo }
api-keys: [ { name: me, key: my-key } ]
server: { body-limit: 200kB }
`)
})
afterAll(async () => {
  for (const socket of sockets) socket.close()
  await gateway.stop()
})

/** A client on a socket: sends frames, and waits for the events of one answer. */
class Socket {
  private readonly events: JsonObject[] = []
  private wake: () => void = () => {}
  private readonly ws: WebSocket
  readonly opened: Promise<void>
  readonly closed: Promise<number>
  /** The first event has come. */
  readonly begun: Promise<void>

  constructor(url: string, key = 'my-key') {
    const options = { headers: { authorization: `Bearer ${key}` } }
    this.ws = new WebSocket(`${url.replace('http', 'ws')}/v1/responses`, options as never)
    this.opened = new Promise((resolve, reject) => {
      this.ws.onopen = () => resolve()
      this.ws.onerror = () => reject(new Error('refused'))
    })
    this.closed = new Promise(resolve => {
      this.ws.onclose = ({ code }) => resolve(code)
    })
    let begin: () => void = () => {}
    this.begun = new Promise(resolve => {
      begin = resolve
    })
    this.ws.onmessage = ({ data }) => {
      begin()
      this.events.push(JSON.parse(String(data)) as JsonObject)
      this.wake()
    }
    sockets.push(this)
  }

  send(frame: JsonObject | string): void {
    this.ws.send(typeof frame === 'string' ? frame : JSON.stringify(frame))
  }

  close(): void {
    this.ws.close()
  }

  /** Everything up to and with a terminal event. */
  async answer(): Promise<JsonObject[]> {
    for (;;) {
      const end = this.events.findIndex(({ type }) =>
        /^(error|response\.(completed|incomplete|failed))$/.test(words(type)),
      )
      if (end !== -1) return this.events.splice(0, end + 1)
      await new Promise<void>(resolve => {
        this.wake = resolve
      })
    }
  }
}

async function connected(): Promise<Socket> {
  const socket = new Socket(gateway.url)
  await socket.opened
  return socket
}

const TOOLS = [{ type: 'function', name: 'f', parameters: { type: 'object', properties: {} } }]
const create = (more: JsonObject): JsonObject => ({
  type: 'response.create',
  model: 'm',
  store: false,
  ...more,
})

describe('Responses over a WebSocket', () => {
  test('warm-up, a turn with only what is new, a tool result with only what is new', async () => {
    const socket = await connected()
    const developer = { type: 'message', role: 'developer', content: 'be brief' }
    socket.send(create({ generate: false, input: [developer], tools: TOOLS }))
    const warm = await socket.answer()
    expect(warm.map(({ type }) => type)).toEqual([
      'response.created',
      'response.in_progress',
      'response.completed',
    ])
    const first = words(object(warm.at(-1)?.response).id)
    socket.send(
      create({
        previous_response_id: first,
        input: [{ type: 'message', role: 'user', content: '[[call f {"a":1}]]' }],
        tools: TOOLS,
      }),
    )
    const turn = await socket.answer()
    expect(turn.map(({ sequence_number }) => sequence_number)).toEqual(turn.map((_, at) => at))
    const response = object(turn.at(-1)?.response)
    const [call] = list(response.output)
    expect(call).toMatchObject({ type: 'function_call', name: 'f', arguments: '{"a":1}' })
    socket.send(
      create({
        previous_response_id: response.id ?? '',
        input: [{ type: 'function_call_output', call_id: call?.call_id ?? '', output: '42' }],
        tools: TOOLS,
      }),
    )
    const last = object((await socket.answer()).at(-1)?.response)
    expect(JSON.stringify(last.output)).toContain('The tool answered: 42')
    socket.close()
  })

  test('several at once are answered in their order', async () => {
    const socket = await connected()
    for (const word of ['one', 'two', 'three'])
      socket.send(create({ input: [{ role: 'user', content: `[[say ${word}]]` }] }))
    for (const word of ['one', 'two', 'three'])
      expect(JSON.stringify((await socket.answer()).at(-1))).toContain(word)
    socket.close()
  })

  test('errors are frames, and the socket stays open', async () => {
    const socket = await connected()
    const fault = async (frame: JsonObject | string): Promise<JsonObject> => {
      socket.send(frame)
      return (await socket.answer()).at(-1) ?? {}
    }
    expect(await fault('not json')).toMatchObject({ type: 'error', status: 400 })
    expect(await fault({ type: 'session.update' })).toMatchObject({ status: 400 })
    expect(await fault(create({ model: 'nobody', input: [] }))).toMatchObject({
      status: 404,
      error: { code: 'model_not_found' },
    })
    expect(await fault(create({ previous_response_id: 'resp_jf_gone', input: [] }))).toMatchObject({
      status: 400,
      error: { code: 'previous_response_not_found' },
    })
    expect(await fault(create({ input: 'x'.repeat(300_000) }))).toMatchObject({ status: 413 })
    const refused = await fault(
      create({ input: [{ role: 'user', content: '[[fail 400 no such thing]]' }] }),
    )
    expect(refused).toMatchObject({ status: 400, error: { message: 'no such thing' } })
    socket.send(create({ input: [{ role: 'user', content: '[[say still here]]' }] }))
    expect(JSON.stringify((await socket.answer()).at(-1))).toContain('still here')
    socket.close()
  })

  test('a wrong key does not get in', async () => {
    const socket = new Socket(gateway.url, 'wrong')
    expect(socket.opened).rejects.toThrow('refused')
    await socket.closed
    const plain = await fetch(`${gateway.url}/v1/responses`, { headers: { upgrade: 'websocket' } })
    expect(plain.status).toBe(401)
  })

  test('a client that goes away leaves nothing running', async () => {
    const socket = await connected()
    socket.send(create({ input: [{ role: 'user', content: '[[slow 20]] [[repeat 4000 word]]' }] }))
    socket.close()
    await socket.closed
    const next = await connected()
    next.send(create({ input: [{ role: 'user', content: '[[say fine]]' }] }))
    expect(JSON.stringify((await next.answer()).at(-1))).toContain('fine')
    next.close()
  })

  describe.skipIf(sharedMissing)('as Codex sends it', () => {
    test('its own frames', async () => {
      const frames = captures('/v1/responses', 'WS')
      expect(frames).toHaveLength(3)
      const socket = await connected()
      let previous = ''
      for (const { body } of frames) {
        socket.send({ ...body, ...(previous ? { previous_response_id: previous } : {}) })
        const response = object((await socket.answer()).at(-1)?.response)
        expect(response.status).toBe('completed')
        previous = words(response.id)
      }
      socket.close()
    })
  })

  test('a stopping gateway closes it', async () => {
    const other = await start('version: 1\nproviders: { echo: { kind: echo } }\n')
    const socket = new Socket(other.url)
    await socket.opened
    expect(await other.stop()).toBe(0)
    expect(await socket.closed).toBe(1001)
  })

  test('while turns finish, a stopping gateway takes no new connections', async () => {
    const other = await start('version: 1\nproviders: { echo: { kind: echo } }\n')
    const socket = new Socket(other.url)
    await socket.opened
    socket.send(
      create({
        model: 'echo/echo',
        input: [{ role: 'user', content: '[[slow 30]] [[repeat 60 word]]' }],
      }),
    )
    await socket.begun
    other.signal('SIGTERM')
    await other.said('stopping')
    await expect(fetch(`${other.url}/healthz`)).rejects.toThrow()
    await expect(new Socket(other.url).opened).rejects.toThrow('refused')
    expect((await socket.answer()).at(-1)?.type).toBe('response.completed')
    expect(await socket.closed).toBe(1001)
    expect(await other.exited).toBe(0)
  })
})
