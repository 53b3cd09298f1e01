import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { sampleFacts } from '../../src/routing/facts.ts'
import { imported, importedFixture, importFixtures, route } from '../support/imported.ts'

const ENV = {
  ANTHROPIC_API_KEY: 'env-anthropic',
  AZURE_API_BASE: 'https://azure.example/',
  LITELLM_MASTER_KEY: 'env-master',
  PERPLEXITYAI_API_KEY: 'env-perplexity',
  TITLE: 'env-title',
}

describe('LiteLLM', () => {
  const { table, about, text } = importedFixture('litellm.yaml', { env: ENV })
  const provider = (id: string) => table.providers.get(id)

  test('deployments of one name share the load, fallbacks follow', () => {
    expect(route(table, 'smart')).toBe(
      'anthropic-2/claude-sonnet-4-5 | openrouter/anthropic/claude-sonnet-4.5, openai-2/gpt-5-mini',
    )
    // It leads back to the first, whose targets stand in its place.
    expect(route(table, 'quick')).toBe(
      'openai-2/gpt-5-mini, anthropic-2/claude-sonnet-4-5 | openrouter/anthropic/claude-sonnet-4.5',
    )
    expect(route(table, 'local')).toBe('ollama/qwen3, groq/llama-4')
    expect(route(table, 'fast')).toBe('groq/llama-4')
    expect(about('router_settings.fallbacks[1].quick')).toContain('"gone" is no model')
  })

  test('the quickest first, with the window and what all deployments add', () => {
    const smart = table.resolve('smart', sampleFacts('smart'))
    if (!smart.found) throw new Error('smart is not found')
    expect(smart.route.steps[0]?.strategy).toBe('least-latency')
    expect(smart.route.edits).toEqual([{ kind: 'default', path: ['temperature'], value: 0.2 }])
    expect(table.listed.find(({ id }) => id === 'smart')?.contextTokens).toBe(200_000)
  })

  test('what a deployment says of its model is known of it: window, lacks, price', () => {
    expect(provider('openrouter')?.models).toMatchObject([
      {
        name: 'anthropic/claude-sonnet-4.5',
        contextTokens: 200_000,
        lacks: ['images'],
        price: { input: 3, output: 15, cacheRead: 0.3, cacheWrite: 3.75 },
      },
    ])
    expect(provider('openai-2')?.models).toEqual([])
    expect(about('model_list[2].litellm_params')).toContain('its price is not whole')
    // Only the names of the file: neither what a kind knows nor what an upstream lists.
    expect(route(table, 'gpt-5-mini')).toBe('not found')
    expect(provider('groq')?.discovery).toBeUndefined()
  })

  test('aliases', () => {
    expect(route(table, 'gpt-4')).toBe(route(table, 'smart'))
    expect(route(table, 'gpt-3')).toBe(route(table, 'quick'))
  })

  test('a name that looks like an address leads where the file says', () => {
    expect(route(table, 'openai/gpt-5')).toBe('openrouter-2/openai/gpt-5, groq/llama-4')
    expect(route(table, 'anthropic/claude-haiku-4-5')).toBe(
      'anthropic-3/claude-haiku-4-5, groq/llama-4',
    )
  })

  test('secrets: variables, the file’s own variables, credentials by name', () => {
    const secret = (id: string) => provider(id)?.credentials[0]?.secret
    expect(secret('anthropic-2')).toBe('env-anthropic')
    expect(secret('groq')).toBe('groq-key-said')
    expect(secret('openai-3')).toBe('openai-key-shared')
    expect(provider('openai-3')?.speaks[0]?.baseUrl).toBe('https://like-openai.example/v1')
    expect(secret('perplexity')).toBe('env-perplexity')
    expect(provider('openrouter')?.headers).toEqual({ 'X-Title': 'env-title' })
    expect(provider('openai-2')?.headers).toEqual({ 'OpenAI-Organization': 'org-one' })
    expect(table.apiKeys.map(({ key }) => key)).toEqual(['env-master'])
    expect(text).toContain('${LITELLM_MASTER_KEY}')
  })

  test('Azure by deployment, with a version or without one; Vertex by file and region', () => {
    expect(provider('azure-our-deployment')?.speaks[0]).toMatchObject({
      baseUrl: 'https://azure.example/openai/deployments/our-deployment',
      query: 'api-version=2025-03-01-preview',
    })
    expect(provider('azure-our-other')?.speaks[0]).toMatchObject({
      baseUrl: 'https://sample.openai.azure.com/openai/v1',
      query: '',
    })
    expect(provider('vertex_ai')?.speaks[0]?.baseUrl).toBe(
      'https://europe-west4-aiplatform.googleapis.com',
    )
    expect(text).toContain(`\${file:${join(importFixtures, 'auths/more/vertex-sample.json')}}`)
  })

  test('policy, port, limits and timeouts', () => {
    expect(table.policy).toMatchObject({ requestRetry: 4, cooldown: { transientMs: 30_000 } })
    expect(table.server).toMatchObject({ port: 4_000, bodyLimitBytes: 10_000_000 })
    expect(table.logging.level).toBe('debug')
    expect(provider('anthropic-2')?.timeouts.firstByteMs).toBe(120_000)
    expect(provider('groq')?.timeouts.firstByteMs).toBe(90_000)
  })

  test('what cannot be reached is told by its service', () => {
    expect(about('model_list[10].litellm_params.model')).toContain('"bedrock" has no kind here')
    expect(about('model_list[9].litellm_params.model')).toContain('Gemini’s models only')
    expect(route(table, 'odd')).toBe('not found')
  })
})

test('a temperature of 0 is one, and no cooldowns are none', () => {
  const { table } = imported(
    'litellm.yaml',
    'model_list: [ { model_name: a, litellm_params: { model: gpt-5, api_key: k, temperature: 0 } } ]\nrouter_settings: { disable_cooldowns: true }\n',
  )
  const resolved = table.resolve('a')
  expect(resolved.found && resolved.route.edits[0]).toMatchObject({
    path: ['temperature'],
    value: 0,
  })
  expect(table.policy.cooldown).toEqual({ transientMs: 0, maxMs: 0 })
})

test('shares by weight, else by what each may be asked', () => {
  const { table } = imported(
    'litellm.yaml',
    'model_list: [ { model_name: a, litellm_params: { model: openai/x, api_key: k, rpm: 60 } }, { model_name: a, litellm_params: { model: openai/y, api_key: k, weight: 2 } }, { model_name: b, litellm_params: { model: openai/z, api_key: k, weight: 9 } } ]\nrouter_settings: { routing_strategy: simple-shuffle }\n',
  )
  const shares = (name: string) => {
    const resolved = table.resolve(name)
    const step = resolved.found ? resolved.route.steps[0] : undefined
    return [step?.strategy, step?.members.map(({ weight }) => weight)]
  }
  expect(shares('a')).toEqual(['weighted', [60, 2]])
  expect(shares('b')).toEqual(['fill-first', [1]])
})

test('wildcards pass names on', () => {
  const { table } = imported(
    'litellm.yaml',
    'model_list: [ { model_name: "anthropic/*", litellm_params: { model: "anthropic/*", api_key: k } }, { model_name: "*", litellm_params: { model: "openai/*", api_key: o } } ]\n',
  )
  expect(route(table, 'anthropic/claude-x')).toBe('anthropic-2/claude-x')
  expect(route(table, 'whatever')).toBe('openai/whatever')
})

test('a ring of fallbacks ends', () => {
  const list = ['a', 'b', 'c'].map(
    name => `{ model_name: ${name}, litellm_params: { model: "openai/m-${name}", api_key: k } }`,
  )
  const { table } = imported(
    'litellm.yaml',
    `model_list: [ ${list.join(', ')} ]\nlitellm_settings: { fallbacks: [ { a: [ b ] }, { b: [ c ] }, { c: [ a ] } ] }\n`,
  )
  expect(route(table, 'a')).toBe('openai/m-a, openai/m-b')
  expect(route(table, 'c')).toBe('openai/m-c, openai/m-a')
})

test('secrets that no variable is set for need not be different', () => {
  const { table } = imported(
    'litellm.yaml',
    'model_list: [ { model_name: a, litellm_params: { model: gpt-5 } } ]\ngeneral_settings: { master_key: os.environ/KEY }\n',
    { env: { KEY: 'k', OPENAI_API_KEY: 'o' } },
  )
  expect(table.providers.get('openai')?.credentials[0]?.secret).toBe('o')
})

test('a fresh key takes the place of that of LiteLLM’s documents', () => {
  const { table, about } = imported(
    'litellm.yaml',
    'model_list: []\ngeneral_settings: { master_key: sk-1234 }\n',
  )
  expect(table.apiKeys.map(({ key }) => key)).toEqual(['jf-a-fresh-key'])
  expect(about('general_settings.master_key')).toContain('which are public')
})
