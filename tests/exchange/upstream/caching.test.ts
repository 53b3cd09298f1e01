import { describe, expect, test } from 'bun:test'
import type { JsonObject } from '../../../src/lib/json/json.ts'
import { renewedGateway } from '../../support/local-gateway.ts'
import { list, object } from '../../support/readers/seen.ts'

const ROUTES = `
version: 1
providers:
  claude: { kind: anthropic, base-url: "http://claude.test", keys: [ k ] }
  open: { kind: openai, base-url: "http://open.test/v1", keys: [ k ] }
  google: { kind: gemini, base-url: "http://google.test", keys: [ k ] }
  chat: { kind: openai-compatible, base-url: "http://chat.test/v1", keys: [ k ] }
models:
  sonnet: claude/claude-sonnet-4-5
  gpt: open/gpt-5.2
  flash: google/gemini-2.5-flash
  plain: chat/m
policy: { request-retry: 0 }
logging: { level: error }
`

async function sent(
  path: string,
  json: JsonObject,
  headers: Record<string, string> = {},
): Promise<{ body: JsonObject; losses: string }> {
  const gateway = renewedGateway(ROUTES, () =>
    Response.json({
      id: 'c',
      model: 'm',
      choices: [{ index: 0, message: { role: 'assistant', content: 'ok' }, finish_reason: 'stop' }],
      candidates: [{ content: { parts: [{ text: 'ok' }] }, finishReason: 'STOP' }],
      output: [],
      status: 'completed',
    }),
  )
  const response = await gateway.call(path, { json, headers })
  return {
    body: JSON.parse(gateway.received[0]?.text ?? '{}') as JsonObject,
    losses: response.headers.get('x-jackfield-losses') ?? '',
  }
}

const TOOL = { type: 'object', properties: { a: { type: 'string' } } }
const CHAT_TOOLS = [{ type: 'function', function: { name: 'f', parameters: TOOL } }]
const MESSAGES = [
  { role: 'system', content: 'be brief' },
  { role: 'user', content: 'one' },
  { role: 'assistant', content: 'two' },
  { role: 'user', content: 'three' },
]

describe('prompt caches', () => {
  test('an agent of another protocol gets its prefix and its latest turn marked', async () => {
    const { body } = await sent('/v1/chat/completions', {
      model: 'sonnet',
      tools: CHAT_TOOLS,
      messages: MESSAGES,
    })
    expect(list(body.system).at(-1)?.cache_control).toEqual({ type: 'ephemeral' })
    expect(list(list(body.messages).at(-1)?.content).at(-1)?.cache_control).toEqual({
      type: 'ephemeral',
    })
    expect(JSON.stringify(body).match(/cache_control/g)).toHaveLength(2)
  })

  test('a question without tools is not marked: it would be paid for nothing', async () => {
    const { body } = await sent('/v1/chat/completions', { model: 'sonnet', messages: MESSAGES })
    expect(JSON.stringify(body)).not.toContain('cache_control')
  })

  test('what a client marked stays where it marked it, four at most', async () => {
    const marked = (text: string): JsonObject => ({
      type: 'text',
      text,
      cache_control: { type: 'ephemeral' },
    })
    const { body } = await sent('/v1/messages', {
      model: 'sonnet(2048)',
      max_tokens: 9_000,
      system: [marked('a'), marked('b')],
      messages: [{ role: 'user', content: [marked('c'), { type: 'text', text: 'd' }] }],
    })
    expect(list(body.system).map(block => Boolean(block.cache_control))).toEqual([true, true])
    const content = list(list(body.messages)[0]?.content)
    expect(content.map(block => Boolean(block.cache_control))).toEqual([true, false])
  })

  test('a session becomes the key of services that want one; the client’s own goes before it', async () => {
    const session = { 'x-claude-code-session-id': 'session-1' }
    const ask = { max_tokens: 9, messages: [{ role: 'user', content: 'x' }] }
    expect((await sent('/v1/messages', { model: 'gpt', ...ask }, session)).body).toMatchObject({
      prompt_cache_key: 'session-1',
    })
    expect(
      (await sent('/v1/messages', { model: 'gpt', ...ask })).body.prompt_cache_key,
    ).toBeUndefined()
    // Services that only speak like OpenAI may refuse a member they do not know.
    expect(
      (await sent('/v1/messages', { model: 'plain', ...ask }, session)).body.prompt_cache_key,
    ).toBeUndefined()
    const { body } = await sent(
      '/v1/responses',
      { model: 'gpt(low)', input: 'x', prompt_cache_key: 'mine' },
      { 'session-id': 'other' },
    )
    expect(body.prompt_cache_key).toBe('mine')
  })
})

const SEARCH = { type: 'web_search_20250305', name: 'web_search', max_uses: 3 }

describe('tools that the service runs', () => {
  const ask = { max_tokens: 9, messages: [{ role: 'user', content: 'x' }] }

  test('have an equivalent in most protocols', async () => {
    const gpt = await sent('/v1/messages', { model: 'gpt', ...ask, tools: [SEARCH] })
    expect(gpt.body.tools).toEqual([{ type: 'web_search' }])
    const flash = await sent('/v1/messages', { model: 'flash', ...ask, tools: [SEARCH] })
    expect(flash.body.tools).toEqual([{ googleSearch: {} }])
    const sonnet = await sent('/v1/responses', {
      model: 'sonnet',
      input: 'x',
      tools: [
        { type: 'web_search', filters: { allowed_domains: ['a.test'] } },
        { type: 'code_interpreter', container: { type: 'auto' } },
      ],
    })
    expect(list(sonnet.body.tools)).toMatchObject([
      { type: 'web_search_20250305', allowed_domains: ['a.test'] },
      { type: 'code_execution_20250825' },
    ])
  })

  test('beside others they are left out visibly where there are none', async () => {
    const own = { name: 'f', input_schema: TOOL }
    const plain = await sent('/v1/messages', { model: 'plain', ...ask, tools: [SEARCH, own] })
    expect(list(plain.body.tools)).toHaveLength(1)
    expect(plain.losses).toContain('web_search')
    const flash = await sent('/v1/messages', { model: 'flash', ...ask, tools: [SEARCH, own] })
    expect(list(flash.body.tools)).toHaveLength(1)
    expect(flash.losses).toContain('cannot be used together with functions')
  })
})

describe('pictures in the results of tools', () => {
  const pixel =
    'iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEklEQVR4nGP4z8CAFWEXHbQSACj/P8Fu7N9hAAAAAElFTkSuQmCC'
  const history = {
    max_tokens: 9,
    tools: [{ name: 'look', input_schema: TOOL }],
    messages: [
      { role: 'user', content: 'look' },
      {
        role: 'assistant',
        content: [{ type: 'tool_use', id: 'toolu_1', name: 'look', input: {} }],
      },
      {
        role: 'user',
        content: [
          {
            type: 'tool_result',
            tool_use_id: 'toolu_1',
            content: [
              { type: 'text', text: 'here' },
              {
                type: 'image',
                source: { type: 'base64', media_type: 'image/png', data: pixel },
              },
            ],
          },
        ],
      },
    ],
  }

  test('stay pictures everywhere', async () => {
    const gpt = await sent('/v1/messages', { model: 'gpt', ...history })
    const output = list(gpt.body.input).find(({ type }) => type === 'function_call_output')
    expect(list(output?.output).map(({ type }) => type)).toEqual(['input_text', 'input_image'])
    const flash = await sent('/v1/messages', { model: 'flash', ...history })
    const parts = list(list(flash.body.contents).at(-1)?.parts)
    expect(parts.map(part => Object.keys(part)[0])).toEqual(['functionResponse', 'inlineData'])
    expect(object(parts[1]?.inlineData)).toEqual({ mimeType: 'image/png', data: pixel })
    const plain = await sent('/v1/messages', { model: 'plain', ...history })
    const [tool, user] = list(plain.body.messages).slice(-2)
    expect(tool?.role).toBe('tool')
    expect(JSON.stringify(tool)).not.toContain(pixel)
    expect(list(user?.content).map(({ type }) => type)).toContain('image_url')
  })
})
