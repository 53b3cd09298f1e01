import type { JsonObject, JsonValue } from '../../lib/json.ts'
import { number, object, objects, text } from '../../lib/wire.ts'
import { createDraft, type Draft, filled, freeName, fromEnvironment } from './draft.ts'

/** Services that have a kind of their own here. */
const KINDS: readonly (readonly [host: RegExp, kind: string])[] = [
  [/(^|\.)openrouter\.ai$/, 'openrouter'],
  [/(^|\.)deepseek\.com$/, 'deepseek'],
  [/^generativelanguage\.googleapis\.com$/, 'gemini'],
  [/(^|\.)anthropic\.com$/, 'anthropic'],
  [/^api\.openai\.com$/, 'openai'],
  [/(^|\.)groq\.com$/, 'groq'],
  [/(^|\.)moonshot\.(cn|ai)$/, 'moonshot'],
  [/(^|\.)siliconflow\.(cn|com)$/, 'siliconflow'],
  [/(^|\.)x\.ai$/, 'xai'],
]

/** Steps of `Router` with the condition each stands for, in the order in which they are asked. */
const STEPS: readonly (readonly [step: string, when: (router: JsonObject) => JsonObject])[] = [
  ['image', () => ({ images: true })],
  ['webSearch', () => ({ tools: 'web_search*' })],
  [
    'longContext',
    router => ({ 'input-tokens': `>${number(router.longContextThreshold) ?? 60_000}` }),
  ],
  ['think', () => ({ thinking: true })],
]

/** `config.json` of claude-code-router. */
export function importClaudeCodeRouter(config: JsonObject): Draft {
  const draft = createDraft('claude-code-router config.json')
  const names = new Map<string, string>()
  for (const entry of objects(config.Providers ?? config.providers)) {
    const written = text(entry.name) ?? 'upstream'
    const name = freeName(draft, written)
    names.set(written, name)
    draft.routes.providers[name] = providerOf(entry)
    for (const transformer of transformersOf(entry))
      draft.notes.push(
        `Providers.${written}.transformer: ${transformer} is not taken over; requests are translated here anyway`,
      )
  }
  readRouter(object(config.Router) ?? {}, names, draft)
  draft.routes.server = filled({
    host: text(config.HOST),
    port: number(config.PORT) ?? 3_456,
    'proxy-url': text(config.PROXY_URL),
  })
  const key = text(config.APIKEY)
  if (key) draft.routes['api-keys'] = [fromEnvironment(key)]
  if (text(config.CUSTOM_ROUTER_PATH))
    draft.notes.push('CUSTOM_ROUTER_PATH: a router of your own becomes conditions (when)')
  return draft
}

function providerOf(entry: JsonObject): JsonObject {
  const address = text(entry.api_base_url) ?? ''
  const host = URL.canParse(address) ? new URL(address).hostname : ''
  const kind = KINDS.find(([pattern]) => pattern.test(host))?.[1]
  const messages = /\/v1\/messages\/?$/.test(address)
  return {
    ...filled({
      kind: kind ?? (messages ? 'anthropic-compatible' : 'openai-compatible'),
      'base-url': kind ? undefined : address,
      models: Array.isArray(entry.models)
        ? entry.models.filter(one => typeof one === 'string')
        : [],
    }),
    keys: [fromEnvironment(text(entry.api_key) ?? 'none')],
  }
}

function transformersOf(entry: JsonObject): string[] {
  const use = object(entry.transformer)?.use
  const known = new Set(['openrouter', 'deepseek', 'gemini', 'Anthropic', 'anthropic', 'openai'])
  const named = Array.isArray(use) ? use.map(one => (Array.isArray(one) ? one[0] : one)) : []
  return named.flatMap(one => (typeof one === 'string' && !known.has(one) ? [one] : []))
}

function readRouter(router: JsonObject, names: ReadonlyMap<string, string>, draft: Draft): void {
  const target = (step: string): string | undefined => {
    const [provider = '', model = ''] = (text(router[step]) ?? '').split(',')
    const name = names.get(provider.trim())
    return name && model.trim() ? `${name}/${model.trim()}` : undefined
  }
  const usual = target('default')
  if (!usual) return
  const steps: JsonValue[] = STEPS.flatMap(([step, when]) => {
    const to = target(step)
    return to ? [{ when: when(router), to }] : []
  })
  draft.routes.models.router = { description: 'What the router chose', to: [...steps, usual] }
  const background = target('background')
  if (background) {
    draft.routes.models.background = background
    draft.routes.aliases['claude*haiku*'] = 'background'
  }
  draft.routes.aliases['*'] = 'router'
}
