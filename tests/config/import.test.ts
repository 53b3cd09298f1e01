import { describe, expect, test } from 'bun:test'
import { parse } from 'yaml'
import { parseDotenv } from '../../src/config/import/claude-code-proxy.ts'
import { importConfig } from '../../src/config/import/index.ts'
import { compileTable } from '../../src/config/index.ts'
import { kinds } from '../../src/providers/index.ts'

const SERVICES = { env: {}, readFile: () => '', kinds }

/** What is written, compiled as it stands. */
function taken(name: string, text: string, env: Record<string, string> = {}) {
  const imported = importConfig(name, text, SERVICES)
  if (!imported) throw new Error('of no tool that is known')
  const compiled = compileTable('routes.yaml', imported.text, { ...SERVICES, env })
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.diagnostics))
  return {
    ...imported,
    table: compiled.value,
    routes: parse(imported.text) as Record<string, unknown>,
  }
}

function route(table: ReturnType<typeof taken>['table'], asked: string): string {
  const resolution = table.resolve(asked)
  if (!resolution.found) return 'not found'
  return resolution.route.steps
    .map(step => step.members.map(({ provider, model }) => `${provider.id}/${model}`).join(' | '))
    .join(', ')
}

const CLI_PROXY_API = `
host: 0.0.0.0
port: 9000
tls: { enable: false, cert: "", key: "" }
proxy-url: socks5://127.0.0.1:1080
api-keys: [ laptop-key-0001, your-api-key-1 ]
auth-dir: ~/.cli-proxy-api
debug: true
request-retry: 2
max-retry-interval: 45
routing: { strategy: fill-first, session-affinity: true, session-affinity-ttl: 2h }
remote-management: { allow-remote: true, secret-key: x }
quota-exceeded: { switch-project: true }
gemini-api-key:
  - { api-key: g1, models: [ { name: gemini-2.5-flash, alias: quick } ] }
  - { api-key: g2, models: [ { name: gemini-2.5-flash, alias: quick } ], weight: 3 }
  - { api-key: g3, base-url: "https://other.test", excluded-models: [ "*-pro" ], prefix: side }
claude-api-key:
  - { api-key: c1, proxy-url: "http://p:1", cloak: { mode: auto }, headers: { X-A: b } }
codex-api-key:
  - { api-key: o1, base-url: "https://codex.test/v1", priority: 2 }
  - { api-key: off, base-url: "https://gone.test/v1", excluded-models: [ "*" ] }
openai-compatibility:
  - name: openrouter
    base-url: https://openrouter.ai/api/v1
    api-key-entries: [ { api-key: r1 }, { api-key: r2, proxy-url: direct } ]
    models: [ { name: moonshotai/kimi-k2, alias: kimi } ]
  - { name: "My Local!", base-url: "http://127.0.0.1:8000/v1", models: [ { name: qwen } ] }
ampcode:
  force-model-mappings: true
  model-mappings:
    - { from: claude-opus-4-5, to: kimi }
    - { from: "^gpt-5", to: quick, regex: true }
    - { from: "gpt-(5|6)", to: quick, regex: true }
    - { from: other, to: nobody-has-it }
payload:
  default: [ { models: [ { name: "gemini-*", protocol: gemini } ], params: { "generationConfig.temperature": 0.5 } } ]
  filter: [ { models: [ { name: "gpt-*" } ], params: [ temperature ] } ]
request-log: true
`

describe('CLIProxyAPI', () => {
  const { table, routes, notes } = taken('config.yaml', CLI_PROXY_API)

  test('keys that are alike are one provider', () => {
    expect(routes.providers).toEqual({
      gemini: {
        kind: 'gemini',
        models: [{ name: 'gemini-2.5-flash', alias: 'quick' }],
        keys: ['g1', { key: 'g2', weight: 3 }],
      },
      'gemini-2': {
        kind: 'gemini',
        'base-url': 'https://other.test',
        prefix: 'side',
        exclude: ['*-pro'],
        keys: ['g3'],
      },
      claude: {
        kind: 'anthropic',
        headers: { 'X-A': 'b' },
        keys: [{ key: 'c1', 'proxy-url': 'http://p:1' }],
      },
      codex: {
        kind: 'openai-responses-compatible',
        'base-url': 'https://codex.test/v1',
        priority: 2,
        keys: ['o1'],
      },
      'codex-2': {
        kind: 'openai-responses-compatible',
        'base-url': 'https://gone.test/v1',
        disabled: true,
        keys: ['off'],
      },
      openrouter: {
        kind: 'openai-compatible',
        'base-url': 'https://openrouter.ai/api/v1',
        models: [{ name: 'moonshotai/kimi-k2', alias: 'kimi' }],
        keys: ['r1', { key: 'r2', 'proxy-url': 'direct' }],
      },
      'my-local': {
        kind: 'openai-compatible',
        'base-url': 'http://127.0.0.1:8000/v1',
        models: ['qwen'],
        keys: ['none'],
      },
    })
  })

  test('the server, the policy and the rules', () => {
    expect(table.server).toMatchObject({ host: '0.0.0.0', port: 9_000 })
    expect(table.policy).toMatchObject({
      requestRetry: 2,
      maxRetryIntervalMs: 45_000,
      strategy: 'fill-first',
      sessionAffinityMs: 7_200_000,
    })
    expect(table.logging.level).toBe('debug')
    expect(table.apiKeys.map(({ key }) => key)).toEqual(['laptop-key-0001'])
    expect(table.rules).toHaveLength(2)
    expect(table.providers.get('gemini')?.proxy).toBe('socks5://127.0.0.1:1080')
  })

  test('names lead where they led', () => {
    expect(route(table, 'quick')).toBe('gemini/gemini-2.5-flash')
    expect(route(table, 'claude-opus-4-5')).toBe('openrouter/moonshotai/kimi-k2')
    expect(route(table, 'gpt-5-codex')).toBe('gemini/gemini-2.5-flash')
  })

  test('what stays behind is said, and why', () => {
    const all = notes.join('\n')
    for (const word of [
      'auth-dir',
      'remote-management',
      'request-log',
      'cloak is not taken over: no client is disguised',
      'gpt-(5|6) is more than a glob',
      'nobody-has-it',
      'sample key',
      'payload: its paths',
    ])
      expect(all).toContain(word)
    // And in the file itself, for whoever reads it later.
    expect(taken('config.yaml', CLI_PROXY_API).text).toContain(
      '# Not taken over, or different here:',
    )
  })
})

describe('claude-code-proxy', () => {
  const ENV = `
# upstream
OPENAI_API_KEY="sk-upstream-0000"
export OPENAI_BASE_URL='https://up.test/v1'   # ours
BIG_MODEL=big-one
SMALL_MODEL="small-\${BIG_MODEL}"
ANTHROPIC_API_KEY=client-key-0001
CUSTOM_HEADER_X_TEAM="infra"
REQUEST_TIMEOUT=120
PORT=8082
MAX_TOKENS_LIMIT=8192
`

  test('one upstream behind three names', () => {
    const { table, notes } = taken('.env', ENV)
    expect(route(table, 'claude-3-5-haiku-20241022')).toBe('upstream/small-big-one')
    expect(route(table, 'claude-sonnet-4-5')).toBe('upstream/big-one')
    expect(route(table, 'claude-opus-4-5')).toBe('upstream/big-one')
    expect(route(table, 'whatever')).toBe('upstream/big-one')
    expect(route(table, 'gpt-4.1')).toBe('upstream/gpt-4.1')
    const provider = table.providers.get('upstream')
    expect(provider?.headers).toEqual({ 'X-TEAM': 'infra' })
    expect(provider?.timeouts.firstByteMs).toBe(120_000)
    expect(provider?.credentials[0]?.secret).toBe('sk-upstream-0000')
    expect(table.apiKeys[0]?.key).toBe('client-key-0001')
    expect(notes.join()).toContain('MAX_TOKENS_LIMIT')
  })

  test('Azure, and OpenAI itself', () => {
    const azure = taken(
      '.env',
      'OPENAI_API_KEY=k\nOPENAI_BASE_URL=https://a.test/openai\nAZURE_API_VERSION=2025-04-01\n',
    )
    expect(azure.table.providers.get('upstream')?.kind.id).toBe('azure-openai')
    const own = taken('my.env', 'OPENAI_API_KEY=k\n')
    expect(own.table.providers.get('upstream')?.kind.id).toBe('openai')
    expect(route(own.table, 'claude-sonnet-4-5')).toBe('upstream/gpt-4o')
    expect(own.notes.join()).toContain('only this machine')
  })

  test('the file is read as it is by the tool', () => {
    expect(
      parseDotenv('A=1\nB="two # no"\nC=three # yes\n D = \'$x\' \nnonsense\nE=${A}-x\n'),
    ).toEqual({
      A: '1',
      B: 'two # no',
      C: 'three',
      D: '$x',
      E: '1-x',
    })
  })
})

test('claude-code-router', () => {
  const config = {
    APIKEY: '$ROUTER_KEY',
    HOST: '127.0.0.1',
    PROXY_URL: 'http://127.0.0.1:7890',
    Providers: [
      {
        name: 'openrouter',
        api_base_url: 'https://openrouter.ai/api/v1/chat/completions',
        api_key: '$OPENROUTER_API_KEY',
        models: ['a/big', 'a/long'],
        transformer: { use: ['openrouter', ['maxtoken', { max_tokens: 1 }]] },
      },
      {
        name: 'Local Ollama',
        api_base_url: 'http://localhost:11434/v1/chat/completions',
        api_key: 'ollama',
        models: ['qwen'],
      },
    ],
    Router: {
      default: 'openrouter,a/big',
      background: 'Local Ollama,qwen',
      longContext: 'openrouter,a/long',
      longContextThreshold: 90_000,
      think: 'gone,model',
    },
  }
  const { table, text, notes } = taken('config.json', JSON.stringify(config), {
    ROUTER_KEY: 'router-key-0001',
    OPENROUTER_API_KEY: 'k',
  })
  expect(route(table, 'claude-haiku-4-5')).toBe('local-ollama/qwen')
  expect(route(table, 'claude-sonnet-4-5')).toBe('openrouter/a/long, openrouter/a/big')
  expect(text).toContain('">90000"')
  expect(table.server.port).toBe(3_456)
  expect(table.apiKeys[0]?.key).toBe('router-key-0001')
  expect(notes.join()).toContain('maxtoken')
})

test('LiteLLM', () => {
  const config = `
model_list:
  - { model_name: smart, litellm_params: { model: anthropic/claude-sonnet-4-5, api_key: os.environ/ANTHROPIC_API_KEY } }
  - { model_name: smart, litellm_params: { model: openrouter/anthropic/claude-sonnet-4.5, api_key: k2 } }
  - { model_name: quick, litellm_params: { model: gpt-5-mini, api_key: k3 } }
  - { model_name: local, litellm_params: { model: ollama/qwen3, api_base: "http://127.0.0.1:11434" } }
  - { model_name: odd, litellm_params: { model: sagemaker/x } }
router_settings: { num_retries: 4, routing_strategy: simple-shuffle }
litellm_settings: { fallbacks: [ { smart: [ quick, gone ] } ], drop_params: true }
general_settings: { master_key: sk-master-0001 }
`
  const { table, notes } = taken('config.yaml', config, { ANTHROPIC_API_KEY: 'k1' })
  expect(route(table, 'smart')).toBe(
    'anthropic/claude-sonnet-4-5 | openrouter/anthropic/claude-sonnet-4.5, openai/gpt-5-mini',
  )
  expect(route(table, 'local')).toBe('ollama/qwen3')
  expect(table.policy.requestRetry).toBe(4)
  expect(table.apiKeys[0]?.key).toBe('sk-master-0001')
  expect(notes.join('\n')).toContain('"sagemaker" has no equivalent')
  expect(notes.join('\n')).toContain('drop_params')
})

test('what is of no tool is not guessed at', () => {
  for (const [name, text] of [
    ['a.yaml', 'hello: world\n'],
    ['a.yaml', '- list\n'],
    ['a.json', '{"x": 1}'],
    ['a.txt', ': : :'],
  ] as const)
    expect(importConfig(name, text, SERVICES)).toBeUndefined()
})
