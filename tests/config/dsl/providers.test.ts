import { describe, expect, test } from 'bun:test'
import { normaliseBaseUrl } from '../../../src/config/sections/base-url.ts'
import type { JsonObject } from '../../../src/lib/json/json.ts'
import { kinds } from '../../../src/providers/index.ts'
import { localGateway, type Received } from '../../support/local-gateway.ts'
import type { Wire } from '../../support/read-reply.ts'
import { diagnosticsOf, routeText, tableOf } from '../../support/routes.ts'
import { replyOf } from '../../support/small-reply.ts'
import { pathOf, question } from '../../support/wires.ts'

/** §3 of the language: providers. */

/** What an upstream gets when a client of a protocol asks for a model of a provider. */
async function sent(
  provider: string,
  {
    client = 'openai-chat',
    model = 'p/m',
    headers = {},
    stream = false,
  }: { client?: Wire; model?: string; headers?: Record<string, string>; stream?: boolean } = {},
): Promise<Received> {
  const gateway = localGateway(`providers: { p: ${provider} }\n`, ({ path }) => {
    if (path.endsWith('/messages')) return replyOf('anthropic', 'm', stream)
    if (path.endsWith('/responses')) return replyOf('openai-responses', 'm', stream)
    return replyOf(path.includes(':') ? 'gemini' : 'openai-chat', 'm', stream)
  })
  const json = question(client, model, stream)
  const response = await gateway.call(pathOf(client, model, stream), { json, headers })
  const [received] = gateway.received
  if (!received) throw new Error(await response.text())
  return received
}

describe('a kind is a preset: protocols, address, and how the key is sent', () => {
  const CHAT = '/chat/completions'
  /** Asked by a Chat client and by an Anthropic client. */
  const KINDS: Record<string, { extra?: string; auth: string; chat: string; anthropic: string }> = {
    anthropic: {
      auth: 'x-api-key: secret-key',
      chat: 'https://api.anthropic.com/v1/messages',
      anthropic: 'https://api.anthropic.com/v1/messages',
    },
    'anthropic-compatible': {
      extra: 'base-url: "https://own.test"',
      auth: 'authorization: Bearer secret-key',
      chat: 'https://own.test/v1/messages',
      anthropic: 'https://own.test/v1/messages',
    },
    openai: {
      auth: 'authorization: Bearer secret-key',
      chat: `https://api.openai.com/v1${CHAT}`,
      anthropic: 'https://api.openai.com/v1/responses',
    },
    'openai-compatible': {
      extra: 'base-url: "https://own.test/v1"',
      auth: 'authorization: Bearer secret-key',
      chat: `https://own.test/v1${CHAT}`,
      anthropic: `https://own.test/v1${CHAT}`,
    },
    'openai-responses-compatible': {
      extra: 'base-url: "https://own.test/v1"',
      auth: 'authorization: Bearer secret-key',
      chat: 'https://own.test/v1/responses',
      anthropic: 'https://own.test/v1/responses',
    },
    gemini: {
      auth: 'x-goog-api-key: secret-key',
      chat: 'https://generativelanguage.googleapis.com/v1beta/models/m:generateContent',
      anthropic: 'https://generativelanguage.googleapis.com/v1beta/models/m:generateContent',
    },
    vertex: {
      auth: 'x-goog-api-key: secret-key',
      chat: 'https://aiplatform.googleapis.com/v1/publishers/google/models/m:generateContent',
      anthropic: 'https://aiplatform.googleapis.com/v1/publishers/google/models/m:generateContent',
    },
    'azure-openai': {
      extra:
        'base-url: "https://x.openai.azure.com/openai/deployments/gpt-5", api-version: "2025-04-01-preview"',
      auth: 'api-key: secret-key',
      chat: `https://x.openai.azure.com/openai/deployments/gpt-5${CHAT}?api-version=2025-04-01-preview`,
      anthropic: `https://x.openai.azure.com/openai/deployments/gpt-5${CHAT}?api-version=2025-04-01-preview`,
    },
    openrouter: {
      auth: 'authorization: Bearer secret-key',
      chat: `https://openrouter.ai/api/v1${CHAT}`,
      anthropic: `https://openrouter.ai/api/v1${CHAT}`,
    },
    ollama: {
      auth: 'authorization: Bearer secret-key',
      chat: `http://127.0.0.1:11434/v1${CHAT}`,
      anthropic: `http://127.0.0.1:11434/v1${CHAT}`,
    },
    deepseek: {
      auth: 'authorization: Bearer secret-key',
      chat: `https://api.deepseek.com/v1${CHAT}`,
      anthropic: 'https://api.deepseek.com/anthropic/v1/messages',
    },
    groq: {
      auth: 'authorization: Bearer secret-key',
      chat: `https://api.groq.com/openai/v1${CHAT}`,
      anthropic: `https://api.groq.com/openai/v1${CHAT}`,
    },
    mistral: {
      auth: 'authorization: Bearer secret-key',
      chat: `https://api.mistral.ai/v1${CHAT}`,
      anthropic: `https://api.mistral.ai/v1${CHAT}`,
    },
    moonshot: {
      auth: 'authorization: Bearer secret-key',
      chat: `https://api.moonshot.ai/v1${CHAT}`,
      anthropic: 'https://api.moonshot.ai/anthropic/v1/messages',
    },
    zai: {
      auth: 'authorization: Bearer secret-key',
      chat: `https://api.z.ai/api/paas/v4${CHAT}`,
      anthropic: 'https://api.z.ai/api/anthropic/v1/messages',
    },
    dashscope: {
      auth: 'authorization: Bearer secret-key',
      chat: `https://dashscope-intl.aliyuncs.com/compatible-mode/v1${CHAT}`,
      anthropic: 'https://dashscope-intl.aliyuncs.com/apps/anthropic/v1/messages',
    },
    xai: {
      auth: 'authorization: Bearer secret-key',
      chat: `https://api.x.ai/v1${CHAT}`,
      anthropic: `https://api.x.ai/v1${CHAT}`,
    },
    'claude-oauth': {
      auth: 'x-api-key: secret-key',
      chat: 'https://api.anthropic.com/v1/messages',
      anthropic: 'https://api.anthropic.com/v1/messages',
    },
    'codex-oauth': {
      auth: 'authorization: Bearer secret-key',
      chat: 'https://chatgpt.com/backend-api/codex/responses',
      anthropic: 'https://chatgpt.com/backend-api/codex/responses',
    },
    'gemini-cli': {
      auth: 'authorization: Bearer secret-key',
      chat: 'https://cloudcode-pa.googleapis.com/v1internal:generateContent',
      anthropic: 'https://cloudcode-pa.googleapis.com/v1internal:generateContent',
    },
    qwen: {
      auth: 'authorization: Bearer secret-key',
      chat: `https://portal.qwen.ai/v1${CHAT}`,
      anthropic: `https://portal.qwen.ai/v1${CHAT}`,
    },
    kimi: {
      auth: 'authorization: Bearer secret-key',
      chat: `https://api.kimi.com/coding/v1${CHAT}`,
      anthropic: 'https://api.kimi.com/coding/v1/messages',
    },
    'xai-oauth': {
      auth: 'authorization: Bearer secret-key',
      chat: `https://api.x.ai/v1${CHAT}`,
      anthropic: `https://api.x.ai/v1${CHAT}`,
    },
    siliconflow: {
      auth: 'authorization: Bearer secret-key',
      chat: `https://api.siliconflow.com/v1${CHAT}`,
      anthropic: `https://api.siliconflow.com/v1${CHAT}`,
    },
    lmstudio: {
      auth: 'authorization: Bearer secret-key',
      chat: `http://127.0.0.1:1234/v1${CHAT}`,
      anthropic: `http://127.0.0.1:1234/v1${CHAT}`,
    },
    vllm: {
      auth: 'authorization: Bearer secret-key',
      chat: `http://127.0.0.1:8000/v1${CHAT}`,
      anthropic: `http://127.0.0.1:8000/v1${CHAT}`,
    },
  }
  test.each(Object.entries(KINDS))('%s', async (kind, { extra, auth, chat, anthropic }) => {
    const provider = `{ kind: ${kind}, keys: [ secret-key ]${extra ? `, ${extra}` : ''} }`
    const received = await sent(provider)
    expect(received.url).toBe(chat)
    const [name = '', value] = auth.split(': ')
    expect(received.headers.get(name)).toBe(value ?? '')
    expect((await sent(provider, { client: 'anthropic' })).url).toBe(anthropic)
  })

  test('there are no others that take keys', () => {
    const keyed = kinds.filter(({ id }) => id !== 'echo').map(({ id }) => id)
    expect(keyed.filter(id => !(id in KINDS))).toEqual([])
    expect(Object.keys(KINDS).filter(id => !keyed.includes(id))).toEqual([])
  })

  test.each(['ollama', 'lmstudio', 'vllm'])('%s needs no key', async kind => {
    const received = await sent(`{ kind: ${kind} }`)
    expect(received.headers.get('authorization')).toBeNull()
  })

  test.each(['anthropic', 'openai-chat', 'openai-responses', 'gemini'] as const)(
    'echo answers by itself, in %s, streaming and calling tools on request',
    async client => {
      const gateway = localGateway('providers: { echo: { kind: echo } }\n', () => {
        throw new Error('nobody is to be asked')
      })
      for (const stream of [false, true]) {
        const text = JSON.stringify(question(client, 'echo', stream)).replaceAll(
          '"hi"',
          '"[[call look {\\"x\\": 1}]]"',
        )
        const json = JSON.parse(text) as JsonObject
        const response = await gateway.call(pathOf(client, 'echo', stream), { json })
        expect(response.status).toBe(200)
        expect(response.headers.get('content-type')).toStartWith(
          stream ? 'text/event-stream' : 'application/json',
        )
        expect(await response.text()).toContain('look')
      }
    },
  )
})

describe('keys', () => {
  const credentials = (keys: string, env: Record<string, string> = {}) =>
    tableOf(`providers: { p: { kind: openai, keys: ${keys} } }\n`, { env }).providers.get('p')
      ?.credentials
  test('the short form', () =>
    expect(credentials('[ "${KEY}", two ]', { KEY: 'one' })).toEqual([
      { id: 'p/key-1', provider: 'p', secret: 'one', headers: {}, weight: 1, priority: 0 },
      { id: 'p/key-2', provider: 'p', secret: 'two', headers: {}, weight: 1, priority: 0 },
    ]))

  test('the long form', () =>
    expect(
      credentials(
        '[ { key: "${KEY}", name: second, weight: 2, priority: 1, proxy-url: "socks5://u:p@127.0.0.1:1080", headers: { X-Org: a } } ]',
        { KEY: 'one' },
      ),
    ).toEqual([
      {
        id: 'p/second',
        provider: 'p',
        secret: 'one',
        headers: { 'X-Org': 'a' },
        proxy: 'socks5://u:p@127.0.0.1:1080',
        weight: 2,
        priority: 1,
      },
    ]))

  test('one that is not set is left out, with a warning; the others keep their names', () => {
    const text =
      'providers: { p: { kind: openai, keys: [ "${NOPE}", two, "${file:gone}", { key: "${NOPE}", name: n } ] } }\n'
    expect(
      tableOf(text)
        .providers.get('p')
        ?.credentials.map(({ id }) => id),
    ).toEqual(['p/key-2'])
    expect(diagnosticsOf(text)).toEqual([
      'routes.yaml:1:41: providers.p.keys[0]: key left out: the environment variable NOPE is not set (set NOPE, or take the key out)',
      'routes.yaml:1:57: providers.p.keys[2]: key left out: the file gone cannot be read (write the file gone, or take the key out)',
      'routes.yaml:1:73: providers.p.keys[3]: key left out: the environment variable NOPE is not set (set NOPE, or take the key out)',
    ])
  })

  test.each([
    ['"${NOPE}"', 'no key (set NOPE)'],
    ['"${NOPE}", "${NOPE}"', 'no key (set NOPE)'],
    ['"${NOPE}", { key: "${ALSO}" }', 'no key (set NOPE or set ALSO)'],
    ['"${file:gone}"', 'no key (write the file gone)'],
    ['"${NOPE:-}"', 'no key (write one)'],
    ['', 'no key (add keys: [ … ])'],
  ])('a provider left with none is off, with one warning: %s', (keys, words) => {
    const text = `providers: { p: { kind: openai, keys: [ ${keys} ] } }\nmodels: { m: p/x }\n`
    expect(diagnosticsOf(text)).toEqual([`routes.yaml:1:14: providers.p: switched off: ${words}`])
    const table = tableOf(text)
    expect(table.listed).toEqual([])
    expect(routeText(table.resolve('m'))).toBe('nobody')
    expect(routeText(table.resolve('gpt-5'))).toBe('not found')
  })

  test('those of the highest priority serve, others only in their place', async () => {
    const down = new Set<string>()
    const gateway = localGateway(
      'providers: { p: { kind: openai-compatible, base-url: "http://p.test/v1", keys: [ low, { key: high-1, priority: 1 }, { key: high-2, priority: 1 }, { key: idle, weight: 0, priority: 2 } ] } }\n',
      ({ headers }) =>
        down.has(headers.get('authorization') ?? '')
          ? Response.json(
              { error: { message: 'no' } },
              { status: 429, headers: { 'retry-after': '60' } },
            )
          : replyOf('openai-chat', 'm', false),
    )
    const ask = async (): Promise<string> => {
      await gateway.call('/v1/chat/completions', { json: question('openai-chat', 'p/m', false) })
      return gateway.received.at(-1)?.headers.get('authorization')?.slice(7) ?? ''
    }
    expect([await ask(), await ask(), await ask()]).toEqual(['high-1', 'high-2', 'high-1'])
    down.add('Bearer high-1').add('Bearer high-2')
    expect([await ask(), await ask()]).toEqual(['low', 'low'])
    gateway.advance(61_000)
    down.clear()
    expect([await ask(), await ask()].sort()).toEqual(['high-1', 'high-2'])
  })
})

describe('headers', () => {
  const OWN = 'kind: openai-compatible, base-url: "http://p.test/v1"'
  test.each([
    ['are sent', 'headers: { X-Team: infra }', {}, 'x-team', 'infra'],
    ['are filled in', 'headers: { X-Team: "${TEAM:-none}" }', {}, 'x-team', 'none'],
    [
      'copy the client’s',
      'headers: { X-Trace: "$x-request-id" }',
      { 'x-request-id': 'abc' },
      'x-trace',
      'abc',
    ],
    [
      'copy it whatever its case',
      'headers: { X-Trace: "$X-Request-ID" }',
      { 'x-request-id': 'abc' },
      'x-trace',
      'abc',
    ],
    [
      'are left out where the client sent none',
      'headers: { X-Trace: "$x-request-id" }',
      {},
      'x-trace',
      null,
    ],
    ['may replace ours', 'headers: { User-Agent: mine }', {}, 'user-agent', 'mine'],
    ['never replace the key', 'headers: { Authorization: mine }', {}, 'authorization', 'Bearer k'],
  ])('%s', async (_, headers, from, name, value) => {
    const received = await sent(`{ ${OWN}, keys: [ k ], ${headers} }`, {
      headers: from as Record<string, string>,
    })
    expect(received.headers.get(name)).toBe(value)
  })

  test('of a key go before those of its provider', async () => {
    const received = await sent(
      `{ ${OWN}, headers: { X-Org: a, X-Team: t }, keys: [ { key: k, headers: { X-Org: b, X-Trace: "$x-request-id" } } ] }`,
      { headers: { 'x-request-id': 'abc' } },
    )
    expect(['x-org', 'x-team', 'x-trace'].map(name => received.headers.get(name))).toEqual([
      'b',
      't',
      'abc',
    ])
  })
})

describe('models', () => {
  const provider = (more: string) =>
    tableOf(`providers: { p: { kind: anthropic, keys: [ k ], ${more} } }\n`)
  test('none: the kind’s own catalogue', () => {
    const ids = provider('priority: 0').listed.map(({ id }) => id)
    expect(ids).toContain('claude-sonnet-4-5')
    expect(ids.length).toBeGreaterThan(5)
  })

  test('replace the kind’s catalogue', () => {
    const table = provider(
      'models: [ claude-sonnet-4-5, { name: own-1, alias: own, context: 400k } ]',
    )
    expect(table.listed.map(({ id, contextTokens }) => [id, contextTokens])).toEqual([
      ['claude-sonnet-4-5', 200_000],
      ['own', 400_000],
    ])
    expect(routeText(table.resolve('own'))).toBe('p/own-1')
    expect(routeText(table.resolve('claude-opus-5'))).toBe('not found')
    // What is asked for by its address need not be listed.
    expect(routeText(table.resolve('p/claude-opus-5'))).toBe('p/claude-opus-5')
  })

  test('none at all', () => expect(provider('models: []').listed).toEqual([]))

  test('an alias that several have is a pool', () => {
    const table = provider('models: [ { name: x, alias: z }, { name: y, alias: z } ]')
    expect(routeText(table.resolve('z'))).toBe('p/x | p/y')
    expect(routeText(table.resolve('p/z'))).toBe('p/x | p/y')
  })

  test.each([
    ['thinking: [ low, high ]', 'm(medium)', 'low'],
    ['thinking: [ low, high ]', 'm(xhigh)', 'high'],
    ['thinking: [ medium ]', 'm(high)', 'medium'],
    ['thinking: []', 'm(high)', undefined],
  ])('%s: %s asks for %p', async (thinking, model, effort) => {
    const received = await sent(
      `{ kind: openai-compatible, base-url: "http://p.test/v1", keys: [ k ], models: [ { name: m, ${thinking} } ] }`,
      { model },
    )
    expect((JSON.parse(received.text) as JsonObject).reasoning_effort).toBe(effort as string)
  })
})

describe('exclude hides from lists and routes', () => {
  const table = (more = '') =>
    tableOf(
      `providers: { p: { kind: openai-compatible, base-url: "http://p.test/v1", keys: [ k ], models: [ chat, chat-audio-1, { name: up-audio-2, alias: nice }, { name: plain, alias: my-audio-3 } ], exclude: [ "*-audio-*", gone ] } }\n${more}`,
    )
  test('lists', () => expect(table().listed.map(({ id }) => id)).toEqual(['chat']))
  test.each([
    ['chat', 'p/chat'],
    ['chat-audio-1', 'not found'],
    ['nice', 'not found'],
    ['my-audio-3', 'not found'],
    ['p/chat', 'p/chat'],
    ['p/chat-audio-1', 'not found'],
    ['p/unlisted-audio-9', 'not found'],
    ['p/gone', 'not found'],
    ['p/nice', 'not found'],
    ['p/my-audio-3', 'not found'],
    ['p/unlisted', 'p/unlisted'],
  ])('%s: %s', (asked, leadsTo) =>
    expect(routeText(table().resolve(asked)).replace(/^not found .*/, 'not found')).toBe(leadsTo),
  )
  test('what stars lead to', () => {
    const found = table('aliases: { "x-*": "p/*" }\n')
    expect(routeText(found.resolve('x-y'))).toBe('p/y')
    expect(routeText(found.resolve('x-an-audio-one'))).toBe('not found')
  })
  test('a target that is excluded is an error', () =>
    expect(
      diagnosticsOf(
        'providers: { p: { kind: openai, keys: [ k ], exclude: [ "*-mini" ] } }\nmodels: { m: p/gpt-5-mini }\n',
      ),
    ).toEqual([
      'routes.yaml:2:14: models.m: p excludes gpt-5-mini (change its exclude, or the target)',
    ]))
})

describe('prefix: only reachable as PREFIX/MODEL', () => {
  const provider = (id: string, more: string) =>
    `  ${id}: { kind: openai-compatible, base-url: "http://${id}.test/v1", keys: [ k ], ${more} }\n`
  const text = `providers:\n${provider('azure', 'prefix: work, models: [ gpt-5, both, { name: up, alias: down } ]')}${provider('other', 'prefix: work, models: [ both, more ]')}`
  test('lists', () =>
    expect(tableOf(text).listed.map(({ id }) => id)).toEqual([
      'work/gpt-5',
      'work/both',
      'work/down',
      'work/more',
    ]))
  test.each([
    ['work/gpt-5', 'azure/gpt-5'],
    ['work://gpt-5', 'azure/gpt-5'],
    ['work/down', 'azure/up'],
    ['work/both', 'azure/both | other/both'],
    ['work/more', 'other/more'],
    ['work/unlisted', 'azure/unlisted | other/unlisted'],
    ['gpt-5', 'not found'],
    ['azure/gpt-5', 'not found'],
  ])('%s: %s', (asked, leadsTo) =>
    expect(routeText(tableOf(text).resolve(asked)).replace(/^not found .*/, 'not found')).toBe(
      leadsTo,
    ),
  )
  test('the file itself may use both names', () => {
    const table = tableOf(`${text}models: { m: [ azure/gpt-5, work/more ] }\n`)
    expect(routeText(table.resolve('m'))).toBe('azure/gpt-5, other/more')
  })
  test('the upstream never hears of it', async () => {
    const received = await sent(
      '{ kind: openai-compatible, base-url: "http://p.test/v1", keys: [ k ], prefix: work }',
      { model: 'work/gpt-5' },
    )
    expect((JSON.parse(received.text) as JsonObject).model).toBe('gpt-5')
  })
  test('a provider’s own name as its prefix', () => {
    const table = tableOf(`providers:\n${provider('azure', 'prefix: azure, models: [ gpt-5 ]')}`)
    expect(routeText(table.resolve('azure/gpt-5'))).toBe('azure/gpt-5')
    expect(routeText(table.resolve('gpt-5'))).toBe('not found')
  })
})

describe('timeouts, priority, disabled', () => {
  test('timeouts: those that are not written are the defaults', () => {
    const table = tableOf(
      'providers: { p: { kind: openai, keys: [ k ], timeout: { connect: 250ms, total: 30m } }, q: { kind: openai, keys: [ k ] } }\n',
    )
    expect(table.providers.get('p')?.timeouts).toEqual({
      connectMs: 250,
      firstByteMs: 300_000,
      idleMs: 120_000,
      totalMs: 1_800_000,
    })
    expect(table.providers.get('q')?.timeouts).toEqual({
      connectMs: 10_000,
      firstByteMs: 300_000,
      idleMs: 120_000,
      totalMs: 0,
    })
  })

  test('priority: of those who list a name the highest first, the others in their place', () => {
    const own = 'kind: openai-compatible, base-url: "http://x.test/v1", keys: [ k ], models: [ m ]'
    const table = tableOf(
      `providers: { a: { ${own} }, b: { ${own}, priority: 2 }, c: { ${own}, priority: -1 }, d: { ${own}, priority: 2 }, e: { ${own} } }\n`,
    )
    expect(routeText(table.resolve('m'))).toBe('b/m | d/m, a/m | e/m, c/m')
  })

  test('disabled: as if it were not there, without a word, but known by its name', () => {
    const text =
      'providers: { p: { kind: openai, keys: [ k ], disabled: true }, q: { kind: groq, keys: [ k ] } }\nmodels: { m: [ p/x, q/y ] }\n'
    expect(diagnosticsOf(text)).toEqual([])
    const table = tableOf(text)
    expect(table.listed.map(({ id }) => id)).toEqual(['m'])
    expect(routeText(table.resolve('m'))).toBe('q/y')
    expect(routeText(table.resolve('gpt-5'))).toBe('not found')
    const direct = table.resolve('p/x')
    expect(direct.found && direct.route.passedOver[0]?.reason).toBe('disabled in the file')
  })

  test('discover: false is what there is', () =>
    expect(
      diagnosticsOf('providers: { p: { kind: openai, keys: [ k ], discover: false } }\n'),
    ).toEqual([]))
})

describe('base-url as people write it', () => {
  test.each([
    ['openai-chat', 'https://x/v1', 'https://x/v1'],
    ['openai-chat', ' https://x/v1/ ', 'https://x/v1'],
    ['openai-chat', 'https://x/v1//', 'https://x/v1'],
    ['openai-chat', 'https://x', 'https://x/v1'],
    ['openai-chat', 'https://x/', 'https://x/v1'],
    ['openai-chat', 'https://x/v1/v1', 'https://x/v1'],
    ['openai-chat', 'https://x/v1/chat/completions', 'https://x/v1'],
    ['openai-chat', 'https://x/chat/completions', 'https://x/v1'],
    ['openai-chat', 'https://x/v1/completions', 'https://x/v1'],
    ['openai-chat', 'https://x/v1/responses', 'https://x/v1'],
    ['openai-chat', 'https://x/v1/models', 'https://x/v1'],
    ['openai-chat', 'https://x/v1/embeddings', 'https://x/v1'],
    ['openai-chat', 'https://x/api/paas/v4/chat/completions/', 'https://x/api/paas/v4'],
    ['openai-chat', 'https://x/v1beta/openai/', 'https://x/v1beta/openai'],
    ['openai-chat', 'https://x/openai/deployments/gpt-5', 'https://x/openai/deployments/gpt-5'],
    ['openai-chat', 'https://x.openai.azure.com', 'https://x.openai.azure.com/openai/v1'],
    ['openai-chat', 'https://x.openai.azure.com/openai/', 'https://x.openai.azure.com/openai/v1'],
    ['openai-responses', 'https://x/v1/responses', 'https://x/v1'],
    ['openai-responses', 'https://x', 'https://x/v1'],
    ['anthropic', 'https://x', 'https://x'],
    ['anthropic', 'https://x/v1', 'https://x'],
    ['anthropic', 'https://x/v1/v1/', 'https://x'],
    ['anthropic', 'https://x/v1/messages', 'https://x'],
    ['anthropic', 'https://x/v1/messages/count_tokens', 'https://x'],
    ['anthropic', 'https://x/api/anthropic/', 'https://x/api/anthropic'],
    ['anthropic', 'https://x/api/anthropic/v1/messages', 'https://x/api/anthropic'],
    ['gemini', 'https://x', 'https://x'],
    ['gemini', 'https://x/v1beta', 'https://x'],
    ['gemini', 'https://x/v1beta/v1beta/', 'https://x'],
    ['gemini', 'https://x/v1beta/models', 'https://x'],
    ['gemini', 'https://x/v1beta/models/gemini-2.5-pro:generateContent', 'https://x'],
    ['gemini', 'https://x/v1/publishers/google/models/m:streamGenerateContent', 'https://x'],
    ['gemini', 'https://x/v1/projects/p/locations/global', 'https://x'],
    ['gemini', 'http://127.0.0.1:8080/proxy/v1beta/', 'http://127.0.0.1:8080/proxy'],
  ] as const)('%s %s', (protocol, written, expected) =>
    expect(normaliseBaseUrl(written, protocol)?.baseUrl).toBe(expected),
  )

  test.each(['example.com', 'ftp://x', '', 'localhost:11434', '/v1', 'file:///etc'])(
    '%p is none',
    written => expect(normaliseBaseUrl(written, 'openai-chat')).toBeUndefined(),
  )

  const urlOf = (kind: string, base: string, more = ''): string =>
    tableOf(`providers: { p: { kind: ${kind}, base-url: "${base}", keys: [ k ]${more} } }\n`)
      .providers.get('p')
      ?.speaks.map(
        ({ protocol, baseUrl, query }) => `${protocol} ${baseUrl}${query && `?${query}`}`,
      )
      .join(', ') ?? ''
  test.each([
    [
      'a query is kept',
      'azure-openai',
      'https://x/d?api-version=1&a=b',
      '',
      'openai-chat https://x/d?api-version=1&a=b',
    ],
    [
      'api-version goes before it',
      'azure-openai',
      'https://x/d?a=b&api-version=1',
      ', api-version: "2"',
      'openai-chat https://x/d?a=b&api-version=2',
    ],
    [
      'an endpoint with a query',
      'azure-openai',
      'https://x/openai/deployments/d/chat/completions?api-version=1',
      '',
      'openai-chat https://x/openai/deployments/d?api-version=1',
    ],
    [
      'a vendor’s bare host',
      'openrouter',
      'https://openrouter.ai',
      '',
      'openai-chat https://openrouter.ai/api/v1',
    ],
    [
      'a vendor’s bare host with the version',
      'groq',
      'https://api.groq.com/',
      '',
      'openai-chat https://api.groq.com/openai/v1',
    ],
    [
      'a vendor’s own address takes nothing away',
      'deepseek',
      'https://api.deepseek.com/v1/',
      '',
      'openai-chat https://api.deepseek.com/v1, anthropic https://api.deepseek.com/anthropic',
    ],
    [
      'a vendor’s other address',
      'zai',
      'https://api.z.ai/api/anthropic',
      '',
      'anthropic https://api.z.ai/api/anthropic',
    ],
    [
      'an address of one’s own',
      'deepseek',
      'https://proxy.test',
      '',
      'openai-chat https://proxy.test/v1',
    ],
    [
      'an address of one’s own for two protocols',
      'openai',
      'https://proxy.test/v1',
      '',
      'openai-responses https://proxy.test/v1, openai-chat https://proxy.test/v1',
    ],
  ])('%s', (_, kind, base, more, expected) => expect(urlOf(kind, base, more)).toBe(expected))

  test('an empty one switches off, since a variable may be empty', () => {
    const text = 'providers: { p: { kind: ollama, base-url: "${URL:-}" } }\n'
    expect(diagnosticsOf(text)).toEqual([
      'routes.yaml:1:14: providers.p: switched off: its base-url is empty (write it, or take the provider out)',
    ])
  })
})

describe('a provider is asked in the client’s own protocol where it can be, byte for byte', () => {
  const ODD = '"x_unknown" : 1.50, "big":12345678901234567890 ,"é":"\\u00e9\\/", "10":1,"2":2'
  const BODIES: Record<Wire, (model: string) => string> = {
    anthropic: model =>
      `{ "max_tokens":5,\n"model" : ${model}, "messages":[{"role":"user","content":"hi"}], ${ODD} }\n`,
    'openai-chat': model =>
      `{"messages":[{"role":"user","content":"hi"}],"model":${model}, ${ODD}}`,
    'openai-responses': model => `{"input":"hi" ,\t"model":${model}, "store":false, ${ODD}}`,
    gemini: () => `{"contents":[{"role":"user","parts":[{"text":"hi"}]}], ${ODD}}`,
  }
  const PROVIDER: Record<Wire, string> = {
    anthropic: '{ kind: anthropic-compatible, base-url: "http://p.test", keys: [ k ] }',
    'openai-chat': '{ kind: openai, base-url: "http://p.test/v1", keys: [ k ] }',
    'openai-responses': '{ kind: openai, base-url: "http://p.test/v1", keys: [ k ] }',
    gemini: '{ kind: gemini, base-url: "http://p.test", keys: [ k ] }',
  }
  for (const [wire, bodyFor] of Object.entries(BODIES) as [Wire, (model: string) => string][])
    test.each([
      ['only the name is spliced', 'asked', 'served'],
      ['not even that where it is the same', 'p/served', 'served'],
      ['a name with odd letters', 'ask\u00e9d "x"', 'served'],
    ])(`${wire}: %s`, async (_, asked, served) => {
      const gateway = localGateway(
        `providers: { p: ${PROVIDER[wire]} }\nmodels: { asked: p/served, 'ask\u00e9d "x"': p/served }\n`,
        () => replyOf(wire, 'served', false),
      )
      const response = await gateway.call(pathOf(wire, asked, false), {
        method: 'POST',
        body: bodyFor(JSON.stringify(asked)),
        headers: { 'content-type': 'application/json' },
      })
      expect(response.status).toBe(200)
      expect(gateway.received[0]?.text).toBe(bodyFor(JSON.stringify(served)))
    })
})
