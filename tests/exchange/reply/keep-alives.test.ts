import { describe, expect, test } from 'bun:test'
import type { JsonObject } from '../../../src/lib/json/json.ts'
import { fed, turns } from '../../support/fed-stream.ts'
import { framesOf } from '../../support/frames.ts'
import { streamFaults } from '../../support/grammar.ts'
import { renewedGateway } from '../../support/local-gateway.ts'
import type { Wire } from '../../support/read-reply.ts'
import { ENDING, FIRST, OPENING } from '../../support/replies.ts'
import { MODELS, pathOf, question, ROUTES, WIRES } from '../../support/wires.ts'

const EVERY_MS = 5_000
const KEPT_WARM = ROUTES.replace('policy: {', 'policy: { keepalive: 5s,')
/** What may be written to a client that waits, between any two events. */
const KEEP_ALIVE: Record<Wire, RegExp> = {
  anthropic: /event: ping\ndata: \{"type": "ping"\}\n\n/g,
  'openai-chat': /: keep-alive\n\n/g,
  'openai-responses': /(: keep-alive|event: keepalive\ndata: \{[^\n]*\})\n\n/g,
  gemini: /(?<=^|\n\n)\n/g,
}

/** What a client gets of an upstream that is silent for one keep-alive before each of the pieces. */
async function heard(client: Wire, upstream: Wire, pieces: readonly string[], path?: string) {
  const source = fed()
  const gateway = renewedGateway(KEPT_WARM, () => source.reply)
  const model = MODELS[upstream]
  const asking = gateway.call(path ?? pathOf(client, model, true), {
    json: question(client, model, true),
  })
  await turns()
  gateway.advance(EVERY_MS + 1)
  const text = (await asking).text()
  for (const piece of pieces) {
    await turns()
    gateway.advance(EVERY_MS + 1)
    await turns()
    source.say([piece])
  }
  await turns()
  source.end()
  return text
}

/** Every event cut in two. */
const halved = (events: readonly string[]): string[] =>
  events.flatMap(event => [event.slice(0, event.length / 2), event.slice(event.length / 2)])
const allOf = (wire: Wire): string[] => [...OPENING[wire], ...FIRST[wire], ...ENDING[wire]]

/** As @google/genai 1.x in Gemini CLI 0.61 reads a stream. */
function readAsGeminiCli(stream: string): { chunks: JsonObject[]; left: string } {
  const chunks: JsonObject[] = []
  let left = stream
  for (;;) {
    const match = /^\s*data: (.*)(?:\n\n|\r\r|\r\n\r\n)/.exec(left)
    if (!match) return { chunks, left }
    chunks.push(JSON.parse(match[1] ?? ''))
    left = left.slice(match[0].length)
  }
}

describe('a silent upstream: every event reaches the client whole', () => {
  describe.each([...WIRES])('%s passed', wire => {
    test('also where it is silent in the middle of an event', async () => {
      const text = await heard(wire, wire, halved(allOf(wire)))
      const keepAlives = text.match(KEEP_ALIVE[wire]) ?? []
      // The first is due before a word has come, and later ones also in the middle of an event.
      expect(keepAlives.length).toBeGreaterThan(3)
      const sent = allOf(wire).join('').replaceAll('served', MODELS[wire])
      expect(framesOf(text.replace(KEEP_ALIVE[wire], ''))).toEqual(framesOf(sent))
    })
  })

  const CLIENTS = WIRES.flatMap(client =>
    WIRES.filter(upstream => upstream !== client).map(upstream => [client, upstream] as const),
  )
  test.each(CLIENTS)('%s of %s', async (client, upstream) => {
    const text = await heard(client, upstream, halved(allOf(upstream)))
    expect((text.match(KEEP_ALIVE[client]) ?? []).length).toBeGreaterThan(3)
    expect(streamFaults(client, framesOf(text))).toEqual([])
  })
})

describe('Gemini CLI reads every chunk of a stream that was kept warm', () => {
  test.each([...WIRES])('of %s', async upstream => {
    const { chunks, left } = readAsGeminiCli(
      await heard('gemini', upstream, halved(allOf(upstream))),
    )
    expect(JSON.stringify(chunks)).toContain('fine')
    expect(left.trim()).toBe('')
  })

  test.each([...WIRES])('of %s, without alt=sse', async upstream => {
    const path = `/v1beta/models/${MODELS[upstream]}:streamGenerateContent`
    const text = await heard('gemini', upstream, halved(allOf(upstream)), path)
    expect(text).toMatch(/^\n/)
    expect(JSON.stringify(JSON.parse(text))).toContain('fine')
  })
})

describe('Responses: the keep-alive is an event, as soon as there is a response', () => {
  test.each([...WIRES])('of %s', async upstream => {
    const text = await heard('openai-responses', upstream, allOf(upstream))
    expect(text).toStartWith(': keep-alive\n\n')
    const events = framesOf(text).map(({ data }) => JSON.parse(data) as JsonObject)
    expect(events[0]?.type).toBe('response.created')
    expect(events.filter(({ type }) => type === 'keepalive').length).toBeGreaterThan(0)
    if (upstream === 'openai-responses') return
    expect(events.map(event => event.sequence_number)).toEqual(events.map((_, index) => index))
  })

  test('passed: it has the number of the event before it', async () => {
    const numbered = allOf('openai-responses').map((event, index) =>
      event.replace('data: {', `data: {"sequence_number": ${index},`),
    )
    const text = await heard('openai-responses', 'openai-responses', numbered)
    const numbers = framesOf(text).map(({ data }) => Number(JSON.parse(data).sequence_number))
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b))
    expect(numbers.at(-1)).toBe(numbered.length - 1)
  })
})
