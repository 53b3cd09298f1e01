import { describe, expect, test } from 'bun:test'
import { isObject, type JsonObject } from '../../src/lib/json/json.ts'
import { renewedGateway } from '../support/local-gateway.ts'

const ROUTES = `
version: 1
providers:
  anthropic-up: { kind: anthropic-compatible, base-url: "http://a.test", keys: [ k ] }
  chat-up: { kind: openai-compatible, base-url: "http://c.test/v1", keys: [ k ] }
  responses-up: { kind: openai, base-url: "http://r.test/v1", keys: [ k ] }
  gemini-up: { kind: gemini, base-url: "http://g.test", keys: [ k ] }
models: { m: [ TARGET/x ] }
logging: { level: error }
`
const UPSTREAMS = ['anthropic-up', 'chat-up', 'gemini-up'] as const

const CLIENTS = {
  '/v1/messages': { own: 'anthropic-up', good: { max_tokens: 9 }, member: 'messages' },
  '/v1/chat/completions': { own: 'chat-up', good: {}, member: 'messages' },
  '/v1/responses': { own: 'responses-up', good: {}, member: 'input' },
  '/v1beta/models/m:generateContent': { own: 'gemini-up', good: {}, member: 'contents' },
} as const
type Path = keyof typeof CLIENTS
const paths = Object.keys(CLIENTS) as Path[]

const REPLIES: Record<string, JsonObject> = {
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
  'r.test': {
    id: 'r',
    object: 'response',
    status: 'completed',
    model: 'x',
    output: [
      { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'ok' }] },
    ],
  },
  'g.test': {
    candidates: [{ content: { role: 'model', parts: [{ text: 'ok' }] }, finishReason: 'STOP' }],
  },
}

function gatewayTo(target: string, more = '') {
  return renewedGateway(ROUTES.replace('TARGET', target) + more, ({ url }) =>
    Response.json(REPLIES[new URL(url).host] ?? {}),
  )
}

/** The error's words, from the place where the client's own protocol has them. */
function wordsOf(path: Path, body: unknown): string {
  if (!isObject(body) || !isObject(body.error)) return ''
  if (path === '/v1/messages' && body.error.type !== 'invalid_request_error') return ''
  if (path.startsWith('/v1beta') && body.error.status !== 'INVALID_ARGUMENT') return ''
  return String(body.error.message)
}

describe('a malformed body is the client’s 400 on every translated path, and nothing is sent', () => {
  for (const path of paths) {
    const { own, good, member } = CLIENTS[path]
    for (const target of UPSTREAMS) {
      if (target === own) continue
      for (const [title, members] of [
        ['without its conversation', {}],
        ['with words of another type', { [member]: 5 }],
        ['with a conversation of nothing', { [member]: [] }],
        ['with a message of another type', { [member]: ['x'] }],
      ] as const)
        test(`${path} onto ${target}: ${title}`, async () => {
          const gateway = gatewayTo(target)
          const response = await gateway.call(path, { json: { model: 'm', ...good, ...members } })
          expect(response.status).toBe(400)
          expect(wordsOf(path, await response.json())).toStartWith(member)
          expect(response.headers.get('x-jackfield-attempts')).toBe('0')
          expect(gateway.received).toEqual([])
          expect(gateway.services.pool.states()).toEqual([])
        })
    }
  }

  test('where the client streams, too', async () => {
    const gateway = gatewayTo('anthropic-up')
    const response = await gateway.call('/v1/chat/completions', {
      json: { model: 'm', stream: true, messages: 'x' },
    })
    expect(response.status).toBe(400)
    expect((await response.json()).error).toMatchObject({
      message: 'messages: expected a list, got a string',
      param: 'messages',
    })
  })

  test('where the legacy text endpoint is called', async () => {
    const gateway = gatewayTo('chat-up')
    const response = await gateway.call('/v1/completions', {
      json: { model: 'm', prompt: 'x', temperature: 'hot' },
    })
    expect(response.status).toBe(400)
    expect(await response.text()).toContain('temperature: expected a number, got a string')
    expect(gateway.received).toEqual([])
  })

  test('where tokens are counted here', async () => {
    const response = await gatewayTo('chat-up').call('/v1/messages/count_tokens', {
      json: { model: 'm', messages: [{ role: 'user', content: 5 }] },
    })
    expect(response.status).toBe(400)
    expect(await response.text()).toContain('messages[0].content: expected a string or a list')
  })

  test('a request that says nothing', async () => {
    const gateway = gatewayTo('anthropic-up')
    const response = await gateway.call('/v1/chat/completions', {
      json: { model: 'm', messages: [{ role: 'user', content: ' ' }] },
    })
    expect(response.status).toBe(400)
    expect(await response.text()).toContain('says nothing')
    expect(gateway.received).toEqual([])
  })
})

/** A condition that has to read the body. */
const RULES = `rules: [ { when: { images: true }, set: { temperature: 1 } } ]\n`

describe('bytes that pass are for the upstream to judge', () => {
  const malformed = { model: 'x', messages: 'x', temperature: 'hot' }

  test.each([
    ['as they are', ''],
    ['where a condition would have to read them', RULES],
  ])('%s', async (_, more) => {
    const gateway = gatewayTo('chat-up', more)
    const response = await gateway.call('/v1/chat/completions', {
      json: { ...malformed, model: 'chat-up/x' },
    })
    expect(response.status).toBe(200)
    expect(JSON.parse(gateway.received[0]?.text ?? '')).toEqual(malformed)
  })

  test('the next target, of another protocol, is not asked', async () => {
    const routes = ROUTES.replace('TARGET/x', 'chat-up/x, anthropic-up/x')
    const gateway = renewedGateway(routes, () =>
      Response.json({ error: { message: 'down' } }, { status: 500 }),
    )
    const response = await gateway.call('/v1/chat/completions', {
      json: { ...malformed, model: 'm' },
    })
    expect(response.status).toBe(400)
    expect(gateway.received.map(({ url }) => new URL(url).host)).toEqual(['c.test'])
  })
})

describe('broken JSON inside strings', () => {
  const long = 'x'.repeat(500)
  const BROKEN: [string, string][] = [
    ['an escape that is none', '{"model":"m","messages":[{"role":"user","content":"a\\x"}]}'],
    ['half an escape', '{"model":"m","messages":[{"role":"user","content":"\\u12"}]}'],
    ['a line break', `{"model":"m","messages":[{"role":"user","content":"${long}\n"}]}`],
  ]
  test.each(BROKEN)('%s is a 400 with its byte where the body is translated', async (_, body) => {
    const gateway = gatewayTo('anthropic-up')
    const response = await gateway.call('/v1/chat/completions', { method: 'POST', body })
    expect(response.status).toBe(400)
    expect((await response.json()).error.message).toContain(
      `string at byte ${body.search(/[\\\n]/)}`,
    )
    expect(gateway.received).toEqual([])
  })

  test.each(BROKEN)('%s passes where bytes pass', async (_, body) => {
    const gateway = gatewayTo('chat-up', RULES)
    const response = await gateway.call('/v1/chat/completions', { method: 'POST', body })
    expect(response.status).toBe(200)
    expect(gateway.received).toHaveLength(1)
  })

  test.each([
    ['the name of the model', '{"model":"\\x","messages":[]}'],
    ['what names the session', '{"model":"m","messages":[],"metadata":{"user_id":"\\x"}}'],
    ['what a rule edits', '{"model":"m","messages":[],"a":[{"b":"\\x"}]}'],
  ])('%s', async (_, body) => {
    const rules = `rules: [ { set: { "a.0.b": 1 } } ]\n`
    const gateway = gatewayTo('anthropic-up', rules)
    const response = await gateway.call('/v1/chat/completions', { method: 'POST', body })
    expect(response.status).toBe(400)
    expect(await response.text()).toContain('a broken escape in a string at byte')
  })
})

describe('no prompt is made up', () => {
  const sentTo = async (target: string, messages: JsonObject[]) => {
    const gateway = gatewayTo(target)
    const response = await gateway.call('/v1/chat/completions', { json: { model: 'm', messages } })
    return {
      status: response.status,
      losses: response.headers.get('x-jackfield-losses'),
      sent: gateway.received[0] && JSON.parse(gateway.received[0].text),
    }
  }

  test.each([
    ['anthropic-up', { messages: [{ role: 'user', content: [{ type: 'text', text: 'Sing.' }] }] }],
    ['gemini-up', { contents: [{ role: 'user', parts: [{ text: 'Sing.' }] }] }],
  ])('instructions alone are the user’s words: %s', async (target, conversation) => {
    const { sent, losses } = await sentTo(target, [{ role: 'system', content: 'Sing.' }])
    expect(sent).toMatchObject(conversation)
    expect(sent).not.toHaveProperty('system')
    expect(sent).not.toHaveProperty('systemInstruction')
    expect(losses).toContain('system: sent as words of the user')
  })

  test.each([
    ['anthropic-up', 'messages'],
    ['gemini-up', 'contents'],
  ])('a conversation that the assistant begins is continued: %s', async (target, member) => {
    const { sent } = await sentTo(target, [
      { role: 'assistant', content: 'Hello!' },
      { role: 'user', content: 'hi' },
    ])
    expect(sent[member]).toHaveLength(3)
    expect(JSON.stringify(sent[member][0])).toContain('Continue.')
  })

  test.each(['anthropic-up', 'gemini-up'])(
    'what an upstream has no form for is an error, not a prompt: %s',
    async target => {
      const { status, sent } = await sentTo(target, [
        { role: 'user', content: [{ type: 'hologram', hologram: 'x' }] },
      ])
      expect([status, sent]).toEqual([400, undefined])
    },
  )
})

describe('a request of which nothing is left for the upstream', () => {
  test.each(UPSTREAMS.filter(up => up !== 'gemini-up'))('is not sent empty to %s', async target => {
    const gateway = gatewayTo(target)
    const json = { contents: [{ role: 'user', parts: [{}] }] }
    const response = await gateway.call('/v1beta/models/m:generateContent', { json })
    expect(response.status).toBe(400)
    expect(gateway.received).toEqual([])
  })

  test('is not sent empty to a Responses upstream, which gets lone instructions as input', async () => {
    const gateway = gatewayTo('responses-up')
    const path = '/v1/messages'
    const empty = {
      model: 'm',
      max_tokens: 9,
      messages: [{ role: 'user', content: [{ type: 'new' }] }],
    }
    expect((await gateway.call(path, { json: empty })).status).toBe(400)
    expect(gateway.received).toEqual([])
    await gateway.call(path, { json: { ...empty, system: 'Count to three.' } })
    expect(gateway.received[0]?.text).toContain('"input_text","text":"Count to three."')
    expect(gateway.received[0]?.text).not.toContain('"instructions"')
  })
})
