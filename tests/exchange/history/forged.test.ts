import { describe, expect, test } from 'bun:test'
import { CAPSULE_PREFIX } from '../../../src/conversation/index.ts'
import { renewedGateway } from '../../support/local-gateway.ts'

const ROUTES = `
version: 1
providers:
  a: { kind: anthropic-compatible, base-url: "http://a.test", keys: [ k ] }
  c: { kind: openai-compatible, base-url: "http://c.test/v1", keys: [ k ] }
models: { m: TARGET/x, other: a/x }
logging: { level: error }
`
const REPLIES: Record<string, object> = {
  'a.test': {
    id: 'msg',
    type: 'message',
    role: 'assistant',
    model: 'x',
    content: [{ type: 'text', text: 'ok' }],
    stop_reason: 'end_turn',
    usage: { input_tokens: 1, output_tokens: 1 },
  },
  'c.test': {
    id: 'c',
    model: 'x',
    choices: [{ index: 0, message: { role: 'assistant', content: 'ok' }, finish_reason: 'stop' }],
  },
}
const gatewayTo = (target: string) =>
  renewedGateway(ROUTES.replace('TARGET', target), ({ url }) =>
    Response.json(REPLIES[new URL(url).host]),
  )

const capsule = (inside: unknown): string =>
  Buffer.from(`jackfield${JSON.stringify(inside)}`).toString('base64')

describe('a capsule that we did not pack is not unpacked', () => {
  test.each([
    ['no parts', {}],
    ['parts that are none', { parts: [5] }],
    ['a part without its text', { parts: [{ type: 'text' }] }],
    ['a call in it', { parts: [{ type: 'tool-call', id: 'a', name: 'f' }] }],
    ['half a seal', { parts: [{ type: 'thinking', text: 'x', seal: { value: 5 } }] }],
    ['no seal', { parts: [{ type: 'thinking-redacted' }] }],
    ['seals of calls that are none', { parts: [], calls: { a: 5 } }],
    ['extensions that are none', { parts: [{ type: 'text', text: 'x', extensions: 5 }] }],
  ])('%s', async (_, inside) => {
    const sealed = capsule(inside)
    expect(sealed).toStartWith(CAPSULE_PREFIX)
    for (const target of ['a', 'c']) {
      const gateway = gatewayTo(target)
      const asked = [
        gateway.call('/v1/messages', {
          json: {
            model: 'm',
            max_tokens: 9,
            messages: [
              { role: 'user', content: 'hi' },
              {
                role: 'assistant',
                content: [
                  { type: 'thinking', thinking: 'x', signature: sealed },
                  { type: 'text', text: 'ho' },
                ],
              },
              { role: 'user', content: 'hi' },
            ],
          },
        }),
        gateway.call('/v1/responses', {
          json: {
            model: 'm',
            input: [
              { role: 'user', content: 'hi' },
              { type: 'reasoning', summary: [], encrypted_content: sealed },
              { type: 'compaction', encrypted_content: sealed },
            ],
          },
        }),
        gateway.call('/v1beta/models/m:generateContent', {
          json: { contents: [{ parts: [{ text: 'hi', thoughtSignature: sealed }] }] },
        }),
      ]
      for (const { status } of await Promise.all(asked)) expect(status).toBe(200)
      for (const { text } of gateway.received) expect(text).not.toContain(CAPSULE_PREFIX)
    }
  })
})

/** Words that every object of the language knows. */
const NAMES = ['__proto__', 'constructor', 'toString', 'valueOf', 'hasOwnProperty']
const NONE = 'nonsense'

describe('a word that every object knows is a word like any other', () => {
  const bodies = (name: string): [string, object][] => [
    [
      '/v1/messages',
      {
        model: 'm',
        max_tokens: 9,
        messages: [
          { role: 'user', content: [{ type: 'text', text: 'hi' }, { type: name }] },
          {
            role: 'assistant',
            content: [
              { type: 'server_tool_use', id: 's', name, input: {} },
              { type: 'text', text: 'ho' },
            ],
          },
          { role: name, content: 'hi' },
        ],
        tools: [
          { type: name, name },
          { name: 'f', input_schema: {} },
        ],
        tool_choice: { type: name },
      },
    ],
    [
      '/v1/chat/completions',
      {
        model: 'm',
        messages: [{ role: 'user', content: [{ type: 'text', text: 'hi' }, { type: name }] }],
        tools: [{ type: name }, { type: 'function', function: { name: 'f' } }],
        reasoning_effort: name,
      },
    ],
    [
      '/v1/responses',
      {
        model: 'm',
        input: [{ role: 'user', content: 'hi' }, { type: name }],
        tools: [{ type: name }, { type: 'function', name: 'f', parameters: {} }],
        reasoning: { effort: name },
      },
    ],
    [
      '/v1beta/models/m:generateContent',
      {
        contents: [{ role: name, parts: [{ text: 'hi' }] }],
        tools: [{ functionDeclarations: [{ name: 'f', parameters: { type: name } }] }],
        generationConfig: { thinkingConfig: { thinkingLevel: name } },
      },
    ],
  ]

  const outcome = async (path: string, json: object, target: string, name: string) => {
    const gateway = gatewayTo(target)
    const response = await gateway.call(path, { json })
    const losses = response.headers.get('x-jackfield-losses') ?? ''
    const sent = gateway.received.map(({ text }) => text).join()
    // Gemini's types of schemas are in small letters elsewhere.
    const words = new RegExp(name, 'gi')
    return [response.status, losses, sent].map(part => String(part).replace(words, NONE))
  }

  for (const target of ['a', 'c'])
    test.each(NAMES)(`%s onto ${target}`, async name => {
      for (const [index, [path, json]] of bodies(name).entries()) {
        const plain = bodies(NONE)[index]?.[1] ?? {}
        expect(await outcome(path, json, target, name)).toEqual(
          await outcome(path, plain, target, NONE),
        )
      }
    })

  test.each(NAMES)('%s is no verb, no coding and no error', async name => {
    const gateway = gatewayTo('a')
    const verb = await gateway.call(`/v1beta/models/m:${name}`, { json: { contents: 'hi' } })
    expect(verb.status).toBe(404)
    const coded = await gateway.call('/v1/messages', {
      json: { model: 'm' },
      headers: { 'content-encoding': name },
    })
    expect(coded.status).toBe(400)
    expect(await coded.text()).toContain('is not known')
    for (const protocol of ['a', 'c']) {
      const refusal = { error: { type: name, code: name, status: name, message: 'no' } }
      const upstream = renewedGateway(ROUTES.replace('TARGET', protocol), () =>
        Response.json(refusal, { status: 400 }),
      )
      for (const path of ['/v1/messages', '/v1/chat/completions']) {
        const json = { model: 'm', max_tokens: 9, messages: [{ role: 'user', content: 'hi' }] }
        const response = await upstream.call(path, { json })
        expect(response.status).toBe(400)
        expect((await response.json()).error.message).toContain('no')
      }
    }
  })

  test('members of a prototype are not members', async () => {
    const gateway = gatewayTo('c')
    const response = await gateway.call('/v1/chat/completions', {
      method: 'POST',
      body: '{"model":"c/x(high)","messages":[{"role":"user","content":"hi"}],"x":1,"__proto__":{"models":["dear"]}}',
    })
    expect(response.status).toBe(200)
    expect(gateway.received[0]?.text).toContain('"x":1')
    expect(gateway.received[0]?.text).not.toContain('dear')
  })
})
