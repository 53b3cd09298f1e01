import type { JsonObject, JsonValue } from '../../lib/json.ts'
import { number, object, objects, text } from '../../lib/wire.ts'
import { createDraft, type Draft, filled, freeName, fromEnvironment } from './draft.ts'

/** LiteLLM's word for a service, and the kind it becomes. */
const KINDS: Record<string, string> = {
  openai: 'openai',
  anthropic: 'anthropic',
  azure: 'azure-openai',
  gemini: 'gemini',
  vertex_ai: 'vertex',
  openrouter: 'openrouter',
  ollama: 'ollama',
  ollama_chat: 'ollama',
  groq: 'groq',
  mistral: 'mistral',
  deepseek: 'deepseek',
  moonshot: 'moonshot',
  xai: 'xai',
  lm_studio: 'lmstudio',
  hosted_vllm: 'vllm',
  dashscope: 'dashscope',
}
const KEYLESS = new Set(['ollama', 'lmstudio', 'vllm'])

/** `config.yaml` of the LiteLLM proxy. */
export function importLiteLlm(config: JsonObject): Draft {
  const draft = createDraft('LiteLLM config.yaml')
  const providers = new Map<string, string>()
  const targets = new Map<string, string[]>()
  for (const entry of objects(config.model_list)) {
    const name = text(entry.model_name)
    const params = object(entry.litellm_params) ?? {}
    const target = name && targetOf(params, providers, draft)
    if (!name || !target) continue
    targets.set(name, [...(targets.get(name) ?? []), target])
  }
  const router = object(config.router_settings) ?? {}
  const settings = object(config.litellm_settings) ?? {}
  const fallbacks = fallbacksIn(router.fallbacks ?? settings.fallbacks)
  for (const [name, pool] of targets) {
    const after = (fallbacks.get(name) ?? []).filter(one => targets.has(one))
    const [only] = pool
    const first: JsonValue = pool.length === 1 && only ? only : pool
    // A list in a list shares the load.
    draft.routes.models[name] =
      after.length === 0 && typeof first === 'string' ? first : [first, ...after]
  }
  const retries = number(router.num_retries) ?? number(settings.num_retries)
  if (retries !== undefined) draft.routes.policy = { 'request-retry': Math.min(retries, 20) }
  const master = text(object(config.general_settings)?.master_key)
  if (master) draft.routes['api-keys'] = [fromEnvironment(master)]
  for (const section of [
    'general_settings',
    'litellm_settings',
    'router_settings',
    'environment_variables',
  ])
    for (const name of Object.keys(object(config[section]) ?? {}))
      if (!TAKEN.has(name)) draft.notes.push(`${section}.${name}: has no equivalent`)
  return draft
}

const TAKEN = new Set(['master_key', 'num_retries', 'fallbacks'])

/** `gpt-4` falls back to `[claude]`: a list of mappings. */
function fallbacksIn(value: JsonValue | undefined): Map<string, string[]> {
  return new Map(
    objects(value).flatMap(one =>
      Object.entries(one).map(([name, list]): [string, string[]] => [
        name,
        Array.isArray(list) ? list.filter(each => typeof each === 'string') : [],
      ]),
    ),
  )
}

/** The target, with a provider made for it if none is alike. */
function targetOf(
  params: JsonObject,
  providers: Map<string, string>,
  draft: Draft,
): string | undefined {
  const model = text(params.model) ?? ''
  const slash = model.indexOf('/')
  const service = slash === -1 ? 'openai' : model.slice(0, slash)
  const base = text(params.api_base)
  const kind = kindOf(service, base)
  if (!kind) {
    draft.notes.push(`model_list: "${service}" has no equivalent (${model})`)
    return undefined
  }
  const key = text(params.api_key)
  const provider = filled({
    kind,
    'base-url': base === undefined ? undefined : fromEnvironment(base),
    'api-version': text(params.api_version),
    headers: object(params.extra_headers),
  })
  if (key !== undefined || !KEYLESS.has(kind))
    provider.keys = [fromEnvironment(key ?? `os.environ/${service.toUpperCase()}_API_KEY`)]
  const shared = JSON.stringify(provider)
  let name = providers.get(shared)
  if (!name) {
    name = freeName(draft, service)
    providers.set(shared, name)
    draft.routes.providers[name] = provider
  }
  return `${name}/${slash === -1 ? model : model.slice(slash + 1)}`
}

/** OpenAI's own kind speaks to OpenAI; any other address is of something like it. */
function kindOf(service: string, base: string | undefined): string | undefined {
  if (service === 'openai' && base !== undefined) return 'openai-compatible'
  const kind = KINDS[service]
  return kind ?? (base === undefined ? undefined : 'openai-compatible')
}
