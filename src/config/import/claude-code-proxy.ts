import { createDraft, type Draft, filled } from './draft.ts'

/** `.env` of claude-code-proxy: one upstream behind three names. */
export function importClaudeCodeProxy(env: Readonly<Record<string, string>>): Draft {
  const draft = createDraft('claude-code-proxy .env')
  const base = env.OPENAI_BASE_URL ?? ''
  const azure = env.AZURE_API_VERSION
  const own = base === '' || /^https:\/\/api\.openai\.com(\/|$)/.test(base)
  const big = env.BIG_MODEL || 'gpt-4o'
  const headers = customHeaders(env)
  draft.routes.providers.upstream = filled({
    kind: azure ? 'azure-openai' : own ? 'openai' : 'openai-compatible',
    'base-url': own ? undefined : base,
    'api-version': azure,
    keys: [env.OPENAI_API_KEY || '${OPENAI_API_KEY}'],
    headers,
    timeout: env.REQUEST_TIMEOUT ? { 'first-byte': `${env.REQUEST_TIMEOUT}s` } : undefined,
  })
  draft.routes.models = {
    big: `upstream/${big}`,
    middle: `upstream/${env.MIDDLE_MODEL || big}`,
    small: `upstream/${env.SMALL_MODEL || 'gpt-4o-mini'}`,
  }
  draft.routes.aliases = {
    ...Object.fromEntries(
      ['gpt-*', 'o1-*', 'ep-*', 'doubao-*', 'deepseek-*'].map(name => [name, `upstream/${name}`]),
    ),
    'claude*haiku*': 'small',
    'claude*sonnet*': 'middle',
    'claude*opus*': 'big',
    '*': 'big',
  }
  draft.routes.server = filled({ host: env.HOST, port: Number(env.PORT || 8082) })
  if (env.ANTHROPIC_API_KEY) draft.routes['api-keys'] = [env.ANTHROPIC_API_KEY]
  else
    draft.notes.push('ANTHROPIC_API_KEY was not set: without api-keys only this machine may call')
  const level = (env.LOG_LEVEL ?? '').trim().split(/\s/)[0]?.toLowerCase()
  if (level === 'debug') draft.routes.logging = { level }
  for (const name of ['MAX_TOKENS_LIMIT', 'MIN_TOKENS_LIMIT', 'MAX_RETRIES'])
    if (env[name])
      draft.notes.push(`${name}: not needed; requests are kept within what the model takes`)
  return draft
}

/** `CUSTOM_HEADER_X_TEAM` is the header `X-TEAM`. */
function customHeaders(env: Readonly<Record<string, string>>): Record<string, string> {
  const prefix = 'CUSTOM_HEADER_'
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) =>
      name.startsWith(prefix) && name.length > prefix.length
        ? [[name.slice(prefix.length).replaceAll('_', '-'), value]]
        : [],
    ),
  )
}

/** `KEY=value` lines: quotes, `export`, comments, `${OTHER}`. */
export function parseDotenv(text: string): Record<string, string> {
  const env: Record<string, string> = {}
  for (const line of text.split(/\r?\n/)) {
    const found = /^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*)$/.exec(line)
    const name = found?.[1]
    if (!name) continue
    env[name] = valueIn(found?.[2] ?? '', env)
  }
  return env
}

function valueIn(written: string, env: Readonly<Record<string, string>>): string {
  const quoted = /^"((?:[^"\\]|\\.)*)"|^'([^']*)'/.exec(written)
  if (quoted?.[2] !== undefined) return quoted[2]
  const plain = quoted?.[1] ?? written.replace(/\s+#.*$/, '').trim()
  return plain.replace(/\$\{(\w+)\}/g, (reference, name: string) => env[name] ?? reference)
}
