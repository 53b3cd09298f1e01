import { describe, expect, test } from 'bun:test'
import { collect } from '../../../src/conversation/index.ts'
import type { JsonObject } from '../../../src/lib/json/json.ts'
import { decodeStream } from '../../../src/protocols/gemini/stream/decode.ts'
import { type LocalGateway, renewedGateway, streamOf } from '../../support/local-gateway.ts'
import type { Seen, Wire } from '../../support/read-reply.ts'
import { list, object } from '../../support/readers/seen.ts'
import { ask, seenIn, WIRES } from '../../support/wires.ts'

const FOREIGN = WIRES.filter(wire => wire !== 'gemini')
const USAGE = { promptTokenCount: 5, candidatesTokenCount: 4, totalTokenCount: 9 }

/** Two upstreams, of which the first replies as given and the second says "fine". */
const ROUTES = `
version: 1
providers:
  bad: { kind: gemini, base-url: "http://bad.test", keys: [ k ], models: [ served ] }
  good: { kind: gemini, base-url: "http://good.test", keys: [ k ], models: [ served ] }
models:
  of-gemini: bad/served
  safe: [ bad/served, good/served ]
policy: { request-retry: 0 }
logging: { level: error }
`

const said = (parts: JsonObject[], more: JsonObject = {}): JsonObject => ({
  candidates: [{ content: { role: 'model', parts }, index: 0, ...more }],
  modelVersion: 'served',
  responseId: 'r1',
  usageMetadata: USAGE,
})

/** An upstream that says the chunks, as a stream or as the one whole reply that they are. */
function upstreamOf(chunks: readonly JsonObject[]): LocalGateway {
  return renewedGateway(ROUTES, ({ url }) => {
    const own = url.startsWith('http://bad.test')
    const replies = own ? chunks : [said([{ text: 'fine' }], { finishReason: 'STOP' })]
    return url.includes('streamGenerateContent')
      ? streamOf(replies.map(chunk => `data: ${JSON.stringify(chunk)}\n\n`))
      : Response.json(replies[0])
  })
}

async function seen(chunks: JsonObject[], client: Wire, stream: boolean): Promise<Seen> {
  return seenIn(client, await ask(upstreamOf(chunks), client, 'gemini', stream))
}

/** `safe` has a second target. */
async function fallback(chunks: JsonObject[], stream: boolean): Promise<string> {
  const json = { model: 'safe', stream, messages: [{ role: 'user', content: 'hi' }] }
  const response = await upstreamOf(chunks).call('/v1/chat/completions', { json })
  return (await seenIn('openai-chat', response)).text
}

describe('a blocked prompt is a refusal', () => {
  const reasons = [
    'SAFETY',
    'OTHER',
    'BLOCKLIST',
    'MODEL_ARMOR',
    'JAILBREAK',
    'SOMETHING_NEW',
    1,
    7,
  ]
  const blocked = (blockReason: string | number, words?: string): JsonObject => ({
    promptFeedback: { blockReason, ...(words ? { blockReasonMessage: words } : {}) },
    modelVersion: 'served',
    responseId: 'r1',
    usageMetadata: { promptTokenCount: 5, totalTokenCount: 5 },
  })
  for (const reason of reasons)
    for (const client of FOREIGN)
      for (const stream of [false, true])
        test(`${reason} for ${client}${stream ? ', streamed' : ''}`, async () => {
          const { stop, error, text } = await seen([blocked(reason)], client, stream)
          expect({ stop, error, text }).toEqual({ stop: 'refusal', error: undefined, text: '' })
        })

  for (const client of FOREIGN)
    for (const stream of [false, true])
      test(`its message is handed on to ${client}${stream ? ', streamed' : ''}`, async () => {
        const gateway = upstreamOf([blocked('MODEL_ARMOR', 'blocked by template')])
        const text = await (await ask(gateway, client, 'gemini', stream)).text()
        expect(text).toContain('blocked by template')
      })
})

describe('a finish reason', () => {
  const refusals = ['SAFETY', 'MODEL_ARMOR', 'JAILBREAK', 'IMAGE_RECITATION', 'LANGUAGE', 3, 8]
  for (const reason of refusals)
    test(`${reason} is a refusal`, async () => {
      for (const stream of [false, true]) {
        const chunk = said([], { finishReason: reason, finishMessage: 'why not' })
        expect((await seen([chunk], 'openai-chat', stream)).stop).toBe('refusal')
        const later = said([{ text: 'I' }], { finishReason: reason })
        expect(await seen([later], 'anthropic', stream)).toMatchObject({
          stop: 'refusal',
          text: 'I',
        })
      }
    })

  const failures = ['MALFORMED_FUNCTION_CALL', 'UNEXPECTED_TOOL_CALL', 'MALFORMED_RESPONSE', 10]
  for (const reason of failures)
    test(`${reason} is a failure, whatever came before`, async () => {
      for (const stream of [false, true])
        for (const parts of [[], [{ text: 'I call' }]]) {
          const chunk = said(parts, { finishReason: reason, finishMessage: 'Malformed: f(' })
          const { error } = await seen([chunk], 'anthropic', stream)
          expect(error).toContain('Malformed: f(')
        }
    })

  for (const reason of ['OTHER', 'SOMETHING_NEW', 'IMAGE_OTHER', 99, 'FINISH_REASON_UNSPECIFIED'])
    test(`${reason} without a word is a failure, with words an end`, async () => {
      for (const stream of [false, true]) {
        const silent = await seen([said([], { finishReason: reason })], 'openai-chat', stream)
        expect(silent.error).toBeString()
        if (reason === 'FINISH_REASON_UNSPECIFIED') continue
        const spoken = said([{ text: 'I' }], { finishReason: reason })
        expect(await seen([spoken], 'openai-chat', stream)).toMatchObject({
          text: 'I',
          stop: 'end',
        })
      }
    })

  test('that is a failure before the first word goes to the next target', async () => {
    for (const reason of ['MALFORMED_FUNCTION_CALL', 'OTHER', 'SOMETHING_NEW'])
      for (const stream of [false, true])
        expect(await fallback([said([], { finishReason: reason })], stream)).toBe('fine')
  })
})

describe('enums as numbers', () => {
  const chunks = [said([{ text: 'hel' }]), said([{ text: 'lo' }], { finishReason: 1 })]
  for (const client of WIRES)
    test(`are read for ${client}`, async () => {
      const { text, error } = await seen(chunks, client, true)
      expect({ text, error }).toEqual({ text: 'hello', error: undefined })
    })

  test('leave a stream of their own protocol as it is', async () => {
    const text = await (await ask(upstreamOf(chunks), 'gemini', 'gemini', true)).text()
    const sent = chunks.map(chunk => `data: ${JSON.stringify(chunk)}\n\n`).join('')
    expect(text).toBe(sent.replaceAll('"modelVersion":"served"', '"modelVersion":"of-gemini"'))
  })

  test('end a reply by its length', async () => {
    for (const client of FOREIGN)
      expect((await seen([said([{ text: 'a' }], { finishReason: 2 })], client, true)).stop).toBe(
        'length',
      )
  })
})

describe('a call in pieces is one call', () => {
  const piece = (functionCall: JsonObject, more: JsonObject = {}): JsonObject =>
    said([{ functionCall, ...more }])
  const city = (value: string, more: JsonObject = {}) => ({
    jsonPath: '$.city',
    stringValue: value,
    ...more,
  })
  const chunks = [
    piece({ name: 'weather', willContinue: true }, { thoughtSignature: 'c2lnbmVk' }),
    piece({ partialArgs: [city('San ', { willContinue: true })], willContinue: true }),
    piece({ partialArgs: [city('Francisco')], willContinue: true }),
    piece({ partialArgs: [{ jsonPath: '$.days[0]', numberValue: 2 }], willContinue: true }),
    piece({ partialArgs: [{ jsonPath: '$.days[1]', numberValue: 3 }], willContinue: true }),
    piece({ partialArgs: [{ jsonPath: "$.at['a.b'].c", boolValue: true }], willContinue: true }),
    piece({ partialArgs: [{ jsonPath: '$.none', nullValue: 'NULL_VALUE' }], willContinue: true }),
    said([{ functionCall: {} }], { finishReason: 'STOP' }),
  ]
  const whole = { city: 'San Francisco', days: [2, 3], at: { 'a.b': { c: true } }, none: null }

  for (const client of FOREIGN)
    test(`for ${client}`, async () => {
      const { calls, stop } = await seen(chunks, client, true)
      expect(calls).toEqual([{ name: 'weather', arguments: whole }])
      expect(stop).toBe('tools')
    })

  test('two of them, and a whole one', async () => {
    const { calls } = await seen(
      [
        piece({ name: 'f', willContinue: true, partialArgs: [city('a')] }),
        piece({ willContinue: false }),
        piece({ name: 'g', partialArgs: [city('b')] }),
        piece({ name: 'h', args: { x: 1 } }),
        piece({}),
        said([], { finishReason: 'STOP' }),
      ],
      'openai-chat',
      true,
    )
    expect(calls).toEqual([
      { name: 'f', arguments: { city: 'a' } },
      { name: 'g', arguments: { city: 'b' } },
      { name: 'h', arguments: { x: 1 } },
    ])
  })

  test('is signed wherever the signature comes', async () => {
    const early = [
      piece({ name: 'f', willContinue: true }, { thoughtSignature: 'c2VhbA==' }),
      piece({}),
    ]
    const late = [
      piece({ name: 'f', willContinue: true }),
      piece({}, { thoughtSignature: 'c2VhbA==' }),
    ]
    const end = said([], { finishReason: 'STOP' })
    for (const pieces of [early, late]) {
      const events = decodeStream('up')
      const told = [...pieces, end].flatMap(chunk => events.feed({ data: JSON.stringify(chunk) }))
      const { parts } = collect([...told, ...events.end()])
      expect(parts).toMatchObject([{ type: 'tool-call', name: 'f', seal: { value: 'c2VhbA==' } }])
    }
  })

  test('that ends with the reply', async () => {
    const { calls } = await seen(
      [piece({ name: 'f', willContinue: true }), said([], { finishReason: 'STOP' })],
      'anthropic',
      true,
    )
    expect(calls).toEqual([{ name: 'f', arguments: {} }])
  })

  test('paths without a meaning do no harm', async () => {
    const paths = [
      '$',
      '',
      '$.a[999999999]',
      '$.__proto__.polluted',
      '$.constructor.prototype.polluted',
      `$${'.a'.repeat(100)}`,
    ]
    const partialArgs = paths.map(jsonPath => ({ jsonPath, stringValue: 'x' }))
    const call = {
      name: 'f',
      args: { a: {} },
      partialArgs: [...partialArgs, { jsonPath: '$.a.__proto__.polluted', stringValue: 'x' }],
    }
    const { calls } = await seen(
      [said([{ functionCall: call }], { finishReason: 'STOP' })],
      'openai-chat',
      true,
    )
    expect(({} as JsonObject).polluted).toBeUndefined()
    expect(calls).toHaveLength(1)
    expect(JSON.stringify(calls).length).toBeLessThan(500)
  })

  test('also in a history, over several messages', async () => {
    const gateway = renewedGateway(
      ROUTES.replace(
        'bad: { kind: gemini, base-url: "http://bad.test"',
        'bad: { kind: openai-compatible, base-url: "http://bad.test/v1"',
      ),
      () =>
        Response.json({
          choices: [
            { index: 0, message: { role: 'assistant', content: 'ok' }, finish_reason: 'stop' },
          ],
        }),
    )
    const response = await gateway.call('/v1beta/models/of-gemini:generateContent', {
      json: {
        contents: [
          { role: 'user', parts: [{ text: 'hi' }] },
          ...chunks.map(chunk => object(list(chunk.candidates)[0]?.content)),
          {
            role: 'user',
            parts: [{ functionResponse: { name: 'weather', response: { result: 51 } } }],
          },
        ],
      },
    })
    expect(response.status).toBe(200)
    const messages = list((JSON.parse(gateway.received[0]?.text ?? '{}') as JsonObject).messages)
    expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool'])
    const [call, ...more] = list(messages[1]?.tool_calls)
    expect(more).toEqual([])
    expect(JSON.parse(String(object(call?.function).arguments))).toEqual(whole)
    expect(messages[2]).toMatchObject({ tool_call_id: call?.id, content: '51' })
  })
})
