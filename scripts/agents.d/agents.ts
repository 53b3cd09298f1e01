/** Every agent, how it is pointed at a gateway, and how it is asked. */
import { join } from 'node:path'
import type { Protocol } from './upstream/dialect.ts'

export type Agent = {
  name: string
  package: string
  speaks: Protocol
  model: string
  /** Configuration below the run's home, by path. */
  files?(base: string, key: string): Record<string, string>
  env?(base: string, key: string): Record<string, string>
  /** The arguments; a first one that ends in `.js` or `.mjs` is given to Node. */
  command(bin: string, prompt: string): string[]
  /** How its long sessions are run; absent: it has none. */
  session?: Session
  /** A script of ours that is put beside the packages. */
  script?: string
}

/** A session of several prompts, long enough that the agent compacts it. */
export type Session = {
  /** Input tokens at which the agent compacts the conversation. */
  fullAt: number
  /** Configuration in place of the agent's own. */
  files?(base: string, key: string): Record<string, string>
  /** It has no retry for a stream that breaks after its first words, whatever the error says. */
  endsOnCut?: true
  /** It cannot go on with a session in which a reply was interrupted. */
  endsOnAbort?: true
  first(bin: string, prompt: string): string[]
  /** The prompt that compacts, where the agent does not do it by itself when it prints. */
  compact?: string
  /** Goes on with the last session. */
  next(bin: string, prompt: string): string[]
}

const inPackage = (bin: string, path: string): string => join(bin, '..', path)

const claudeCode: Agent = {
  name: 'claude-code',
  package: '@anthropic-ai/claude-code@2.1.329',
  speaks: 'anthropic',
  model: 'claude-sonnet-4-5',
  files: () => ({ '.claude.json': '{"hasCompletedOnboarding":true}' }),
  env: (base, key) => ({
    ANTHROPIC_BASE_URL: base,
    ANTHROPIC_AUTH_TOKEN: key,
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    IS_SANDBOX: '1',
  }),
  command: claudeCommand,
  session: {
    fullAt: 195_000,
    compact: '/compact',
    first: claudeCommand,
    next: (bin, prompt) => [...claudeCommand(bin, prompt), '--continue'],
  },
}

function claudeCommand(bin: string, prompt: string): string[] {
  return [
    join(bin, 'claude'),
    '-p',
    prompt,
    '--model',
    'claude-sonnet-4-5',
    '--output-format',
    'json',
    '--dangerously-skip-permissions',
  ]
}

/** By the model's name it speaks one of three dialects. */
function codex(name: string, model: string): Agent {
  return {
    name,
    package: '@openai/codex@0.169.0',
    speaks: 'openai-responses',
    model,
    files: base => codexFiles(model, base),
    env: (_, key) => ({ GW_KEY: key }),
    command: codexCommand,
    session: {
      ...codexSession,
      files: base => codexFiles(model, base, COMPACT_LIMIT),
    },
  }
}

const COMPACT_LIMIT = 'model_auto_compact_token_limit = 100000\n'

/** `more`: settings at the top. */
function codexFiles(model: string, base: string, more = ''): Record<string, string> {
  return {
    '.codex/config.toml': `${more}model = "${model}"
model_provider = "gw"
check_for_update_on_startup = false
[analytics]
enabled = false
[features]
plugins = false
apps = false
remote_plugin = false
[model_providers.gw]
name = "gw"
base_url = "${base}/v1"
env_key = "GW_KEY"
wire_api = "responses"
request_max_retries = 4
stream_max_retries = 5
`,
  }
}

function codexCommand(bin: string, prompt: string): string[] {
  return [
    join(bin, 'codex'),
    'exec',
    '--skip-git-repo-check',
    '--dangerously-bypass-approvals-and-sandbox',
    '--json',
    prompt,
  ]
}

const codexSession: Session = {
  fullAt: 150_000,
  first: codexCommand,
  next: (bin, prompt) => [
    join(bin, 'codex'),
    'exec',
    'resume',
    '--last',
    '--skip-git-repo-check',
    '--dangerously-bypass-approvals-and-sandbox',
    '--json',
    prompt,
  ],
}

/** With its own provider it opens a WebSocket. */
const codexSocket: Agent = {
  ...codex('codex-websocket', 'gpt-5.5'),
  files: codexSocketFiles,
  session: { ...codexSession, files: (base, key) => codexSocketFiles(base, key, COMPACT_LIMIT) },
}

function codexSocketFiles(base: string, key: string, more = ''): Record<string, string> {
  return {
    '.codex/config.toml': `${more}model = "gpt-5.5"
openai_base_url = "${base}/v1"
check_for_update_on_startup = false
[analytics]
enabled = false
[features]
plugins = false
apps = false
remote_plugin = false
`,
    '.codex/auth.json': JSON.stringify({ auth_mode: 'apikey', OPENAI_API_KEY: key }),
  }
}

const geminiCli: Agent = {
  name: 'gemini-cli',
  package: '@google/gemini-cli@0.61.0',
  speaks: 'gemini',
  model: 'gemini-2.5-flash',
  files: () => ({
    '.gemini/settings.json': JSON.stringify({
      security: { auth: { selectedType: 'gemini-api-key' } },
      privacy: { usageStatisticsEnabled: false },
      telemetry: { enabled: false },
      general: { enableAutoUpdate: false },
    }),
  }),
  env: (base, key) => ({
    GEMINI_API_KEY: key,
    GOOGLE_GEMINI_BASE_URL: base,
    GEMINI_CLI_TRUST_WORKSPACE: 'true',
  }),
  command: geminiCommand,
  session: {
    fullAt: 900_000,
    first: geminiCommand,
    next: (bin, prompt) => [...geminiCommand(bin, prompt), '--resume', 'latest'],
  },
}

function geminiCommand(bin: string, prompt: string): string[] {
  return [
    inPackage(bin, '@google/gemini-cli/bundle/gemini.js'),
    '-p',
    prompt,
    '-m',
    'gemini-2.5-flash',
    '--yolo',
    '--output-format',
    'json',
  ]
}

/** Its limits go by the model's name. */
function qwenCode(
  type: string,
  speaks: Protocol,
  model: string,
  env: NonNullable<Agent['env']>,
): Agent {
  const command = (bin: string, prompt: string): string[] => [
    inPackage(bin, '@qwen-code/qwen-code/cli-entry.js'),
    '-p',
    prompt,
    '--auth-type',
    type,
    '-m',
    model,
    '--yolo',
    '--output-format',
    'json',
  ]
  return {
    name: `qwen-code-${type}`,
    package: '@qwen-code/qwen-code@0.24.4',
    speaks,
    model,
    files: () => ({
      '.qwen/settings.json': JSON.stringify({
        privacy: { usageStatisticsEnabled: false },
        general: { enableAutoUpdate: false },
      }),
    }),
    env,
    command,
    session: {
      fullAt: 160_000,
      ...(type === 'anthropic' ? {} : { endsOnCut: true }),
      first: command,
      next: (bin, prompt) => [...command(bin, prompt), '--continue'],
    },
  }
}

function opencode(name: string, npm: string, path: string, speaks: Protocol): Agent {
  return {
    name: `opencode-${name}`,
    package: 'opencode-ai@1.18.33',
    speaks,
    model: 'agent-model',
    files: (base, key) => ({
      'opencode.json': JSON.stringify({
        autoupdate: false,
        share: 'disabled',
        enabled_providers: ['gw'],
        small_model: 'gw/agent-model',
        permission: { edit: 'allow', bash: 'allow', webfetch: 'deny' },
        provider: {
          gw: {
            npm,
            options: { baseURL: `${base}${path}`, apiKey: key },
            models: {
              'agent-model': {
                name: 'agent-model',
                tool_call: true,
                limit: { context: 200_000, output: 8_192 },
              },
            },
          },
        },
      }),
    }),
    env: () => ({
      OPENCODE_CONFIG: '$HOME/opencode.json',
      OPENCODE_DISABLE_MODELS_FETCH: '1',
      OPENCODE_DISABLE_AUTOUPDATE: '1',
    }),
    command: opencodeCommand,
    session: {
      fullAt: 199_000,
      // It goes on from a torn reply with a blank text, which Anthropic refuses.
      endsOnCut: true,
      ...(speaks === 'anthropic' ? { endsOnAbort: true } : {}),
      first: opencodeCommand,
      next: (bin, prompt) => [...opencodeCommand(bin, prompt), '--continue'],
    },
  }
}

function opencodeCommand(bin: string, prompt: string): string[] {
  return [join(bin, 'opencode'), 'run', '-m', 'gw/agent-model', prompt]
}

function pi(name: string, api: string, path: string, speaks: Protocol): Agent {
  return {
    name: `pi-${name}`,
    package: '@earendil-works/pi-coding-agent@0.87.1',
    speaks,
    model: 'agent-model',
    files: (base, key) => ({
      '.pi/agent/models.json': JSON.stringify({
        providers: {
          gw: {
            baseUrl: `${base}${path}`,
            api,
            apiKey: key,
            models: [
              {
                id: 'agent-model',
                input: ['text', 'image'],
                reasoning: true,
                contextWindow: 200_000,
                maxTokens: 32_000,
              },
            ],
          },
        },
      }),
    }),
    env: () => ({ PI_OFFLINE: '1' }),
    command: (bin, prompt) => [...piCommand(bin), '--no-session', prompt],
    session: {
      fullAt: 195_000,
      first: (bin, prompt) => [...piCommand(bin), prompt],
      next: (bin, prompt) => [...piCommand(bin), '--continue', prompt],
    },
  }
}

function piCommand(bin: string): string[] {
  return [
    inPackage(bin, '@earendil-works/pi-coding-agent/dist/bundle/cli.js'),
    '-p',
    '--provider',
    'gw',
    '--model',
    'agent-model',
    '--thinking',
    'medium',
  ]
}

/** A tool loop of our own with a vendor's library. */
function sdk(name: string, packaged: string, speaks: Protocol): Agent {
  return {
    name: `sdk-${name}`,
    package: packaged,
    speaks,
    model: 'agent-model',
    script: `${name}.mjs`,
    env: (base, key) => ({ GATEWAY: base, GATEWAY_KEY: key }),
    command: (bin, prompt) => [join(bin, '../..', `${name}.mjs`), prompt],
  }
}

export const AGENTS: readonly Agent[] = [
  claudeCode,
  codex('codex', 'agent-model'),
  codex('codex-apply-patch', 'gpt-5.5'),
  codex('codex-lite', 'gpt-6.1-sol'),
  codexSocket,
  geminiCli,
  qwenCode('openai', 'openai-chat', 'agent-model', (base, key) => ({
    OPENAI_API_KEY: key,
    OPENAI_BASE_URL: `${base}/v1`,
  })),
  qwenCode('anthropic', 'anthropic', 'claude-sonnet-4-5', (base, key) => ({
    ANTHROPIC_API_KEY: key,
    ANTHROPIC_BASE_URL: base,
  })),
  qwenCode('gemini', 'gemini', 'agent-model', (base, key) => ({
    GEMINI_API_KEY: key,
    GOOGLE_GEMINI_BASE_URL: base,
  })),
  opencode('chat', '@ai-sdk/openai-compatible', '/v1', 'openai-chat'),
  opencode('responses', '@ai-sdk/openai', '/v1', 'openai-responses'),
  opencode('anthropic', '@ai-sdk/anthropic', '/v1', 'anthropic'),
  opencode('gemini', '@ai-sdk/google', '/v1beta', 'gemini'),
  pi('chat', 'openai-completions', '/v1', 'openai-chat'),
  pi('responses', 'openai-responses', '/v1', 'openai-responses'),
  pi('anthropic', 'anthropic-messages', '', 'anthropic'),
  pi('gemini', 'google-generative-ai', '/v1beta', 'gemini'),
  sdk('openai-chat', 'openai@7.55.0', 'openai-chat'),
  sdk('openai-responses', 'openai@7.55.0', 'openai-responses'),
  sdk('anthropic', '@anthropic-ai/sdk@1.11.0', 'anthropic'),
  sdk('genai', '@google/genai@3.1.0', 'gemini'),
]
