import { GatewayError } from '../../lib/errors.ts'
import { isObject, type JsonValue, jsonEntries } from '../../lib/json/json.ts'
import { scanObject } from '../../lib/json/json-bytes.ts'
import { table } from '../../lib/json/table.ts'
import type { Route } from '../../routing/table.ts'
import { targetsOf } from '../failover/targets.ts'
import type { Caller } from './caller.ts'

/** A text of the request by which the upstream may serve another model than the one in `model`. */
type Named = { at: string; name: string }
type Find = (value: JsonValue, at: string) => Named[]

/**
 * What chooses a model besides `model`, by top-level member: lists to fall back to, routers,
 * presets, tools that ask a model of their own, and tiers, which are another price.
 * @see https://openrouter.ai/docs/guides/routing/model-fallbacks (models, fallbacks, route, preset, plugins)
 * @see https://platform.openai.com/docs/api-reference/responses/create (service_tier, tools[].model)
 * @see https://platform.claude.com/docs/en/api/messages (service_tier, speed, the advisor's model)
 * @see https://console.groq.com/docs/compound (compound_custom)
 * @see https://docs.litellm.ai/docs/proxy/reliability (fallbacks, user_config)
 * @see https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference (routingConfig)
 * All as of 2026-09.
 */
const FINDS = table<Find>({
  model: texts,
  models: texts,
  fallback: texts,
  fallbacks: texts,
  fallback_models: texts,
  context_window_fallbacks: texts,
  content_policy_fallbacks: texts,
  user_config: texts,
  route: texts,
  preset: texts,
  compound_custom: within('models'),
  plugins: eachOf('model', 'models', 'allowed_models'),
  tools: eachOf('model', 'models', 'parameters.model'),
  requests: eachOf('model'),
  generateContentRequest: within('model'),
  generationConfig: within('routingConfig', 'modelSelectionConfig'),
  generation_config: within('routing_config', 'model_selection_config'),
  service_tier: tier,
  serviceTier: tier,
  speed: tier,
})

/** Tiers that are what is served without asking for any. */
const USUAL_TIERS: ReadonlySet<string> = new Set([
  'auto',
  'default',
  'standard',
  'standard_only',
  'on_demand',
  'unspecified',
  'service_tier_unspecified',
])

/**
 * Holds a key to its `models` also where the request names others for the upstream to choose from.
 * A budget in money cannot follow the upstream to another model either. Throws `forbidden`.
 * `asked` may be named again, and so may what the route leads to.
 */
export function mustNameAllowed(
  { name: key, may, limits, restricted }: Caller,
  body: Uint8Array,
  asked: string,
  route: Route,
): void {
  const budgeted = limits?.usdPerDay !== undefined && limits.unknownPrice !== 'allow'
  if (!restricted && !budgeted) return
  const targets = targetsOf(route)
  const isAsked = (name: string): boolean =>
    name === asked || targets.some(({ model }) => model === name)
  const isAllowed = (name: string): boolean =>
    may(name) || targets.every(({ provider }) => may(`${provider.id}/${name}`))
  for (const { at, name, isTier } of namedIn(body)) {
    if (isAsked(name)) continue
    if (restricted && !isAllowed(name))
      throw new GatewayError(
        'forbidden',
        `${at}: the key "${key}" may not ask for "${name}"; leave it out, or add it to the models of the key`,
        { param: at },
      )
    if (budgeted && !isTier)
      throw new GatewayError(
        'forbidden',
        `${at}: the key "${key}" has a budget, and what "${name}" costs would not be counted; leave it out, or add unknown-price: allow to the limits of the key`,
        { param: at },
      )
  }
}

function namedIn(body: Uint8Array): (Named & { isTier: boolean })[] {
  return scanObject(body).flatMap(({ key, value: [from, to] }) => {
    const find = Object.hasOwn(FINDS, key) ? FINDS[key] : undefined
    if (!find) return []
    const value = parsed(body.subarray(from, to), key)
    return find(value, key).map(named => ({ ...named, isTier: find === tier }))
  })
}

function parsed(bytes: Uint8Array, at: string): JsonValue {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as JsonValue
  } catch (error) {
    throw new GatewayError('invalid-request', `${at}: not valid JSON`, { param: at, cause: error })
  }
}

/** Every text in a value. */
function texts(value: JsonValue, at: string): Named[] {
  if (typeof value === 'string') return [{ at, name: value.replace(/^models\//, '') }]
  if (Array.isArray(value)) return value.flatMap((item, index) => texts(item, `${at}[${index}]`))
  if (!isObject(value)) return []
  return jsonEntries(value).flatMap(([key, item]) => texts(item, `${at}.${key}`))
}

function tier(value: JsonValue, at: string): Named[] {
  if (typeof value !== 'string' || USUAL_TIERS.has(value.toLowerCase())) return []
  return [{ at, name: value }]
}

/** What stands at paths of a mapping. */
function within(...paths: string[]): Find {
  return (value, at) =>
    paths.flatMap(path => {
      const found = path
        .split('.')
        .reduce<JsonValue | undefined>(
          (node, key) => (isObject(node) ? node[key] : undefined),
          value,
        )
      return found === undefined ? [] : texts(found, `${at}.${path}`)
    })
}

/** The same for each mapping of a list. */
function eachOf(...paths: string[]): Find {
  const find = within(...paths)
  return (value, at) =>
    Array.isArray(value)
      ? value.flatMap((item, index) => find(item, `${at}[${index}]`))
      : find(value, at)
}
