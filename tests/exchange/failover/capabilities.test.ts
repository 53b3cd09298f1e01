import { describe, expect, test } from 'bun:test'
import type { JsonObject } from '../../../src/lib/json/json.ts'
import { type LocalGateway, type Received, renewedGateway } from '../../support/local-gateway.ts'

const ROUTES = `
version: 1
providers:
  plain:
    kind: openai-compatible
    base-url: http://plain.test/v1
    keys: [ p1, p2 ]
    models:
      - { name: blind, lacks: [ images, documents ], context: 8k }
      - { name: toolless, lacks: [ tools, structured-output ] }
      - { name: serial, lacks: [ parallel-tools ] }
      - { name: unknown }
  sighted: { kind: openai-compatible, base-url: "http://sighted.test/v1", keys: [ s1 ], models: [ { name: eyes, context: 100k } ] }
  claude: { kind: anthropic-compatible, base-url: "http://claude.test", keys: [ c1 ] }
models:
  m: [ plain/blind, sighted/eyes ]
  only-blind: plain/blind
  tools: [ plain/toolless, sighted/eyes ]
  serial: [ plain/serial, sighted/eyes ]
  only-serial: plain/serial
  learns: [ plain/unknown, sighted/eyes ]
  only-unknown: plain/unknown
  search: [ plain/unknown, claude/z ]
policy: { request-retry: 0 }
`
const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEklEQVR4nGP4z8CAFWEXHbQSACj/P8Fu7N9hAAAAAElFTkSuQmCC'
const REPLY = {
  id: 'c',
  model: 'x',
  choices: [{ index: 0, message: { role: 'assistant', content: 'ok' }, finish_reason: 'stop' }],
}
const MESSAGE = {
  type: 'message',
  id: 'm',
  model: 'z',
  content: [{ type: 'text', text: 'found' }],
  stop_reason: 'end_turn',
  usage: { input_tokens: 1, output_tokens: 1 },
}
const TOOL = { type: 'function', function: { name: 'f', parameters: { type: 'object' } } }
const LOOK = [
  { type: 'text', text: 'what is this?' },
  { type: 'image_url', image_url: { url: `data:image/png;base64,${PIXEL}` } },
]
const host = ({ url }: Received): string => new URL(url).hostname.split('.')[0] ?? ''
const ok = (received: Received) => Response.json(host(received) === 'claude' ? MESSAGE : REPLY)

async function ask(gateway: LocalGateway, model: string, more: JsonObject = {}) {
  const response = await gateway.call('/v1/chat/completions', {
    json: { model, messages: [{ role: 'user', content: 'hi' }], ...more },
  })
  const body = (await response.json()) as { error?: { message: string } }
  return { status: response.status, said: body.error?.message ?? '' }
}

describe('a target that is known not to have what a request needs is passed over', () => {
  const pdf = {
    type: 'file',
    file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBERi0xLjcK' },
  }
  const schema = { type: 'json_schema', json_schema: { name: 's', schema: { type: 'object' } } }
  test.each<[string, string, JsonObject, string]>([
    ['nothing special', 'm', {}, 'plain'],
    ['images', 'm', { messages: [{ role: 'user', content: LOOK }] }, 'sighted'],
    ['documents', 'm', { messages: [{ role: 'user', content: [pdf] }] }, 'sighted'],
    ['tools', 'tools', { tools: [TOOL] }, 'sighted'],
    ['tools that must not be used', 'tools', { tools: [TOOL], tool_choice: 'none' }, 'plain'],
    ['a JSON schema', 'tools', { response_format: schema }, 'sighted'],
    ['any JSON', 'tools', { response_format: { type: 'json_object' } }, 'plain'],
    [
      'several tool calls at once',
      'serial',
      { tools: [TOOL], parallel_tool_calls: true },
      'sighted',
    ],
    ['one tool call at a time', 'serial', { tools: [TOOL], parallel_tool_calls: false }, 'plain'],
  ])('%s', async (_, model, more, served) => {
    const gateway = renewedGateway(ROUTES, ok)
    expect((await ask(gateway, model, more)).status).toBe(200)
    expect(gateway.received.map(host)).toEqual([served])
  })

  test('of a picture in the result of a tool, too', async () => {
    const gateway = renewedGateway(ROUTES, ok)
    const response = await gateway.call('/v1/messages', {
      json: {
        model: 'm',
        max_tokens: 9,
        messages: [
          { role: 'user', content: 'look' },
          { role: 'assistant', content: [{ type: 'tool_use', id: 't', name: 'look', input: {} }] },
          {
            role: 'user',
            content: [
              {
                type: 'tool_result',
                tool_use_id: 't',
                content: [
                  {
                    type: 'image',
                    source: { type: 'base64', media_type: 'image/png', data: PIXEL },
                  },
                ],
              },
            ],
          },
        ],
        tools: [{ name: 'look', input_schema: { type: 'object' } }],
      },
    })
    expect(response.status).toBe(200)
    expect(gateway.received.map(host)).toEqual(['sighted'])
  })

  test('a prompt that is too long for one goes to one with more room', async () => {
    const gateway = renewedGateway(ROUTES, ok)
    const long = {
      messages: [{ role: 'user', content: 'a word or two, again and again. '.repeat(1_500) }],
    }
    expect((await ask(gateway, 'm', long)).status).toBe(200)
    expect(gateway.received.map(host)).toEqual(['sighted'])
    // Without another target the one that serves decides what is too long.
    expect((await ask(gateway, 'only-blind', long)).status).toBe(200)
    expect(gateway.received.map(host)).toEqual(['sighted', 'plain'])
  })

  test('a search that no target can make is not answered from memory', async () => {
    const gateway = renewedGateway(ROUTES, ok)
    const search = [{ type: 'web_search_20250305', name: 'web_search' }]
    const asked = { max_tokens: 9, messages: [{ role: 'user', content: 'news?' }], tools: search }
    const found = await gateway.call('/v1/messages', { json: { model: 'search', ...asked } })
    expect(found.status).toBe(200)
    expect(gateway.received.map(host)).toEqual(['claude'])
    const none = await gateway.call('/v1/messages', { json: { model: 'only-blind', ...asked } })
    expect(none.status).toBe(400)
    expect((await none.json()).error.message).toBe(
      'no target of "only-blind" takes tools that the upstream runs itself (plain/blind: its protocol has no tools that the upstream runs itself of this sort); take it out of the request, ask for another model, or add a target that does',
    )
    expect(gateway.received).toHaveLength(1)
  })
})

describe('with no target left', () => {
  test('an honest error names what is missing, and no upstream is asked', async () => {
    const gateway = renewedGateway(ROUTES, ok)
    expect(
      await ask(gateway, 'only-blind', { messages: [{ role: 'user', content: LOOK }] }),
    ).toEqual({
      status: 400,
      said: 'no target of "only-blind" takes images (plain/blind: it takes no images); take it out of the request, ask for another model, or add a target that does',
    })
    expect(gateway.received).toEqual([])
  })

  test('what is only wished for is done without', async () => {
    const gateway = renewedGateway(ROUTES, ok)
    const wish = { tools: [TOOL], parallel_tool_calls: true }
    expect((await ask(gateway, 'only-serial', wish)).status).toBe(200)
    expect(gateway.received.map(host)).toEqual(['plain'])
  })

  test('the able credential cools down: the client hears when it is back', async () => {
    const gateway = renewedGateway(ROUTES, received =>
      host(received) === 'sighted'
        ? Response.json(
            { error: { message: 'slow down' } },
            { status: 429, headers: { 'retry-after': '20' } },
          )
        : Response.json(REPLY),
    )
    const look = { messages: [{ role: 'user', content: LOOK }] }
    expect((await ask(gateway, 'm', look)).status).toBe(429)
    expect(await ask(gateway, 'm', look)).toEqual({
      status: 429,
      said: 'every credential for "m" is cooling down after a limit; the next is back in 20 s',
    })
  })
})

describe('a refusal for want of an ability teaches', () => {
  const refusing =
    (message: string, status = 400) =>
    (received: Received) =>
      host(received) === 'plain' && /image_url|"tools"|json_schema/.test(received.text)
        ? Response.json({ error: { message } }, { status })
        : Response.json(REPLY)

  test.each<[string, number, JsonObject]>([
    [
      'This model does not support image input',
      400,
      { messages: [{ role: 'user', content: LOOK }] },
    ],
    [
      'No endpoints found that support image input',
      404,
      { messages: [{ role: 'user', content: LOOK }] },
    ],
    [
      'image_url is not supported by this model',
      400,
      { messages: [{ role: 'user', content: LOOK }] },
    ],
    ['library/gemma:latest does not support tools', 400, { tools: [TOOL] }],
    ['"auto" tool choice requires --enable-auto-tool-choice to be set', 400, { tools: [TOOL] }],
    [
      'This response_format type is unavailable now',
      400,
      { response_format: { type: 'json_schema', json_schema: { name: 's', schema: {} } } },
    ],
  ])('%s (%d): the next target, and the next time at once', async (message, status, more) => {
    const gateway = renewedGateway(ROUTES, refusing(message, status))
    expect((await ask(gateway, 'learns', more)).status).toBe(200)
    // Its other key would have said the same.
    expect(gateway.received.map(host)).toEqual(['plain', 'sighted'])
    await ask(gateway, 'learns', more)
    expect(gateway.received.map(host)).toEqual(['plain', 'sighted', 'sighted'])
    // It is the model that lacks something: the credential does not rest.
    await ask(gateway, 'learns')
    expect(gateway.received.at(-1) && host(gateway.received.at(-1) as Received)).toBe('plain')
    // And it is not believed for ever.
    gateway.advance(13 * 3_600_000)
    await ask(gateway, 'learns', more)
    expect(gateway.received.slice(-2).map(host)).toEqual(['plain', 'sighted'])
  })

  test('without another target the upstream itself refuses', async () => {
    const gateway = renewedGateway(ROUTES, refusing('This model does not support image input'))
    const look = { messages: [{ role: 'user', content: LOOK }] }
    expect(await ask(gateway, 'only-unknown', look)).toEqual({
      status: 400,
      said: 'This model does not support image input',
    })
  })

  test('a request that did not need it is refused as before', async () => {
    const gateway = renewedGateway(ROUTES, () =>
      Response.json(
        { error: { message: 'temperature: images are not supported here' } },
        { status: 400 },
      ),
    )
    expect((await ask(gateway, 'learns')).status).toBe(400)
    expect(gateway.received).toHaveLength(1)
  })

  test('a prompt that was too long goes to one that is known to hold more', async () => {
    const gateway = renewedGateway(ROUTES, received =>
      host(received) === 'plain'
        ? Response.json(
            {
              error: {
                message: 'maximum context length is 8192 tokens',
                code: 'context_length_exceeded',
              },
            },
            { status: 400 },
          )
        : Response.json(REPLY),
    )
    expect((await ask(gateway, 'learns')).status).toBe(200)
    expect(gateway.received.map(host)).toEqual(['plain', 'sighted'])
  })
})

test('what was decided about every candidate is kept with the request', async () => {
  const gateway = renewedGateway(ROUTES, ok)
  await ask(gateway, 'm', { messages: [{ role: 'user', content: LOOK }] })
  const [last] = gateway.services.recent.list()
  expect(last).toMatchObject({ caller: 'local', asked: 'm', route: 'models.m', status: 200 })
  expect(last?.decisions).toEqual([
    { target: 'plain/blind', verdict: 'passed over', reason: 'it takes no images', line: 9 },
    { target: 'sighted/eyes', verdict: 'served', credential: 'sighted/key-1', line: 16 },
  ])
})

test('a longer window that the client has asked its vendor for counts', async () => {
  const routes = `
providers:
  claude: { kind: anthropic, keys: [ c1 ] }
  big: { kind: openai-compatible, base-url: "http://big.test/v1", keys: [ b1 ], models: [ { name: y, context: 2M } ] }
models: { m: [ claude/claude-sonnet-4-6, big/y ] }
`
  const gateway = renewedGateway(routes, ({ url }) =>
    Response.json(
      url.includes('big.test')
        ? REPLY
        : { ...MESSAGE, usage: { input_tokens: 540_000, output_tokens: 1 } },
    ),
  )
  const json = {
    model: 'm',
    max_tokens: 9,
    messages: [{ role: 'user', content: 'a word or two, again and again. '.repeat(60_000) }],
  }
  await gateway.call('/v1/messages', {
    json,
    headers: { 'anthropic-beta': 'context-1m-2025-08-07' },
  })
  await gateway.call('/v1/messages', { json })
  expect(gateway.received.map(({ url }) => new URL(url).hostname)).toEqual([
    'api.anthropic.com',
    'big.test',
  ])
})
