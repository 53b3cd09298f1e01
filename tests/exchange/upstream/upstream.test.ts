import { describe, expect, test } from 'bun:test'
import type { Question } from '../../../src/exchange/upstream/request-headers.ts'
import type { ProviderUpstreams } from '../../../src/exchange/upstream/upstream.ts'
import { compileUpstreams, type Upstream } from '../../../src/exchange/upstream/upstream.ts'
import type { Transport } from '../../../src/providers/transport.ts'
import { localGateway } from '../../support/local-gateway.ts'

const ROUTES = `
version: 1
providers:
  claude: { kind: anthropic, keys: [ k ], headers: { anthropic-version: "2099-01-01", x-team: "$x-from", x-own: yes } }
  azure: { kind: azure-openai, base-url: "https://r.test/openai/v1", api-version: "2025-04-01-preview", keys: [ k ] }
  gpt: { kind: openai, keys: [ k ] }
  vertex: { kind: vertex, keys: [ k ] }
  echo: { kind: echo }
`
const transport: Transport = { send: () => Promise.reject(new Error('nothing is sent')) }
const { table } = localGateway(ROUTES, () => new Response()).gateway
const upstreams = compileUpstreams(table, { transport, userAgent: 'jackfield/test' })

function of(provider: string): ProviderUpstreams {
  const found = [...upstreams].find(([{ id }]) => id === provider)?.[1]
  if (!found) throw new Error(`no provider ${provider}`)
  return found
}

function asking(more: Partial<Question> = {}): Question {
  const usual = { action: 'generate', model: 'm', stream: false, relay: undefined } as const
  return { ...usual, sameProtocol: true, extra: {}, ...more }
}

const upstream = (provider: string, client: Upstream['protocol']): Upstream => {
  const found = of(provider).for('generate', client)
  if (!found) throw new Error(`${provider} serves no ${client}`)
  return found
}

describe('where a client is served', () => {
  test.each([
    ['gpt', 'generate', 'openai-chat', 'openai-chat'],
    ['gpt', 'generate', 'openai-responses', 'openai-responses'],
    ['gpt', 'generate', 'gemini', 'openai-responses'],
    ['gpt', 'relay', 'openai-chat', 'openai-responses'],
    ['gpt', 'relay', 'anthropic', undefined],
    ['claude', 'generate', 'openai-chat', 'anthropic'],
  ] as const)('%s, %s for %s: %p', (provider, action, client, protocol) =>
    expect(of(provider).for(action, client)?.protocol).toBe(protocol as never),
  )

  test('is the same for every request', () =>
    expect(upstream('gpt', 'gemini')).toBe(upstream('gpt', 'anthropic')))

  test('bytes pass in the same protocol, unless the upstream would have to keep something', () => {
    expect(upstream('gpt', 'openai-responses').passes('generate', 'openai-responses')).toBe(true)
    expect(upstream('gpt', 'gemini').passes('generate', 'gemini')).toBe(false)
    expect(upstream('echo', 'openai-chat').passes('generate', 'openai-chat')).toBe(true)
    expect(upstream('echo', 'openai-responses').passes('generate', 'openai-responses')).toBe(false)
  })

  test('a kind’s own transport goes before HTTP', () => {
    expect(upstream('gpt', 'gemini').transport).toBe(transport)
    expect(upstream('echo', 'gemini').transport).not.toBe(transport)
  })
})

describe('its URL', () => {
  test.each([
    ['claude', 'anthropic', {}, 'https://api.anthropic.com/v1/messages'],
    [
      'azure',
      'openai-chat',
      {},
      'https://r.test/openai/v1/chat/completions?api-version=2025-04-01-preview',
    ],
    ['gpt', 'openai-chat', { action: 'models' }, 'https://api.openai.com/v1/models'],
    [
      'vertex',
      'gemini',
      { model: 'gemini-x', stream: true },
      'https://aiplatform.googleapis.com/v1/publishers/google/models/gemini-x:streamGenerateContent?alt=sse',
    ],
  ] as const)('of %s for %s', (provider, client, question, url) =>
    expect(upstream(provider, client).url(asking(question), undefined)).toBe(url),
  )

  test('of a credential that is served elsewhere', () =>
    expect(
      upstream('vertex', 'gemini').url(asking({ model: 'g' }), {
        baseUrl: 'https://region.test',
        root: '/v1/root',
      }),
    ).toBe('https://region.test/v1/root/g:generateContent'))
})

describe('its headers', () => {
  const client = new Headers({
    'anthropic-beta': 'client-beta',
    'anthropic-version': '2000-01-01',
    'x-from': 'blue',
    'x-api-key': 'a client key',
    'content-type': 'text/csv',
  })
  const headersOf = (more: Partial<Question>, from = client): Record<string, string> =>
    Object.fromEntries(upstream('claude', 'anthropic').headers(asking(more), from))

  test('in layers: protocol, client, encoder, file', () => {
    expect(headersOf({ extra: { 'anthropic-beta': 'own-beta,client-beta' } })).toEqual({
      accept: 'application/json',
      'accept-encoding': 'identity',
      'anthropic-beta': 'client-beta,own-beta',
      'anthropic-version': '2099-01-01',
      'content-type': 'application/json',
      'user-agent': 'jackfield/test',
      'x-own': 'yes',
      'x-team': 'blue',
    })
  })

  test('nothing of a client that speaks another protocol, but what the file copies', () => {
    const headers = headersOf({ sameProtocol: false })
    expect(headers).not.toHaveProperty('anthropic-beta')
    expect(headers['x-team']).toBe('blue')
  })

  test('a copied header is left out where the client has none', () =>
    expect(headersOf({}, new Headers())).not.toHaveProperty('x-team'))

  test.each([
    [{ stream: true }, 'text/event-stream', 'application/json'],
    [{ action: 'relay' }, '*/*', 'text/csv'],
    [{ action: 'models' }, 'application/json', undefined],
  ] as const)('%p accepts %p', (question, accept, type) =>
    expect(headersOf(question)).toMatchObject(
      type === undefined ? { accept } : { accept, 'content-type': type },
    ),
  )

  test('of one request are not those of another', () => {
    const make = upstream('claude', 'anthropic').headers
    make(asking(), client).set('x-own', 'changed')
    expect(make(asking(), client).get('x-own')).toBe('yes')
  })
})
