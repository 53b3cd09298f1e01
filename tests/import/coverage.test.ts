import { describe, expect, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { importConfig } from '../../src/import/index.ts'
import { isSupported } from '../../src/import/supported-settings.ts'
import { parseDotenv } from '../../src/lib/files/dotenv.ts'
import { imported, importedFixture, importFixtures, importServices } from '../support/imported.ts'

const ENV = {
  ANTHROPIC_API_KEY: 'env-one',
  AZURE_API_BASE: 'https://azure.example',
  HTTP_PROXY_OF_OURS: 'http://127.0.0.1:3128',
  LITELLM_MASTER_KEY: 'env-two',
  OPENROUTER_API_KEY: 'env-three',
  PERPLEXITYAI_API_KEY: 'env-four',
  ROUTER_KEY: 'env-five',
  TITLE: 'env-six',
}
const FIXTURES = readdirSync(importFixtures).filter(name => /\.(yaml|json|env)$/.test(name))
const read = (name: string): string => readFileSync(join(importFixtures, name), 'utf8')
/** Everything in the fixtures that stands for a secret is called so. */
const SECRET =
  /[\w-]+-key-[\w-]+|client-key-\w+|[\w-]+-(password|secret)(-\w+)?|(token|refresh|id)-of-\w+|2048204820\d+|aws-id-one|other-token/g

describe.each(FIXTURES)('%s', name => {
  const { unknown, notes, text, warnings } = importedFixture(name, { env: ENV })

  test('every setting is read, or noted with a reason of its own', () => {
    expect(unknown).toEqual([])
    for (const note of notes) expect(note.text.length).toBeGreaterThan(10)
  })

  test('what is written compiles without a warning', () => {
    expect(warnings.map(({ path, message }) => `${path}: ${message}`)).toEqual([])
  })

  test('no secret is in a note, or in a comment', () => {
    const accounts = readdirSync(join(importFixtures, 'auths'), { recursive: true })
      .map(String)
      .filter(file => file.endsWith('.json'))
      .map(file => read(join('auths', file)))
    const all = [read(name), ...accounts].join('\n')
    const secrets = [...new Set([...all.matchAll(SECRET)].map(([secret]) => secret))]
    expect(secrets.length).toBeGreaterThan(3)
    const comments = text.split('\n').filter(line => line.trim().startsWith('#'))
    const said = [JSON.stringify(notes), ...comments].join('\n')
    // Names of settings are called like secrets; values are what must not be said.
    expect(
      secrets.filter(secret => !/^(amp|api|client)-key$/.test(secret) && said.includes(secret)),
    ).toEqual([])
  })
})

/** Read, though nothing comes of it: why. */
const WITHOUT_EFFECT: Record<string, readonly string[]> = {
  'cli-proxy-api-2025.yaml': [
    'auth.providers[0].name', // what the list of keys was called
    'auth.providers[0].type',
    'auth.providers[0].sdk',
  ],
  'cli-proxy-api-2026.yaml': [
    'disable-cooling', // off
    'gemini-api-key[0].models[0].force-mapping', // replies always carry the name that was asked for
    'oauth-model-alias.vertex[1].force-mapping',
    'openai-compatibility[0].models[0].input-modalities[0]', // every model takes text
    'payload.override[1].params.reasoning_effort', // its only condition is noted
    'payload.override[2].params.x',
    'payload.override[2].models[0].name',
    'payload.filter[0].params[0]',
  ],
  'claude-code-proxy.env': ['PORT', 'CUSTOM_HEADER_'], // the usual one; of no name
  'claude-code-proxy-preferred.env': ['PREFERRED_PROVIDER', 'BIG_MODEL'], // said by the other; the usual one
  'claude-code-router.json': ['Providers[7].api_key', 'Providers[7].name'], // of what is noted
  'litellm.yaml': [
    'credential_list[0].credential_info.provider', // a remark
    'model_list[0].litellm_params.api_key', // the usual variable
    'model_list[1].litellm_params.weight', // the quickest goes first
    'model_list[12].litellm_params.api_key',
    'model_list[5].litellm_params.api_base', // the usual address
    'model_list[6].litellm_params.api_base', // the usual variable
    'litellm_settings.request_timeout', // router_settings go before
    'litellm_settings.num_retries',
  ],
}

type Path = readonly (string | number)[]

function leaves(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path]
  return Object.entries(value).flatMap(([name, inner]) =>
    leaves(inner, [...path, Array.isArray(value) ? Number(name) : name]),
  )
}

function spelled(path: Path): string {
  return path
    .map(step => (typeof step === 'number' ? `[${step}]` : `.${step}`))
    .join('')
    .slice(1)
}

/** The same without what stands there. */
function lacking(value: unknown, [step, ...rest]: Path): unknown {
  if (Array.isArray(value))
    return value.flatMap((one, at) =>
      at !== step ? [one] : rest.length > 0 ? [lacking(one, rest)] : [],
    )
  return Object.fromEntries(
    Object.entries(value as object).flatMap(([name, one]) =>
      name !== step ? [[name, one]] : rest.length > 0 ? [[name, lacking(one, rest)]] : [],
    ),
  )
}

const parsedAs = (name: string, text: string): unknown =>
  name.endsWith('.env')
    ? parseDotenv(text).values
    : name.endsWith('.json')
      ? Bun.JSON5.parse(text)
      : parse(text)

const written = (name: string, value: unknown): string =>
  name.endsWith('.env')
    ? Object.entries(value as Record<string, string>)
        .map(([variable, one]) => `${variable}='${one}'`)
        .join('\n')
    : JSON.stringify(value)

test.each(FIXTURES)('%s: no setting can be taken away unnoticed', name => {
  const outcome = (value: unknown): { text: string; abouts: string } => {
    const result = importConfig(
      name,
      written(name, value),
      importServices({ folder: importFixtures, env: ENV }),
    )
    if (!result.ok) return { text: result.problem, abouts: '' }
    const abouts = result.notes.map(({ about }) => about).join(', ')
    return { text: result.text + JSON.stringify(result.notes), abouts }
  }
  const value = parsedAs(name, read(name))
  const all = outcome(value)
  const noted = all.abouts.split(/ \(\d+ times\)|, |: /)
  /** What a note is about, or is within that, is told. */
  const isNoted = (at: string): boolean =>
    noted.some(
      about =>
        about !== '' && (at === about || at.startsWith(`${about}.`) || at.startsWith(`${about}[`)),
    )
  const unheard = leaves(value)
    .filter(path => !isNoted(spelled(path)))
    .filter(path => outcome(lacking(value, path)).text === all.text)
    .map(spelled)
  expect(unheard.toSorted()).toEqual([...(WITHOUT_EFFECT[name] ?? [])].toSorted())
})

/** Every setting that the reference names, by the page's sections. */
const CLI_PROXY_API = {
  '': 'host port tls remote-management auth-dir api-keys debug pprof plugins commercial-mode logging-to-file logs-max-total-size-mb error-logs-max-files request-log usage-statistics-enabled redis-usage-queue-retention-seconds proxy-url force-model-prefix passthrough-headers request-retry max-retry-credentials max-retry-interval disable-cooling save-cooldown-status transient-error-cooldown-seconds disable-image-generation auth-auto-refresh-workers quota-exceeded routing ws-auth streaming nonstream-keepalive-interval payload claude-header-defaults codex-header-defaults gemini-api-key interactions-api-key claude-api-key codex-api-key xai-api-key vertex-api-key openai-compatibility oauth-excluded-models oauth-model-alias oauth-model-mappings oauth-request-scoped-errors generative-language-api-key ampcode amp-upstream-url amp-upstream-api-key amp-restrict-management-to-localhost amp-model-mappings',
  tls: 'enable cert key',
  'remote-management':
    'allow-remote secret-key disable-control-panel disable-auto-update-panel panel-github-repository',
  'quota-exceeded': 'switch-project switch-preview-model antigravity-credits',
  routing: 'strategy session-affinity session-affinity-ttl',
  streaming: 'keepalive-seconds bootstrap-retries',
  codex:
    'identity-confuse disable-codex-cloaking stream-bootstrap-buffering optimize-multi-agent-v2 live-media-relay',
  key: 'api-key priority weight prefix base-url proxy-url models headers excluded-models disable-cooling request-retry request-scoped-errors status match match-regexr action cloak mode strict-mode sensitive-words cache-user-id fingerprint-profile rebuild-mid-system-message experimental-cch-signing websockets alpha-search',
  model:
    'name alias display-name max-context-length force-mapping is-compat thinking min max zero-allowed dynamic-allowed levels image input-modalities output-modalities fork',
  compatible: 'name disabled api-key-entries support-prompt-cache-key api-keys',
  payload:
    'default default-raw override override-raw filter models params protocol from-protocol headers match not-match exist not-exist',
  ampcode:
    'upstream-url upstream-api-key upstream-api-keys restrict-management-to-localhost force-model-mappings model-mappings from to regex',
}
const ACCOUNT_FILE =
  'type email project_id location label note prefix proxy_url priority weight disabled headers excluded_models model_aliases request_retry disable_cooling request_scoped_errors websockets base_url refresh_interval refresh_interval_seconds service_account'
const CLAUDE_CODE_PROXY =
  'OPENAI_API_KEY ANTHROPIC_API_KEY OPENAI_BASE_URL AZURE_API_VERSION BIG_MODEL MIDDLE_MODEL SMALL_MODEL HOST PORT LOG_LEVEL MAX_TOKENS_LIMIT MIN_TOKENS_LIMIT REQUEST_TIMEOUT MAX_RETRIES CUSTOM_HEADER_X_TEAM PREFERRED_PROVIDER GEMINI_API_KEY USE_VERTEX_AUTH VERTEX_PROJECT VERTEX_LOCATION'
const CLAUDE_CODE_ROUTER =
  'Providers name api_base_url api_key models transformer use Router default background think longContext longContextThreshold webSearch image fallback APIKEY HOST PORT PROXY_URL API_TIMEOUT_MS LOG LOG_LEVEL CUSTOM_ROUTER_PATH REWRITE_SYSTEM_PROMPT NON_INTERACTIVE_MODE StatusLine transformers forceUseImageAgent plugins tokenizer'
const LITELLM =
  'model_list model_name litellm_params model api_key api_base api_version organization extra_headers rpm tpm weight timeout model_info router_settings fallbacks default_fallbacks context_window_fallbacks content_policy_fallbacks num_retries model_group_alias routing_strategy cooldown_time allowed_fails retry_policy general_settings master_key database_url litellm_settings drop_params success_callback cache environment_variables'

test.each([
  ...Object.entries(CLI_PROXY_API).map(
    ([section, names]) => [`CLIProxyAPI ${section}`, names, /^cli-proxy-api.*yaml$/] as const,
  ),
  ['claude-code-proxy', CLAUDE_CODE_PROXY, /^claude-code-proxy.*env$/],
  ['claude-code-router', CLAUDE_CODE_ROUTER, /^claude-code-router.json$/],
  ['LiteLLM', LITELLM, /^litellm.yaml$/],
])('the fixtures have every setting of %s', (_, names, files) => {
  const texts = FIXTURES.filter(name => files.test(name)).map(read)
  const missing = names
    .split(' ')
    .filter(name => !new RegExp(`(^|[\\s{"])${name}["']?\\s*[:=]`, 'm').test(texts.join('\n')))
  expect(missing).toEqual([])
})

test('the account files have every setting that such a file may have', () => {
  const all = ['more/vertex-sample.json', 'vertex-own-names.json'].map(file =>
    read(`auths/${file}`),
  )
  const missing = ACCOUNT_FILE.split(' ').filter(name => !all.join().includes(`"${name}":`))
  expect(missing).toEqual([])
})

describe('an unknown setting is noted, wherever it stands', () => {
  const made = 'madeUp'

  test.each([
    ['at the top', `request-retry: 1\n${made}: 1`, made],
    ['in a key', `gemini-api-key: [ { api-key: k, ${made}: 1 } ]`, `gemini-api-key[0].${made}`],
    [
      'in a model',
      `gemini-api-key: [ { api-key: k, models: [ { name: a, ${made}: 1 } ] } ]`,
      `gemini-api-key[0].models[0].${made}`,
    ],
    [
      'in what a model thinks',
      `gemini-api-key: [ { api-key: k, models: [ { name: a, thinking: { ${made}: 1 } } ] } ]`,
      `gemini-api-key[0].models[0].thinking.${made}`,
    ],
    [
      'in a service like OpenAI’s',
      `openai-compatibility: [ { name: a, base-url: "http://a", ${made}: 1 } ]`,
      `openai-compatibility[0].${made}`,
    ],
    ['in a section', `routing: { ${made}: 1 }\nrequest-retry: 1`, `routing.${made}`],
    [
      'in a mapping for Amp',
      `ampcode: { model-mappings: [ { from: a, to: b, ${made}: 1 } ] }`,
      `ampcode.model-mappings[0].${made}`,
    ],
    [
      'in a condition',
      `payload: { filter: [ { models: [ { name: a, ${made}: 1 } ], params: [ b ] } ] }\nrequest-retry: 1`,
      `payload.filter[0].models[0].${made}`,
    ],
    ['of another type', 'request-retry: [ 1 ]', 'request-retry'],
    ['a list that is none', 'gemini-api-key: { api-key: k }', 'gemini-api-key'],
    ['a list with something else in it', 'api-keys: [ { a: b } ]', 'api-keys'],
  ])('CLIProxyAPI: %s', (_, text, path) => {
    const { unknown, about } = imported('config.yaml', text)
    expect(unknown).toEqual([path])
    expect(about(path)).toContain('not known to this import')
  })

  test.each([
    ['.env', `OPENAI_API_KEY=k\n${made}=1`, made],
    ['config.json', `{ "Providers": [], "Router": { "${made}": "a,b" } }`, `Router.${made}`],
    [
      'config.json',
      `{ "Providers": [ { "name": "a", "api_base_url": "http://a", "api_key": "k", "${made}": 1 } ] }`,
      `Providers[0].${made}`,
    ],
    ['litellm.yaml', `model_list: []\nrouter_settings: { ${made}: 1 }`, `router_settings.${made}`],
    [
      'litellm.yaml',
      `model_list: [ { model_name: a, litellm_params: { model: gpt-5, api_key: k, ${made}: 1 } } ]`,
      `model_list[0].litellm_params.${made}`,
    ],
  ])('%s %s', (name, text, path) => {
    expect(imported(name, text).unknown).toEqual([path])
  })
})

test('nothing of another file can end a comment and become a setting', () => {
  const { routes, text } = imported(
    'config.yaml',
    'openai-compatibility:\n  - { name: "a\\nserver: { port: 1 }", base-url: "http://a", "x\\ny: z": 1 }\n',
  )
  expect(routes.server).toBeUndefined()
  expect(text).toContain('(a server: { port: 1 })')
})

describe('files that cannot be taken over say why', () => {
  test.each([
    ['config.yaml', '', 'it is empty'],
    ['config.yaml', ' \n\n', 'it is empty'],
    ['config.yaml', 'a: 1\nb: [ 1\nc: 2\n', 'line 2: "[" opens here'],
    ['config.yaml', 'api-keys: [ a ]\napi-keys: [ b ]\n', 'line 2: this key is written twice'],
    ['config.json', '{\n  "Router": {},\n  "Providers" []\n}', "line 3: Expected ':'"],
    ['config.json', '{\n  "Router": {\n', 'line 2: '],
    ['config.yaml', 'hello: world\nagain: 1\n', 'of no tool that is known (it has hello, again)'],
    ['config.yaml', '- a\n- b\n', 'of no tool that is known'],
    ['a.json', '{"x": 1}', 'of no tool that is known (it has x)'],
    ['.env', 'OTHER=1\n', 'of no tool that is known (it has OTHER)'],
    ['routes.yaml', 'version: 1\nproviders: {}\n', 'it is a routes.yaml already'],
    ['config.sqlite', 'SQLite format 3\u0000', 'it is a database'],
  ])('%s %j', (name, text, problem) => {
    const result = importConfig(name, text, importServices())
    expect(result.ok ? 'taken over' : result.problem).toContain(problem)
  })

  test('variables are known by what they are, whatever the file is called', () => {
    expect(imported('settings', 'OPENAI_API_KEY=k\nBIG_MODEL=b\n').from).toContain(
      'claude-code-proxy',
    )
  })
})

test('what this version takes is known by its schema', () => {
  expect(isSupported('logging', 'level')).toBe(true)
  expect(isSupported('policy', 'cooldown', 'max')).toBe(true)
  // Once it is, the relay that is noted now is to be taken over.
  expect(isSupported('amp')).toBe(false)
  expect(isSupported('auth-dir')).toBe(true)
  expect(isSupported('nothing', 'of', 'the kind')).toBe(false)
})
