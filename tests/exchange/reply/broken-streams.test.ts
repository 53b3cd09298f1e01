import { describe, expect, test } from 'bun:test'
import type { JsonObject } from '../../../src/lib/json/json.ts'
import { fed, turns } from '../../support/fed-stream.ts'
import { framesOf } from '../../support/frames.ts'
import { renewedGateway, streamOf } from '../../support/local-gateway.ts'
import type { Wire } from '../../support/read-reply.ts'
import { object, words } from '../../support/readers/seen.ts'
import { FIRST, OPENING, WORDS } from '../../support/replies.ts'
import { MODELS, pathOf, question, ROUTES, WIRES } from '../../support/wires.ts'

type Ending = 'cut' | 'end' | 'idle'
const ALL = WIRES.flatMap(client => WIRES.map(upstream => [client, upstream] as const))
const TIMED = ROUTES.replaceAll(
  'keys: [ k ] }',
  'keys: [ k ], timeout: { first-byte: 60s, idle: 60s } }',
)
const WAITING = TIMED.replace('policy: {', 'policy: { keepalive: 15s,')

/** What the client gets when its stream breaks off behind some words. */
async function broken(client: Wire, upstream: Wire, ending: Ending, more = ''): Promise<string[]> {
  const source = fed()
  const gateway = renewedGateway(
    TIMED.replace('policy: {', 'policy: { keepalive: 0,'),
    ({ signal }) => {
      signal.addEventListener('abort', source.cut)
      return source.reply
    },
  )
  const model = MODELS[upstream]
  const asking = gateway.call(pathOf(client, model, true), { json: question(client, model, true) })
  source.say([...OPENING[upstream], ...FIRST[upstream]])
  if (more) source.say([more])
  const reading = piecesOf(await asking)
  await turns()
  if (ending === 'cut') source.cut()
  else if (ending === 'end') source.end()
  else gateway.advance(60_001)
  return reading
}

/** The writes to the client's socket, each by itself. */
async function piecesOf(response: Response): Promise<string[]> {
  const decoder = new TextDecoder()
  const pieces: string[] = []
  const reader = response.body?.getReader()
  for (let read = await reader?.read(); read && !read.done; read = await reader?.read())
    pieces.push(decoder.decode(read.value))
  return pieces
}

/** The error that the last events tell: its type or code, and its words. */
function errorIn(client: Wire, stream: string): { type: string; message: string } {
  const events = framesOf(stream)
    .filter(({ data }) => data !== '[DONE]')
    .map(({ data }) => JSON.parse(data) as JsonObject)
  const last = events.at(-1) ?? {}
  const error = object(client === 'openai-responses' ? object(last.response).error : last.error)
  const type = client === 'openai-responses' ? error.code : (error.type ?? error.status)
  return { type: words(type), message: words(error.message) }
}

/** What each protocol's clients ask again after. */
const WORTH_RETRYING: Record<Wire, string> = {
  anthropic: 'overloaded_error',
  'openai-chat': 'server_error',
  'openai-responses': 'server_error',
  gemini: 'UNAVAILABLE',
}

describe('a broken stream ends with words and types on which clients retry', () => {
  test.each(ALL)('%s of %s: the connection is lost', async (client, upstream) => {
    const stream = (await broken(client, upstream, 'cut')).join('')
    const { type, message } = errorIn(client, stream)
    expect(stream).toContain(WORDS)
    expect(message).toContain(
      'connection lost in mid-stream (ECONNRESET); please retry your request',
    )
    expect(message).not.toContain('base-url')
    expect(type).toBe(WORTH_RETRYING[client])
  })

  test.each(ALL)('%s of %s: it ends without its terminal event', async (client, upstream) => {
    const { type, message } = errorIn(client, (await broken(client, upstream, 'end')).join(''))
    expect(message).toContain(
      "the upstream's stream ended without its terminal event (connection lost)",
    )
    expect(type).toBe(WORTH_RETRYING[client])
  })

  test.each(ALL)('%s of %s: the upstream falls silent', async (client, upstream) => {
    const { type, message } = errorIn(client, (await broken(client, upstream, 'idle')).join(''))
    expect(message).toContain('idle timeout after 60 s')
    expect(type).toBe(client === 'gemini' ? 'DEADLINE_EXCEEDED' : WORTH_RETRYING[client])
  })

  test.each([...WIRES])('%s: no first byte, the stream being open already', async client => {
    const gateway = renewedGateway(WAITING, () => new Promise<Response>(() => {}))
    const model = MODELS[client]
    const asking = gateway.call(pathOf(client, model, true), {
      json: question(client, model, true),
    })
    await turns()
    gateway.advance(15_001)
    const reading = piecesOf(await asking)
    await turns()
    gateway.advance(60_001)
    const { type, message } = errorIn(client, (await reading).join(''))
    expect(message).toContain('first-byte timeout')
    expect(type).toBe(client === 'gemini' ? 'DEADLINE_EXCEEDED' : WORTH_RETRYING[client])
  })
})

test.each([...WIRES])('%s passed: an event that was cut in two is left out', async wire => {
  const half = 'data: {"type":"content_block_delta","index":1,"halved_he'
  for (const ending of ['cut', 'end', 'idle'] as const) {
    const stream = (await broken(wire, wire, ending, half)).join('')
    expect(stream).not.toContain('halved_he')
    for (const { data } of framesOf(stream)) if (data !== '[DONE]') JSON.parse(data)
  }
})

describe('Responses passed: the failure belongs to the response that was begun', () => {
  test('its id, the next number, and no second beginning', async () => {
    const stream = (await broken('openai-responses', 'openai-responses', 'cut')).join('')
    const events = framesOf(stream).map(({ data }) => JSON.parse(data) as JsonObject)
    expect(events.filter(({ type }) => type === 'response.created')).toHaveLength(1)
    expect(events.at(-1)?.type).toBe('response.failed')
    expect(object(events.at(-1)?.response).id).toBe('resp_1')
  })
})

/** As @google/genai 1.x sees an error: a chunk of the network that is one JSON object. */
function errorForGeminiCli(pieces: readonly string[]): JsonObject | undefined {
  for (const piece of pieces) {
    try {
      return object(object(JSON.parse(piece)).error)
    } catch {}
  }
  return undefined
}

describe('a broken Gemini stream ends with the error as an event and as a bare object', () => {
  test.each(
    WIRES.flatMap(upstream =>
      (['cut', 'end', 'idle'] as const).map(ending => [upstream, ending] as const),
    ),
  )('of %s: %s', async (upstream, ending) => {
    const pieces = await broken('gemini', upstream, ending)
    expect(errorIn('gemini', pieces.join('')).message).not.toBe('')
    expect(errorForGeminiCli(pieces)?.code).toBe(ending === 'idle' ? 504 : 503)
  })

  test('also the error that the upstream sent as an event', async () => {
    const error = { code: 500, message: 'it broke', status: 'INTERNAL' }
    const pieces = await broken('gemini', 'gemini', 'end', `data: ${JSON.stringify({ error })}\n\n`)
    expect(pieces.join('').match(/data: \{"error"/g)).toHaveLength(1)
    expect(errorForGeminiCli(pieces)?.message).toContain('it broke')
  })

  test('also where it fails behind keep-alives', async () => {
    const gateway = renewedGateway(WAITING, () => new Promise<Response>(() => {}))
    const model = MODELS.gemini
    const asking = gateway.call(pathOf('gemini', model, true), {
      json: question('gemini', model, true),
    })
    await turns()
    gateway.advance(15_001)
    const reading = piecesOf(await asking)
    await turns()
    gateway.advance(60_001)
    expect(errorForGeminiCli(await reading)?.code).toBe(504)
  })

  test.each([...WIRES])('of %s without alt=sse: the last element of one array', async upstream => {
    const source = fed()
    const gateway = renewedGateway(ROUTES, () => source.reply)
    const path = `/v1beta/models/${MODELS[upstream]}:streamGenerateContent`
    const asking = gateway.call(path, { json: question('gemini', MODELS[upstream], true) })
    source.say([...OPENING[upstream], ...FIRST[upstream]])
    const text = (await asking).text()
    await turns()
    source.cut()
    const elements = JSON.parse(await text) as JsonObject[]
    expect(object(elements.at(-1)?.error).code).toBe(503)
  })
})

describe('an error inside a stream that is translated', () => {
  const SECRET = 'sk-upstream-0123456789abcdef'
  const KEYED = `
version: 1
providers:
  a: { kind: openai-compatible, base-url: "http://a.test/v1", keys: [ ${SECRET} ] }
models: { m: a/x }
policy: { request-retry: 0, keepalive: 0s }
server: { reply-limit: 1MB }
`
  const chunk = (content: string): string =>
    `data: ${JSON.stringify({ id: 'c', model: 'x', choices: [{ index: 0, delta: { content } }] })}\n\n`
  async function asked(...pieces: string[]) {
    const gateway = renewedGateway(KEYED, () => streamOf(pieces))
    const json = {
      model: 'm',
      stream: true,
      max_tokens: 9,
      messages: [{ role: 'user', content: 'hi' }],
    }
    const text = await (await gateway.call('/v1/messages', { json })).text()
    return { text, coolingDown: gateway.services.pool.states().length }
  }

  test('does not repeat the key that the upstream was asked with', async () => {
    const error = { message: `bad key ${SECRET}, go away`, code: 401 }
    const { text } = await asked(chunk('word'), `data: ${JSON.stringify({ error })}\n\n`)
    expect(text).toContain('event: error')
    expect(text).toContain('go away')
    expect(text).not.toContain(SECRET)
  })

  test('that is a limit of ours cools no credential down', async () => {
    const { text, coolingDown } = await asked(
      ...Array.from({ length: 20 }, () => chunk('x'.repeat(90_000))),
    )
    expect(text).toContain('raise server.reply-limit')
    expect(coolingDown).toBe(0)
  })
})
