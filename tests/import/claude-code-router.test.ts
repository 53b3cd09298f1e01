import { describe, expect, test } from 'bun:test'
import { type SampleFacts, sampleFacts } from '../../src/routing/facts.ts'
import { imported, importedFixture, route } from '../support/imported.ts'

const ENV = {
  ROUTER_KEY: 'router-key-one',
  OPENROUTER_API_KEY: 'openrouter-key-one',
  HTTP_PROXY_OF_OURS: 'http://127.0.0.1:3128',
}

describe('claude-code-router', () => {
  const { table, about, notes } = importedFixture('claude-code-router.json', { env: ENV })
  const asked = (name: string, given: Partial<SampleFacts> = {}): string =>
    route(table, name, sampleFacts(name, given))
  const usual = 'deepseek/deepseek-chat, openrouter/anthropic/claude-sonnet-4'

  test('the router decides, whatever Claude’s model is called', () => {
    expect(asked('claude-sonnet-4-5')).toBe(usual)
    // A provider has this one too; the router goes before it.
    expect(asked('claude-opus-4')).toBe(usual)
    expect(asked('claude-sonnet-4-5', { thinking: true })).toBe(
      `deepseek/deepseek-reasoner, openrouter/google/gemini-2.5-pro, ${usual}`,
    )
    expect(asked('claude-sonnet-4-5', { tools: ['web_search'] })).toBe(
      `gemini/gemini-2.5-flash, ${usual}`,
    )
    expect(asked('claude-sonnet-4-5', { inputTokens: 90_001, thinking: true })).toStartWith(
      'openrouter/google/gemini-2.5-pro, deepseek/deepseek-reasoner',
    )
    expect(asked('claude-sonnet-4-5', { inputTokens: 90_000 })).toBe(usual)
  })

  test('the small model is the background’s, unless the conversation is long', () => {
    expect(asked('claude-haiku-4-5')).toBe('local-ollama/qwen')
    expect(asked('claude-3-5-haiku-20241022', { inputTokens: 99_000 })).toBe(
      'openrouter/google/gemini-2.5-pro, local-ollama/qwen',
    )
  })

  test('picks by hand lead there, and models are there under their own names', () => {
    expect(asked('openrouter,anthropic/claude-sonnet-4')).toBe(
      'openrouter/anthropic/claude-sonnet-4',
    )
    expect(asked('Local Ollama,qwen')).toBe('local-ollama/qwen')
    expect(asked('deepseek-reasoner')).toBe('deepseek/deepseek-reasoner')
    expect(asked('nobody-has-it')).toBe(usual)
  })

  test('providers by protocol and address', () => {
    const kind = (id: string) => table.providers.get(id)?.kind.id
    const at = (id: string) => table.providers.get(id)?.speaks[0]?.baseUrl
    expect([kind('openrouter'), at('openrouter')]).toEqual([
      'openrouter',
      'https://openrouter.ai/api/v1',
    ])
    expect([kind('deepseek'), at('deepseek')]).toEqual(['deepseek', 'https://api.deepseek.com/v1'])
    expect([kind('local-ollama'), at('local-ollama')]).toEqual([
      'ollama',
      'http://localhost:11434/v1',
    ])
    expect([kind('gemini'), at('gemini')]).toEqual([
      'gemini',
      'https://generativelanguage.googleapis.com',
    ])
    expect([kind('claude'), at('claude')]).toEqual([
      'anthropic-compatible',
      'https://claude.example',
    ])
    expect([kind('responses'), at('responses')]).toEqual([
      'openai-responses-compatible',
      'https://responses.example/v1',
    ])
    expect(table.providers.get('openrouter')?.credentials[0]?.secret).toBe('openrouter-key-one')
    expect(table.providers.get('openrouter')?.proxy).toBe('http://127.0.0.1:3128')
    expect(table.providers.get('gemini')?.timeouts.firstByteMs).toBe(600_000)
  })

  test('key, host and port', () => {
    expect(table.server).toMatchObject({ host: '0.0.0.0', port: 3_457 })
    expect(table.apiKeys.map(({ key }) => key)).toEqual(['router-key-one'])
  })

  test('transformers: what is done anyway, and what is not done', () => {
    const said = (loses: boolean): string =>
      notes
        .filter(note => note.loses === loses)
        .map(({ about }) => about)
        .join('\n')
    expect(said(false)).toContain('Providers[1].transformer.use: deepseek')
    for (const name of ['maxtoken', 'sampling', 'customparams', 'forcereasoning'])
      expect(said(true)).toContain(`Providers[1].transformer.use: ${name}`)
    expect(said(true)).toContain('Providers[1].transformer.deepseek-chat: tooluse')
    expect(about('Providers[0].transformer.google/gemini-2.5-pro: openrouter')).toContain(
      '(provider)',
    )
    expect(about('Providers[6]')).toContain('gcloud')
    expect(about('Router.image')).toContain('names no provider and model')
    expect(about('CUSTOM_ROUTER_PATH')).toContain('conditions')
  })
})

test('without a key it stays on this machine, whatever host is written', () => {
  const { table, about } = imported(
    'config.json',
    '{ "HOST": "0.0.0.0", "Providers": [], "Router": {} }',
  )
  expect(table.server).toMatchObject({ host: '127.0.0.1', port: 3_456 })
  expect(about('HOST')).toContain('this machine only')
  expect(about('Router.default')).toContain('names no model')
})

test('Anthropic’s transformer sends the key as Anthropic takes it', () => {
  const provider = {
    name: 'a',
    api_base_url: 'https://a.example/v1/messages',
    api_key: 'k',
    models: ['m'],
    transformer: { use: ['Anthropic'] },
  }
  const { table } = imported(
    'config.json',
    JSON.stringify({ Providers: [provider], Router: { default: 'a,m' } }),
  )
  expect(table.providers.get('a')).toMatchObject({
    kind: { id: 'anthropic', auth: { header: 'x-api-key' } },
    speaks: [{ baseUrl: 'https://a.example' }],
  })
})

test('a dollar within a key is a dollar, unless there is such a variable', () => {
  const config = (key: string): string =>
    JSON.stringify({
      Providers: [{ name: 'a', api_base_url: 'http://a/v1', api_key: key, models: [] }],
      Router: {},
    })
  const secret = (key: string, env = {}) =>
    imported('config.json', config(key), { env }).table.providers.get('a')?.credentials[0]?.secret
  expect(secret('pa$SWORD')).toBe('pa$SWORD')
  expect(secret('pa$SWORD', { SWORD: 'x' })).toBe('pax')
  expect(secret('$SWORD', { SWORD: 'x' })).toBe('x')
  expect(secret('${SWORD}', { SWORD: 'x' })).toBe('x')
})

test('Azure is asked as Azure; a provider without a key was left out, and is switched off', () => {
  const { table, about } = imported(
    'config.json',
    JSON.stringify({
      Providers: [
        { name: 'az', api_base_url: 'https://a.openai.azure.com/', api_key: 'k', models: ['d'] },
        {
          name: 'old',
          api_base_url:
            'https://a.openai.azure.com/openai/deployments/d/chat/completions?api-version=v',
          api_key: 'k',
          models: ['d'],
        },
        { name: 'none', api_base_url: 'http://a/v1', api_key: '', models: ['m'] },
      ],
      Router: { default: 'none,m' },
    }),
  )
  expect(table.providers.get('az')).toMatchObject({
    kind: { id: 'azure-openai' },
    speaks: [{ baseUrl: 'https://a.openai.azure.com/openai/v1', query: '' }],
  })
  expect(table.providers.get('old')?.speaks[0]).toMatchObject({
    baseUrl: 'https://a.openai.azure.com/openai/deployments/d',
    query: 'api-version=v',
  })
  expect(table.providers.get('none')?.off).toBe('disabled in the file')
  expect(about('Providers[2].api_key')).toContain('disabled: true')
})
