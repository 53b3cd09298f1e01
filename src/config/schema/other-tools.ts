import { parseDotenv } from '../../lib/files/dotenv.ts'
import { isObject, type JsonObject } from '../../lib/json/json.ts'

/** Tools whose configuration can be imported, as their files are called. */
export type OtherTool = 'CLIProxyAPI' | 'claude-code-proxy' | 'claude-code-router' | 'LiteLLM'

const CLI_PROXY_API = [
  'openai-compatibility',
  'auth-dir',
  'remote-management',
  'request-retry',
  'api-keys',
  'ampcode',
  'quota-exceeded',
  'oauth-model-alias',
  'oauth-model-mappings',
  'oauth-excluded-models',
  'max-retry-interval',
  'logging-to-file',
  'usage-statistics-enabled',
  'force-model-prefix',
  'payload',
  'ws-auth',
]

/** What only the `.env` of the claude-code-proxy with several upstreams has. */
export const PREFERRED_VARIABLES = [
  'PREFERRED_PROVIDER',
  'GEMINI_API_KEY',
  'USE_VERTEX_AUTH',
  'OPENAI_API_BASE_URL',
]
const CLAUDE_CODE_PROXY = [
  ...PREFERRED_VARIABLES,
  'OPENAI_API_KEY',
  'OPENAI_BASE_URL',
  'BIG_MODEL',
  'SMALL_MODEL',
]

/** Whose YAML or JSON it is; undefined: of none that is known. */
export function toolOfConfig(config: JsonObject): OtherTool | undefined {
  const names = Object.keys(config)
  const has = (known: readonly string[]): boolean => names.some(name => known.includes(name))
  if (has(['Providers', 'Router'])) return 'claude-code-router'
  if (has(['model_list', 'litellm_settings'])) return 'LiteLLM'
  return has(CLI_PROXY_API) || names.some(name => name.endsWith('-api-key'))
    ? 'CLIProxyAPI'
    : undefined
}

/** The same for the variables of an `.env`. */
export function toolOfVariables(
  variables: Readonly<Record<string, string>>,
): OtherTool | undefined {
  return CLAUDE_CODE_PROXY.some(name => Object.hasOwn(variables, name))
    ? 'claude-code-proxy'
    : undefined
}

/** How each tool calls its file. */
export const FILES: Record<OtherTool, string> = {
  CLIProxyAPI: "CLIProxyAPI's config.yaml",
  'claude-code-proxy': "claude-code-proxy's .env",
  'claude-code-router': "claude-code-router's config.json",
  LiteLLM: "LiteLLM's config.yaml",
}

/**
 * Whose file was given in place of a routes.yaml. A file that says `version: 1` or has a section that
 * only ours has is ours, with mistakes. `value`: the text as YAML; `known`: our sections.
 */
export function mistakenFor(
  text: string,
  value: unknown,
  known: readonly string[],
): OtherTool | undefined {
  const config = /^\s*(?:\/[/*]|\{)/.test(text) ? (json(text) ?? value) : value
  if (!isObject(config)) return toolOfVariables(parseDotenv(text).values)
  const names = Object.keys(config)
  const ours = config.version === 1 || names.some(name => OURS.includes(name))
  return ours || names.every(name => known.includes(name)) ? undefined : toolOfConfig(config)
}

const OURS = ['providers', 'models', 'aliases', 'force']

/** With comments and trailing commas, as people write it. */
function json(text: string): unknown {
  try {
    return Bun.JSON5.parse(text)
  } catch {
    return undefined
  }
}
