import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createQuotas } from '../../src/credentials/quotas.ts'
import { createStateStore } from '../../src/store/state/local.ts'
import { readUsage } from '../../src/store/usage.ts'
import { type Running, start } from '../support/binary.ts'
import { PROTOCOLS, type Protocol, requests, STREAMS, WORDS } from '../support/counted-streams.ts'
import { fakeUpstream, type Upstream } from '../support/upstream.ts'

const KEY = 'the-key-of-ann-0001'
const SECRET = 'the-management-secret'
const PATHS: [Protocol, RegExp][] = [
  ['openai-chat', /chat\/completions/],
  ['anthropic', /\/messages/],
  ['gemini', /generateContent|streamGenerateContent/],
  ['openai-responses', /\/responses/],
]
/** Where the upstream stops for good, and goes on saying nothing. */
const HALF = WORDS.length / 2

let upstream: Upstream
let gateway: Running
let home: string
/** What the next request gets of its stream; `late`: nothing at all. */
let sends: 'all' | 'half' | 'late' = 'all'

const streamFor = (protocol: Protocol): string[] => {
  const { events } = STREAMS[protocol]
  if (sends === 'all') return events
  const half = events.findIndex(event => event.includes(`word${HALF - 1} `))
  return events.slice(0, half + 1)
}

beforeAll(async () => {
  upstream = fakeUpstream(({ path }) => {
    const protocol = PATHS.find(([, pattern]) => pattern.test(path))?.[0] ?? 'openai-chat'
    if (sends === 'late') return new Promise<Response>(() => {})
    const events = streamFor(protocol)
    async function* body(): AsyncGenerator<string> {
      for (const event of events) yield event
      await new Promise(() => {})
    }
    return new Response(body() as unknown as BodyInit, {
      headers: { 'content-type': 'text/event-stream' },
    })
  })
  home = mkdtempSync(join(tmpdir(), 'jackfield-home-'))
  const provider = (kind: string, path: string): string =>
    `{ kind: ${kind}, base-url: "${upstream.url}${path}", keys: [ k ], models: [ x ] }`
  gateway = await start(
    `
version: 1
providers:
  chat: ${provider('openai-compatible', '/v1')}
  claude: ${provider('anthropic-compatible', '')}
  google: ${provider('gemini', '')}
  resp: ${provider('openai-responses-compatible', '/v1')}
models: { openai-chat: chat/x, anthropic: claude/x, gemini: google/x, openai-responses: resp/x }
api-keys: [ { name: ann, key: ${KEY}, limits: { tokens-per-day: 10M } } ]
policy: { request-retry: 0, keepalive: 100ms }
remote-management: { secret-key: ${SECRET} }
`,
    { env: { JACKFIELD_HOME: home } },
  )
})
afterAll(async () => {
  await gateway.stop()
  await upstream.stop()
  rmSync(home, { recursive: true, force: true })
})

type Ended = {
  id: string
  asked: string
  status: number
  error?: string
  estimated?: boolean
  usage: { fresh?: number; cacheRead?: number; output?: number }
}

async function last(): Promise<Ended | undefined> {
  const response = await fetch(`${gateway.url}/v0/management/requests?limit=1`, {
    headers: { authorization: `Bearer ${SECRET}` },
  })
  const { requests: found } = (await response.json()) as { requests: Ended[] }
  return found[0]
}

/** How the request ended that is made meanwhile, once all is known of it. */
async function ended(model: string, act: () => Promise<void>): Promise<Ended> {
  const before = (await last())?.id
  await act()
  for (;;) {
    const found = await last()
    if (found && found.id !== before && found.usage.output !== undefined) {
      expect(found.asked).toBe(model)
      counted += inputOf(found) + found.usage.output
      return found
    }
    await new Promise(resolve => setImmediate(resolve))
  }
}

/** Tokens of all requests so far. */
let counted = 0

function inputOf({ usage: { fresh = 0, cacheRead = 0 } }: Ended): number {
  return fresh + cacheRead
}

/** Reads until a text is there and hangs up. */
async function readTo(client: Protocol, model: string, text: RegExp): Promise<void> {
  const [path, json] = requests[client](model, true)
  const leaving = new AbortController()
  const response = await fetch(`${gateway.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify(json),
    signal: leaving.signal,
  })
  const decoder = new TextDecoder()
  let read = ''
  for await (const chunk of response.body ?? []) {
    read += decoder.decode(chunk, { stream: true })
    if (text.test(read)) break
  }
  leaving.abort()
}

function onSocket(model: string, until: RegExp): Promise<void> {
  const options = { headers: { authorization: `Bearer ${KEY}` } }
  const socket = new WebSocket(
    `${gateway.url.replace('http', 'ws')}/v1/responses`,
    options as never,
  )
  return new Promise((resolve, reject) => {
    socket.onerror = () => reject(new Error('refused'))
    socket.onopen = () => {
      const [, json] = requests['openai-responses'](model, true)
      socket.send(JSON.stringify({ type: 'response.create', ...json }))
    }
    socket.onmessage = ({ data }) => {
      if (!until.test(String(data))) return
      socket.close()
      resolve()
    }
  })
}

const END: Record<Protocol, RegExp> = {
  'openai-chat': /data: \[DONE\]/,
  anthropic: /"message_stop"/,
  gemini: /"finishReason"/,
  'openai-responses': /"response\.completed"/,
}
const LAST_WORD = new RegExp(`word${WORDS.length - 1} `)

function isWhole(one: Ended): void {
  expect(one).toMatchObject({ status: 200, usage: { output: 123 } })
  expect(one).not.toHaveProperty('estimated')
  expect(inputOf(one)).toBe(321)
}

function isCut(one: Ended, words: number): void {
  expect(one).toMatchObject({ status: 499, estimated: true })
  expect(one.error).toStartWith('cancelled')
  expect(inputOf(one)).toBeGreaterThan(150)
  expect(one.usage.output).toBeGreaterThanOrEqual(words)
  expect(one.usage.output).toBeLessThanOrEqual(4 * words)
}

describe.each([...PROTOCOLS])('%s', client => {
  // Gemini's streams end with the connection, so others learn of the end only then.
  const upstreams = PROTOCOLS.filter(one => one === client || one !== 'gemini')

  test.each(upstreams)('read to the end and closed is complete: upstream %s', async model => {
    sends = 'all'
    isWhole(await ended(model, () => readTo(client, model, END[client])))
  })

  test.each([...PROTOCOLS])('left in the middle is counted so far: upstream %s', async model => {
    sends = 'half'
    const word = new RegExp(`word${HALF - 1} `)
    isCut(await ended(model, () => readTo(client, model, word)), HALF)
  })

  test.each([
    ['before anything is sent', false],
    ['after a keep-alive', true],
  ])('left before the first word, %s, is counted', async (_, waits) => {
    sends = 'late'
    isCut(await ended(client, () => reset(client, waits)), 0)
  })
})

/** Sends a request over a bare connection and resets it, at once or when something has come back. */
async function reset(client: Protocol, waits: boolean): Promise<void> {
  const [path, json] = requests[client](client, true)
  const body = JSON.stringify(json)
  const { hostname, port } = new URL(gateway.url)
  const socket = connect(Number(port), hostname)
  const answered = new Promise(resolve => socket.once('data', resolve))
  const head = [
    `POST ${path} HTTP/1.1`,
    `host: ${hostname}`,
    `authorization: Bearer ${KEY}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
  ]
  const before = upstream.received.length
  socket.write(`${head.join('\r\n')}\r\n\r\n${body}`)
  while (upstream.received.length === before) await new Promise(resolve => setImmediate(resolve))
  if (waits) await answered
  socket.resetAndDestroy()
}

describe('over a WebSocket', () => {
  test.each(PROTOCOLS.filter(one => one !== 'gemini'))('upstream %s', async model => {
    sends = 'all'
    isWhole(await ended(model, () => onSocket(model, /"response\.completed"/)))
    const almost = await ended(model, () => onSocket(model, LAST_WORD))
    expect(almost.usage.output).toBeGreaterThanOrEqual(WORDS.length)
    sends = 'half'
    isCut(await ended(model, () => onSocket(model, new RegExp(`word${HALF - 1} `))), HALF)
  })
})

test('what was counted is on disk, for usage and for the budget, and nothing stays reserved', async () => {
  await gateway.stop()
  const rows = readUsage(home, 0) ?? []
  const used = rows.reduce((sum, row) => sum + row.fresh + row.cacheRead + row.output, 0)
  expect(used).toBe(counted)
  const state = createStateStore({ folder: home, now: Date.now, warn() {} })
  expect(createQuotas({ now: Date.now, state }).today('ann').tokens).toBe(counted)
  state.close()
})
