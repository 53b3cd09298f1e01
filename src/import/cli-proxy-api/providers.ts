import type { JsonObject, JsonValue } from '../../lib/json/json.ts'
import {
  type Draft,
  filled,
  freeName,
  type ImportServices,
  noteDropped,
  noteUnneeded,
  setOrigin,
} from '../draft.ts'
import { baseUrl, catalogueOf, chatService, isAddress, kindAt } from '../service-catalogue.ts'
import type { TrackedSettings } from '../tracked-settings.ts'
import { CODEX_MODELS, readModels } from './models.ts'
import { usableProxy } from './server.ts'

export type Importing = {
  draft: Draft
  services: ImportServices
  /** Weights count only where the strategy is weighted. */
  weighted: boolean
  /** `force-model-prefix`: what has a prefix is reached by it alone. */
  forced: boolean
}

/** A list of keys for one service. */
type KeyList = {
  section: string
  name: string
  /** It has no address of its own: a key without `base-url` was ignored. */
  needsAddress?: boolean
  kindOf(address: string | undefined): string
  /** What is listed where the file lists nothing and the kind has no catalogue. */
  models?(services: ImportServices): readonly string[]
}

const LISTS: readonly KeyList[] = [
  { section: 'gemini-api-key', name: 'gemini', kindOf: () => 'gemini' },
  {
    section: 'claude-api-key',
    name: 'claude',
    // Anthropic takes its keys in a header of its own, others as everybody does.
    kindOf: address =>
      address === undefined || kindAt(address) === 'anthropic'
        ? 'anthropic'
        : 'anthropic-compatible',
    models: ({ kinds }) => catalogueOf('anthropic', kinds),
  },
  {
    section: 'codex-api-key',
    name: 'codex',
    needsAddress: true,
    kindOf: address =>
      kindAt(address ?? '') === 'openai' ? 'openai' : 'openai-responses-compatible',
    models: () => CODEX_MODELS,
  },
  { section: 'vertex-api-key', name: 'vertex', kindOf: () => 'vertex' },
  { section: 'xai-api-key', name: 'xai', needsAddress: true, kindOf: () => 'xai' },
]

/** Every list of keys, and the services that are like OpenAI. */
export function readProviders(config: TrackedSettings, importing: Importing): void {
  for (const list of LISTS)
    addKeys(
      config.mappings(list.section).flatMap(entry => keyOf(entry, list, importing)),
      list.name,
      importing.draft,
    )
  const older = config.texts('generative-language-api-key')
  addKeys(
    older.map(key => ({ provider: { kind: 'gemini' }, key, from: 'generative-language-api-key' })),
    'gemini',
    importing.draft,
  )
  for (const entry of config.mappings('openai-compatibility')) readCompatible(entry, importing)
}

/** A key, the provider it belongs to, and where it stood. */
export type Key = { provider: JsonObject; key: JsonValue; from: string }

/** Keys that differ in nothing else are one provider. */
export function addKeys(keys: readonly Key[], name: string, draft: Draft): string[] {
  const alike = Map.groupBy(keys, ({ provider }) => JSON.stringify(provider))
  return [...alike.values()].flatMap(group => {
    const [first] = group
    if (!first) return []
    const id = freeName(draft, name)
    draft.routes.providers[id] = { ...first.provider, keys: group.map(({ key }) => key) }
    const places = [...new Set(group.map(({ from }) => from))]
    setOrigin(draft, 'providers', id, `from ${places.join(', ')}`)
    return [id]
  })
}

function keyOf(entry: TrackedSettings, list: KeyList, importing: Importing): Key[] {
  const { draft, services } = importing
  const address = entry.text('base-url')
  const kind = list.kindOf(address)
  const key = readKey(entry, importing)
  const settings = readSettings(entry, importing)
  const listed = readModels(entry, draft)
  readCredentialExtras(entry, draft)
  if (key === undefined) {
    noteDropped(draft, entry.at, 'has no api-key and is left out')
    return []
  }
  if (list.needsAddress && address === undefined) {
    noteDropped(
      draft,
      entry.at,
      'has no base-url, for which it was ignored there too; it is left out',
    )
    return []
  }
  if (address !== undefined && !isAddress(address)) {
    noteDropped(draft, entry.path('base-url'), 'is no http or https address; the key is left out')
    return []
  }
  const provider = {
    kind,
    ...baseUrl(address, kind, services.kinds),
    ...settings,
    ...filled({ models: listed.length > 0 ? listed : assumed(entry, kind, list, importing) }),
  }
  return [{ provider, key, from: entry.at }]
}

/** Kinds that cannot know their models get the list that the key had there. */
function assumed(
  entry: TrackedSettings,
  kind: string,
  list: KeyList,
  importing: Importing,
): string[] {
  const { draft, services } = importing
  const known = list.models?.(services) ?? []
  if (known.length === 0 || kind === 'anthropic') return []
  noteUnneeded(
    draft,
    entry.path('models'),
    'there are none; those that CLIProxyAPI lists are written',
  )
  return [...known]
}

function readCompatible(entry: TrackedSettings, importing: Importing): void {
  const { draft, services } = importing
  const name = entry.text('name') ?? 'openai-compatible'
  const address = entry.text('base-url')
  const settings = readSettings(entry, importing)
  const models = readModels(entry, draft)
  readCredentialExtras(entry, draft)
  if (entry.flag('support-prompt-cache-key'))
    noteUnneeded(
      draft,
      entry.path('support-prompt-cache-key'),
      'a prompt_cache_key goes on as the client sent it; none is made up',
    )
  const listed = entry.mappings('api-key-entries').flatMap((one): JsonValue[] => {
    const key = readKey(one, importing)
    return key === undefined ? [] : [key]
  })
  const keys = [...listed, ...entry.texts('api-keys')]
  if (address === undefined || !isAddress(address)) {
    noteDropped(
      draft,
      entry.path('base-url'),
      'is no http or https address; the service is left out',
    )
    return
  }
  const provider = {
    ...chatService(address, services.kinds),
    ...settings,
    ...filled({ models }),
  }
  const id = freeName(draft, name)
  // A service without keys takes any.
  draft.routes.providers[id] = { ...provider, keys: keys.length > 0 ? keys : ['none'] }
  setOrigin(draft, 'providers', id, `from ${entry.at} (${name})`)
}

/** `*` among the excluded models is the way to switch a key off. */
function readSettings(entry: TrackedSettings, { draft }: Importing): JsonObject {
  const excluded = entry.texts('excluded-models')
  const off = excluded.includes('*') || entry.flag('disabled') === true
  return filled({
    prefix: readPrefix(entry, draft),
    priority: entry.number('priority') || undefined,
    headers: entry.record('headers'),
    exclude: excluded.filter(glob => glob !== '*'),
    disabled: off || undefined,
  })
}

export function readPrefix(entry: TrackedSettings, draft: Draft): string | undefined {
  const prefix = entry.text('prefix')
  if (!prefix || /^[^/\s]+$/.test(prefix)) return prefix
  noteDropped(
    draft,
    entry.path('prefix'),
    'has a slash or a space in it, for which it was ignored there too',
  )
  return undefined
}

/** Undefined: there is none. */
function readKey(entry: TrackedSettings, importing: Importing): JsonValue | undefined {
  const { draft } = importing
  const key = entry.text('api-key')
  const proxy = entry.text('proxy-url')
  const details = filled({
    weight: weightOf(entry, importing),
    'proxy-url': proxy && usableProxy(proxy, entry.path('proxy-url'), draft),
  })
  if (key === undefined) return undefined
  return Object.keys(details).length > 0 ? { key, ...details } : key
}

/** Nothing or less takes a key out of the turns. Where they are not weighted it does nothing. */
export function weightOf(
  entry: TrackedSettings,
  { draft, weighted }: Pick<Importing, 'draft' | 'weighted'>,
): number | undefined {
  const weight = entry.number('weight')
  if (weight === undefined) return undefined
  if (weighted) return Math.max(0, Math.round(weight))
  noteUnneeded(
    draft,
    entry.path('weight'),
    'counts only with routing.strategy: weighted-round-robin',
  )
  return undefined
}

const DISGUISE = 'no client is disguised as another here; requests go as the client made them'

/** What a single key can have there, and cannot here. */
export function readCredentialExtras(entry: TrackedSettings, draft: Draft): void {
  for (const name of [
    'cloak',
    'fingerprint-profile',
    'experimental-cch-signing',
    'rebuild-mid-system-message',
  ]) {
    if (entry.isGiven(name)) noteDropped(draft, entry.path(name), DISGUISE)
    entry.raw(name)
  }
  for (const name of ['disable-cooling', 'disable_cooling'])
    if (entry.flag(name))
      noteDropped(draft, entry.path(name), 'cooldowns are the same for all: policy.cooldown')
  for (const name of ['request-retry', 'request_retry'])
    if (entry.number(name) !== undefined)
      noteDropped(draft, entry.path(name), 'rounds are the same for all: policy.request-retry')
  for (const name of ['request-scoped-errors', 'request_scoped_errors']) {
    if (entry.isGiven(name))
      noteDropped(
        draft,
        entry.path(name),
        'what follows an error is fixed: 400, 413 and 422 go back to the client, everything else goes on to the next',
      )
    entry.raw(name)
  }
  if (entry.flag('websockets'))
    noteUnneeded(
      draft,
      entry.path('websockets'),
      'upstreams are asked over HTTP, WebSocket clients too',
    )
  if (entry.flag('alpha-search'))
    noteDropped(draft, entry.path('alpha-search'), '/v1/alpha/search is not spoken here')
}
